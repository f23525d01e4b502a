"""Floating-point operations of a training step, by kind, and model FLOP utilisation.

The matrices come from `train/plan/parameters.py`, what is trained from the recipe; goes to `train/progress.py`, which
shows utilisation while a run goes on, and to `train/plan/dry_run.py`, which turns operations into time.

The formula is PaLM's (Chowdhery et al. 2022, arXiv 2204.02311, appendix B). Per token, a matrix of P weights costs 2 P
forwards, 2 P for the gradient that goes on below it, and 2 P for the gradient of its own weights: 6 P. Attention costs
2 matrix products over T tokens forwards (scores, values) and 4 backwards: 12 T H Q a layer, H heads of width Q. Tables
that are looked up cost nothing. Three things are told apart here that a plain "6 N" is not:

* P is what is multiplied by: the output matrix, tied or not, but no table, norm or bias.
* Frozen matrices need no gradient of their weights, and below the lowest trained one nothing goes on at all.
* `causal` counts only the half of attention that a causal kernel has to do. PaLM, nanoGPT and torchtitan count it
  whole, which flatters long rows; figures that are to be compared with theirs must too, so whole is the default.

What gradient checkpointing computes again is no work of the model: it counts in `hardware` (PaLM's "hardware FLOPs
utilisation") and not in `total`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from corpus.errors import UserError
from train.plan.parameters import Anatomy, summed


class Trained(NamedTuple):
    """What a run trains. `full`: everything. `lora`: adapters of `rank` on all matrices of the blocks, and with
    `tables` the token tables too (input and output). `tables`: only these, everything else being frozen."""

    what: Literal["full", "lora", "tables"] = "full"
    rank: int = 0
    tables: bool = False


FULL = Trained()


class Flops(NamedTuple):
    """Operations per token. `weights`: of the gradients of weights. `adapters`: all that LoRA adds. `total` is what the
    model needs, `hardware` what is computed with the blocks computed again."""

    forward: int
    inputs: int
    weights: int
    adapters: int
    attention_forward: int
    attention_backward: int
    again: int

    @property
    def total(self) -> int:
        """Forwards and backwards, attention with it."""
        return sum(self) - self.again

    @property
    def hardware(self) -> int:
        """The same, and what gradient checkpointing computes a second time."""
        return sum(self)


def flops_per_token(
    body: Anatomy, sequence: int, trained: Trained = FULL, *, causal: bool = False, checkpointing: bool = False
) -> Flops:
    """Operations per token of rows of `sequence` tokens, forwards and backwards. Raises `UserError` for LoRA without a
    rank or a sequence below 1."""
    if sequence < 1 or (trained.what == "lora") != (trained.rank > 0):
        raise UserError(f"No operations can be counted for rows of {sequence} tokens and {trained}.")
    blocks, head = (sum(one.parameters for one in part) for part in (body.blocks, body.head))
    matmul = blocks + head
    adapters = 6 * adapter_parameters(body, trained)
    attention = attention_per_token(body, sequence, causal)
    own = {"full": matmul, "lora": 0, "tables": 0}[trained.what]
    own += body.token_table if trained.what == "tables" or (trained.tables and trained.what == "lora") else 0
    again = 2 * blocks + attention + adapters // 3 if checkpointing else 0
    return Flops(2 * matmul, 2 * matmul, 2 * own, adapters, attention, 2 * attention, again)


def attention_per_token(body: Anatomy, sequence: int, causal: bool = False) -> int:
    """Operations of attention forwards per token: 4 T H Q a layer, T bounded by a layer's window; half of it when only
    what a causal kernel does is counted."""
    seen = sum(min(sequence, span) if span else sequence for span in body.spans)
    return 4 * body.attention * seen // (2 if causal and body.causal else 1)


def adapter_parameters(body: Anatomy, trained: Trained) -> int:
    """Weights of LoRA's adapters: rank times inputs and outputs of every matrix of the blocks (arXiv 2106.09685)."""
    return sum(trained.rank * (one.inputs + one.outputs) * one.times for one in body.blocks)


def trained_parameters(body: Anatomy, trained: Trained) -> int:
    """How many parameters have a gradient."""
    if trained.what == "full":
        return summed(body).total
    tables = body.token_table * (1 if body.tied else 2)
    return adapter_parameters(body, trained) + (tables if trained.tables or trained.what == "tables" else 0)


def mfu(flops: Flops | int, tokens_per_second: float, peak: float | None, devices: int = 1) -> float | None:
    """Model FLOP utilisation: operations that the model needs, per second, over what the devices could do. `peak` in
    FLOP/s of one device; None, an unknown device, gives None: no number is better than a guess."""
    if peak is None:
        return None
    needed = flops.total if isinstance(flops, Flops) else flops
    return needed * tokens_per_second / (peak * devices)
