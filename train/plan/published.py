"""Shapes of published models, for dry runs without their weights.

Used by `train/plan/command.py` and the tests of `train/plan/dry_run.py`. Only what a config says that costs memory or
time.
"""

from __future__ import annotations

from typing import Any

# meta-llama/Llama-2-13b-hf, config.json
LLAMA_2_13B: dict[str, Any] = {
    "model_type": "llama", "vocab_size": 32_000, "hidden_size": 5120, "intermediate_size": 13_824,
    "num_hidden_layers": 40, "num_attention_heads": 40, "num_key_value_heads": 40, "max_position_embeddings": 4096,
    "rms_norm_eps": 1e-5, "tie_word_embeddings": False,
}  # fmt: skip
# meta-llama/Llama-2-7b-hf, config.json
LLAMA_2_7B = LLAMA_2_13B | {
    "hidden_size": 4096, "intermediate_size": 11_008, "num_hidden_layers": 32, "num_attention_heads": 32,
    "num_key_value_heads": 32,
}  # fmt: skip
PUBLISHED = {"llama-2-7b": LLAMA_2_7B, "llama-2-13b": LLAMA_2_13B}
