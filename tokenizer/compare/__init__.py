"""Tokenizers measured side by side on text that none of them was fitted to: `tokenizer compare`.

Takes opened tokenizers (`tokenizer/opened.py`) and the held-out split of a corpus; gives figures with intervals
(`tokenizer/compare/result.py`), a table for the terminal and a report in HTML.
"""
