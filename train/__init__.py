"""Not built yet: the floor of the language models that will be trained on chosen slices of a corpus.

It will read a corpus and a tokenizer, each with its card, and hand a model with its card to `eval`.
"""
