"""The floor of the language models: what goes into their batches and in which order, and the proof of it.

Reads corpora (`corpus/`) and tokenizers (`tokenizer/`), trains with transformers, TRL and DeepSpeed: from scratch, on
from a given model, and on exams.
"""
