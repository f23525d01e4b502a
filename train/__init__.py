"""The second floor: language models trained on chosen slices of the corpus. Not built yet.

It will read a corpus and a tokenizer, each with its card, and hand a model with its card to `eval`.
"""
