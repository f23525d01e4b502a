"""What goes into the batches and in which order: shards of ids, the mixture, packed rows, masks.

Reads a corpus and a tokenizer by what a recipe says (`train/recipe.py`); `train/prepare.py` puts it together.
"""
