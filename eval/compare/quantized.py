"""Whether one run's model is another's in fewer bits: then their differences are what quantizing cost.

Reads what a run noted of its model's card (`eval/run/lineage.py`), by which `train/convert/quantize.py` tells the model
that it was made of; goes to `eval/compare/page.py`.
"""

from __future__ import annotations

import json
from typing import Any

from eval.compare.opened import Scored


def quantized_to(first: Scored, second: Scored) -> str:
    """To what kind the second's model was quantized of the first's; empty where it was not."""
    told = _model(second)
    whole = first.card.parents.get("model")
    return str(told.get("quantized", "")) if whole and told.get("full") == whole else ""


def _model(run: Scored) -> dict[str, Any]:
    try:
        noted = json.loads((run.folder / "run.json").read_bytes())
        found = noted["model"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) and found.get("identity") == run.card.parents.get("model") else {}
