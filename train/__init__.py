"""The floor of the language models: what goes into their batches and in which order, and the proof of it.

Reads corpora (`corpus/`) and tokenizers (`tokenizer/`), trains with transformers and DeepSpeed. Being built: training
from scratch and going on from a model work, fine-tuning on exams has its parts and no command yet.
"""
