"""The ground floor of Materia: from medical documents to a graded corpus.

Everything above (tokenizer, train, eval) may import from here; nothing here imports from above.
Start reading at `corpus/document.py` (the record) and `corpus/build.py` (the stages in order).
"""
