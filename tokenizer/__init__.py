"""Not built yet: the floor of the tokenizers that will be fitted to a corpus, compared and extended.

It will read the Parquet that `corpus build` writes and hand a tokenizer with its card to `train`.
"""
