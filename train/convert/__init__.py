"""What is done to finished models: adapters into weights, interpolation, fewer bits a weight, GGUF.

Reads and writes models' folders (`train/model_folder.py`).
"""
