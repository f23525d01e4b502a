"""What this process keeps of each parameter of a model that is shared out, as flat numbers of single precision.

Read by `train/consolidation.py` when `train/loop.py` has its model shared out, and by `train/whole.py` at the end. A
process alone and DDP keep all of every parameter; FSDP2 keeps a shard of each; DeepSpeed keeps the single precision
weights of a stretch of each, under ZeRO 1 and 2 beside a whole copy that may have half the precision.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from torch import Tensor

if TYPE_CHECKING:
    from train.loop import Loop


class Part(NamedTuple):
    """What is kept of one parameter: `size` of its numbers from `start` on, which `weight` gives."""

    parameter: Any
    start: int
    size: int
    weight: Callable[[], Tensor]

    def of(self, whole: Tensor) -> Tensor:
        """The same stretch of a tensor that has the parameter's whole shape."""
        return whole.reshape(-1)[self.start : self.start + self.size]


def in_parts(loop: Loop) -> bool:
    """Whether no process holds the whole weights."""
    if loop.is_deepspeed_enabled:
        return int(loop.accelerator.state.deepspeed_plugin.zero_stage) == 3
    return bool(loop.is_fsdp_enabled)


def kept(model: Any, rank: int) -> dict[str, Part]:
    """The parts of what is trained, by the names of the parameters. `rank`: of this process, for ZeRO 3."""
    named = ((name, one) for name, one in model.named_parameters() if one.requires_grad)
    return {name: part for name, one in named if (part := _part(one, rank)).size}


def local(tensor: Tensor) -> Tensor:
    """The shard of FSDP2, or the tensor itself, as flat numbers that share its memory."""
    here: Tensor = tensor.to_local() if hasattr(tensor, "to_local") else tensor  # type: ignore[operator,unused-ignore]
    return here.view(-1)


def _part(one: Any, rank: int) -> Part:
    if hasattr(one, "ds_id"):  # ZeRO 3
        size = one.ds_tensor.ds_numel
        count = max(min(size, one.ds_numel - rank * size), 0)
        return Part(one, rank * size, count, lambda: _of_zero3(one)[:count])
    if hasattr(one, "_hp_mapping"):  # ZeRO 1 and 2
        if one._hp_mapping is None:
            return Part(one, 0, 0, lambda: one.new_empty(0))
        place = one._hp_mapping.lp_fragment_address
        return Part(one, place.start, place.numel, lambda: one._hp_mapping.hp_fragment)
    return Part(one, 0, local(one.detach()).numel(), lambda: local(one.detach()))


def _of_zero3(one: Any) -> Tensor:
    from deepspeed.utils import safe_get_local_fp32_param

    found: Tensor = safe_get_local_fp32_param(one)
    return found.view(-1)
