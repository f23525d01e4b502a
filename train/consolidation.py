"""Elastic weight consolidation: weights that general text depends on are held near where they were.

Kirkpatrick et al. 2017 (arXiv 1612.00796): half the strength times the sum over weights of their Fisher information
times the square of how far they moved is added to the loss. The information is the diagonal of the empirical Fisher
matrix, measured on rows of the replay text before the first step (rows from `train/setup.py`).

The penalty is a sum over single weights. So each process reckons it and its gradient for the weights that it keeps
(`train/parts.py`) and holds two numbers for each of these; of the penalty only the amount is summed over processes.
`train/loop.py` calls `begin` on the whole model, `share` when that is shared out, and the rest at every step. Every
process measures on the same rows, so that the information is that of one process, whatever the sharding.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from train.parts import Part, in_parts, kept, local
from train.processes import rank, world

if TYPE_CHECKING:
    from train.loop import Loop


class Held(NamedTuple):
    """Where weights were, and their information: how much the replay text depends on each."""

    anchor: Tensor
    information: Tensor


class Consolidation:
    """`batches` of replay text, and what the penalty is multiplied by."""

    def __init__(self, batches: Callable[[], Iterable[dict[str, Tensor]]], strength: float) -> None:
        self.batches, self.strength = batches, strength
        self.parts: dict[str, Part] = {}
        self.held: dict[str, Held] = {}

    def begin(self, loop: Loop) -> None:
        """Measure on a model that every process has whole, before a checkpoint is loaded. Nothing for one that will be
        shared out: no device may be able to hold it."""
        model: Any = loop.model
        if not in_parts(loop):
            model.to(loop.args.device)
            trained = ((name, one.detach()) for name, one in model.named_parameters() if one.requires_grad)
            self.held = {name: Held(one.clone(), torch.zeros_like(one)) for name, one in trained}
            self._measure(loop, lambda batch: model(**batch).loss.backward())

    def share(self, loop: Loop) -> None:
        """Hold what belongs to the weights that this process keeps; called when the model is shared out, before a
        checkpoint is loaded."""
        self.parts = kept(loop.model, rank())
        weights = {name: part.weight() for name, part in self.parts.items()}
        if in_parts(loop):
            self.held = {name: Held(one.clone(), torch.zeros_like(one)) for name, one in weights.items()}
            self._measure_parts(loop)
        else:
            whole, self.held = self.held, {}
            for name, part in self.parts.items():
                self.held[name] = Held(*(part.of(one).to(weights[name].device) for one in whole.pop(name)))
        if loop.is_deepspeed_enabled:  # which reduces gradients and steps in one, and leaves no moment between
            for name, part in self.parts.items():
                part.parameter.register_hook(functools.partial(self._pulled, loop, name))

    @torch.no_grad()
    def penalty(self, loop: Loop) -> Tensor:
        """What is added to the loss, a scalar. What is frozen has not moved."""
        amount = torch.zeros((), device=loop.args.device)
        for name, (anchor, information) in self.held.items():
            if self.parts[name].parameter.requires_grad:
                amount += (information * (self.parts[name].weight() - anchor) ** 2).sum().to(amount.device)
        if loop.is_deepspeed_enabled or loop.is_fsdp_enabled:
            torch.distributed.all_reduce(amount)
        return self.strength / 2 * amount

    @torch.no_grad()
    def pull(self, loop: Loop) -> None:
        """Add the penalty's gradient to that of a whole step, when it is there and before it is clipped."""
        if not loop.is_deepspeed_enabled:
            for name, part in self.parts.items():
                if part.parameter.grad is not None:
                    local(part.parameter.grad).add_(self._pull(name))

    def _pull(self, name: str) -> Tensor:
        anchor, information = self.held[name]
        return self.strength * information * (self.parts[name].weight() - anchor)

    @torch.no_grad()
    def _pulled(self, loop: Loop, name: str, gradient: Tensor) -> Tensor | None:
        """A gradient of DeepSpeed, whole and before the mean is taken over the processes, with this one's share."""
        if not loop.accelerator.sync_gradients:
            return None
        pulled = gradient.clone(memory_format=torch.contiguous_format)
        self.parts[name].of(pulled).add_(world() * self._pull(name).to(pulled))
        return pulled

    def _measure_parts(self, loop: Loop) -> None:
        """Measure on a model that is shared out. ZeRO 3 keeps no gradients behind a step backwards: they are noted when
        they come."""
        model: Any = loop.model
        if not loop.is_deepspeed_enabled:
            self._measure(loop, lambda batch: model(**batch).loss.backward())
            return
        engine = loop.accelerator.deepspeed_engine_wrapped.engine
        noted = [part.parameter.register_hook(functools.partial(self._note, name)) for name, part in self.parts.items()]

        def backward(batch: dict[str, Tensor]) -> None:
            engine.set_gradient_accumulation_boundary(is_boundary=False)
            engine.backward(engine(**batch).loss, scale_wrt_gas=False)
            engine.optimizer.zero_grad()

        self._measure(loop, backward)
        for one in noted:
            one.remove()

    def _note(self, name: str, gradient: Tensor) -> None:
        self.held[name].information.add_(self.parts[name].of(gradient).float() ** 2)

    def _measure(self, loop: Loop, backward: Callable[[dict[str, Tensor]], None]) -> None:
        """The mean over rows of the square of each weight's gradient."""
        model: Any = loop.model
        was_training, count = model.training, 0
        model.eval()
        for batch in self.batches():
            backward({name: value.to(loop.args.device) for name, value in batch.items()})
            for name, one in model.named_parameters():
                if one.grad is not None and name in self.held:
                    self.held[name].information.view(-1).add_(local(one.grad).float() ** 2)
                one.grad = None
            count += 1
        model.train(was_training)
        for held in self.held.values():
            held.information.div_(max(count, 1))
