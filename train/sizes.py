"""The ladder of sizes: hidden width, layers, heads, batch and learning rate of models that others trained and
published.

Named by a recipe of `train pretrain`; goes to `train/models.py`, which makes a transformers config of a size and a
shape. Names follow the publication and not the count: with another vocabulary the count is another, and
`train/plan/parameters.py` says which.

Sources. *DataDecide* (arXiv 2504.11393; allenai/DataDecide, README.md, "Hyperparameters", and
scaling_laws/utils/constants/constants_models.py; the blocks are those of allenai/OLMo, scripts/ladder.py): llama-style,
gated MLP four times as wide as the model, 50,304 rows of vocabulary, untied, sequences of 2,048; the "4M" of the
smallest counts its output head (64 x 50,304 = 3.2 M) with 0.5 M in the blocks. *GPT-3* (arXiv 2005.14165, table 2.1):
batches of 0.5 M and 1 M tokens, here as rows of 2,048, with GPT-2's vocabulary; its XL has 24 heads of 128, which is
more than its width, so that here, as in Megatron-DeepSpeed, there are 16. *BioMedLM* (arXiv 2403.18421 and the card of
stanford-crfm/BioMedLM): 128 A100 for 6.25 days over 300 B tokens. *PubMedBERT* (arXiv 2007.15779), in BERT's
vocabulary size. *BERT* (arXiv 1810.04805, appendix A.2). *ModernBERT* (arXiv 2412.13663; AnswerDotAI/ModernBERT,
yamls/modernbert/): the phase at 1,024 tokens. Its large model was started at this rate, stopped getting better after
900 B tokens, and was taken back and gone on with at a tenth of it.
"""

from __future__ import annotations

from typing import NamedTuple

from corpus.errors import UserError


class Size(NamedTuple):
    """A rung. `intermediate`: inner width of the MLP, in the kind of MLP that the source has, which `gated` tells
    (three matrices instead of two). `sequence`: tokens a row. `batch`: rows a step. `learning_rate`: its peak, with
    AdamW. `vocabulary`: rows of the source's embedding."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    intermediate: int
    sequence: int
    batch: int
    learning_rate: float
    vocabulary: int
    gated: bool
    source: str


def _datadecide(hidden: int, layers: int, heads: int, batch: int, learning_rate: float) -> Size:
    return Size(hidden, layers, heads, heads, 4 * hidden, 2048, batch, learning_rate, 50_304, True, "DataDecide")


def _plain(hidden: int, layers: int, heads: int, sequence: int, batch: int, learning_rate: float, vocabulary: int,
           source: str) -> Size:  # fmt: skip
    return Size(hidden, layers, heads, heads, 4 * hidden, sequence, batch, learning_rate, vocabulary, False, source)


SIZES: dict[str, Size] = {
    "tiny": Size(32, 2, 4, 2, 64, 64, 8, 1e-2, 512, True, "for tests: learns a pattern in seconds, and nothing else"),
    "4m": _datadecide(64, 8, 8, 32, 1.4e-2),
    "6m": _datadecide(96, 8, 8, 32, 1.2e-2),
    "8m": _datadecide(128, 8, 8, 32, 1.1e-2),
    "10m": _datadecide(144, 8, 8, 32, 1.0e-2),
    "14m": _datadecide(192, 8, 8, 32, 9.2e-3),
    "16m": _datadecide(208, 8, 8, 32, 8.9e-3),
    "20m": _datadecide(192, 16, 8, 64, 8.4e-3),
    "60m": _datadecide(384, 16, 12, 96, 5.8e-3),
    "90m": _datadecide(528, 16, 12, 160, 4.9e-3),
    "124m": _plain(768, 12, 12, 2048, 256, 6e-4, 50_257, "GPT-3 Small"),
    "150m": _datadecide(768, 12, 12, 192, 4.2e-3),
    "300m": _datadecide(1024, 16, 16, 320, 3.3e-3),
    "350m": _plain(1024, 24, 16, 2048, 256, 3e-4, 50_257, "GPT-3 Medium"),
    "530m": _datadecide(1344, 16, 16, 448, 2.8e-3),
    "750m": _datadecide(1536, 16, 16, 576, 2.5e-3),
    "1b": _datadecide(2048, 16, 16, 704, 2.1e-3),
    "1.3b": _plain(2048, 24, 16, 2048, 512, 2e-4, 50_257, "GPT-3 XL, with 16 heads"),
    "2.7b": _plain(2560, 32, 20, 1024, 1024, 1.6e-4, 28_896, "BioMedLM"),
    "bert-base": _plain(768, 12, 12, 512, 8192, 6e-4, 30_522, "PubMedBERT"),
    "bert-large": _plain(1024, 24, 16, 512, 256, 1e-4, 30_522, "BERT large"),
    "modernbert-base": Size(768, 22, 12, 12, 1152, 1024, 4608, 8e-4, 50_368, True, "ModernBERT base"),
    "modernbert-large": Size(1024, 28, 16, 16, 2624, 1024, 4928, 5e-4, 50_368, True, "ModernBERT large"),
}


def size_of(name: str) -> Size:
    """The size of that name. Raises `UserError` when there is none."""
    if name not in SIZES:
        raise UserError(f"There is no size {name!r}.", mend=f"choose one of {', '.join(SIZES)}")
    return SIZES[name]


def inner_width(size: Size, gated: bool) -> int:
    """Inner width of an MLP, with or without a gate, that has the parameters of the size's own: three matrices of width
    2/3 w are as many as two of width w. What has to be converted is rounded up to a multiple of 64 (of 8 below 256)."""
    if gated == size.gated:
        return size.intermediate
    exact = size.intermediate * (2 if gated else 3), (3 if gated else 2)
    step = 64 if size.hidden >= 256 else 8
    return -(-exact[0] // (exact[1] * step)) * step
