"""Leaks: which items of exams stand in which documents, where, and the text without them.

    settings.py  [[exam]] of a recipe            view.py     texts bare, each character with its place
    pieces.py    what of an item is looked for   index.py    an exact n-gram index of the pieces, and its look-up
    verify.py    is it really there, and where   listed.py   options that stand together
    place.py     where a question stands         partly.py   half of one, or its last sentence
    breaks.py    what a page break puts between  labels.py   the number before it, the letter of an option
    page.py      a document looked at closely    stage.py    from the exams of a recipe to an index in the store
    answers.py   its answer, after it            otherwise.py another question, by a number or a negation?
    going_on.py  one that goes on in the text?   verdict.py  what leaks cost a document
    cut.py       the text without the passages

Exams come from `corpus/exams/`; `corpus/annotate/exam_overlap.py` asks the index of every document, `corpus/judge.py`
decides. Items among items, and items in short chats, are another question: `corpus/exams/same.py`.
"""
