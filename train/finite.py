"""Whether weights are numbers: of a model that is read, and of one that is trained.

Asked by whoever opens weights (`train/model_folder.py`, `train/sft/choice.py`) and by the loop before it writes any
(`train/loop.py`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from corpus.controls import visible
from corpus.errors import UserError


def finite(model: Any) -> bool:
    """Whether every weight that is trained and lies in this process is finite."""
    import torch

    here = (getattr(one, "ds_tensor", one).detach() for one in model.parameters() if one.requires_grad)
    told = [torch.isfinite(one.to_local() if hasattr(one, "to_local") else one).all() for one in here]
    return not told or bool(torch.stack(told).all())


def refuse_broken(model: Any, folder: Path) -> None:
    """Raises `UserError` for weights of a folder that hold something which is no finite number. Quantized ones are
    passed over: their tensors answer no such question."""
    import torch

    for name, one in model.named_parameters():
        if type(one.data) is torch.Tensor and one.is_floating_point() and not torch.isfinite(one).all():
            wrong = int((~torch.isfinite(one)).sum())
            raise UserError(f"The model's weights are broken: of {visible(name)}, {wrong:,} of {one.numel():,} are no "
                            "finite numbers.", str(folder), "give a model whose training did not break down, or write "
                            "it anew from where it came")  # fmt: skip
