"""The first floor: tokenizers fitted to the corpus, compared, and extended. Not built yet.

It will read the Parquet that `corpus build` writes and hand a tokenizer with its card to `train`.
"""
