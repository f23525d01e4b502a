"""The second floor of Materia: tokenizers, fitted to a corpus, extended, compared and shown.

Reads the Parquet that `corpus build` writes and hands a tokenizer with its card to `train`. Needs no torch.
"""
