"""What model was scored, as its own card tells it: name, parents, how many parameters, and of what it was quantized.

Takes an opened model (`eval/likelihood/scorer.py`); goes into `run.json` by `eval/run/run.py`, and is read by the pages
of runs and comparisons. It is in no card: the card names the model by its identity, which holds all of this.
"""

from __future__ import annotations

from typing import Any

from eval.likelihood.scorer import Scorer
from train.convert.quantize import KINDS


def lineage(scorer: Scorer) -> dict[str, Any]:
    """`parameters` (not of a model that a backend runs), and `model` with `name`, `identity`, `parents` (of its card,
    empty without one) and, of a quantized one, `quantized` (to what) and `full` (the identity of the model that it was
    made of)."""
    folder = scorer.folder
    told: dict[str, Any] = {"name": folder.name, "identity": folder.identity, "parents": {}}
    if folder.card is not None:
        told["parents"] = dict(folder.card.parents)
        kind = folder.card.recipe.get("kind")
        if kind in KINDS:
            told |= {"quantized": kind, "full": folder.card.parents.get("base", "")}
    size = {} if scorer.model is None else {"parameters": parameters_of(scorer.model)}
    return {**size, "model": told}


def parameters_of(model: Any) -> int:
    """How many there are, shared ones once; of weights packed in 4 bits those that are packed, as transformers counts
    them."""
    counted = getattr(model, "num_parameters", None)
    return int(counted()) if counted is not None else sum(one.numel() for one in model.parameters())
