"""Adds a domain's pieces to a tokenizer that exists, so that ordinary text keeps its ids.

`command.py` is the command, `run.py` the table of contents; what each family of tokenizers needs has a file of its own.
"""
