"""Tests of `tokenizer/extend/`."""
