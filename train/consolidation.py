"""Elastic weight consolidation: weights that general text depends on are held near where they were.

Kirkpatrick et al. 2017 (arXiv 1612.00796): half the strength times the sum over weights of their Fisher information
times the square of how far they moved is added to the loss. The information is the diagonal of the empirical Fisher
matrix, measured on rows of the replay text before the first step (`train/setup.py`); the loss is in `train/loop.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch


class Consolidation:
    """`strength`: what the penalty is multiplied by. Holds two numbers a weight."""

    def __init__(self, model: Any, batches: Iterable[dict[str, torch.Tensor]], strength: float) -> None:
        self.strength = strength
        self.anchor = {name: one.detach().clone() for name, one in model.named_parameters() if one.requires_grad}
        self.information = {name: torch.zeros_like(one) for name, one in self.anchor.items()}
        count = 0
        was_training = model.training
        model.eval()
        for batch in batches:
            model.zero_grad()
            model(**batch, use_cache=False).loss.backward()
            for name, one in model.named_parameters():
                if one.grad is not None and name in self.information:
                    self.information[name] += one.grad.detach() ** 2
            count += 1
        model.zero_grad()
        model.train(was_training)
        for one in self.information.values():
            one /= max(count, 1)

    def penalty(self, model: Any) -> torch.Tensor:
        """What is added to the loss."""
        parts = [(self.information[name] * (one - self.anchor[name]) ** 2).sum()
                 for name, one in model.named_parameters() if name in self.information]  # fmt: skip
        return self.strength / 2 * torch.stack(parts).sum()
