"""lm-evaluation-harness's Hugging Face model, but that no token is computed twice.

The harness runs each context of a question anew, with the examples that all of them begin with, and once more for each
continuation of several tokens. Here the beginning of a group of contexts (`eval/likelihood/prefixes.py`) is run once,
then the rest of each context on its keys and values, then the continuations on those. Of a context only the last
logits are computed, which tell every continuation of one token.

Contexts of a batch are filled up before their own tokens, between these and the shared ones, and places that are filled
up are masked: so all of them end at the same place. Used through `loglikelihood`, as any model of the harness.
"""

from __future__ import annotations

import copy
import inspect
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from lm_eval.models.huggingface import HFLM
from torch import Tensor

from eval.likelihood.prefixes import Group, Ids, groups

ROWS = 4  # times the batch's size: rows of short continuations that are run at once
Request = tuple[Any, list[int], list[int]]  # the harness's: its key, context, continuation


class Wanted(NamedTuple):
    """A continuation, and which request it answers."""

    ids: Ids
    request: int


class Read(NamedTuple):
    """A batch of contexts that were run: their `cache`, the `mask` of its places (rows, places), the `length` of each
    context, and the log probabilities of its next token (rows, vocabulary)."""

    cache: Any
    mask: Tensor
    length: Tensor
    next: Tensor


class SharedPrefixLM(HFLM):  # type: ignore[misc]
    """`HFLM` of a decoder. `computed`: tokens that were run; `plain`: those that every request alone would take."""

    def __init__(self, *told: Any, **named: Any) -> None:
        super().__init__(*told, **named)
        self.computed = self.plain = 0
        self.keeps = "logits_to_keep" in inspect.signature(self.model.forward).parameters

    def _loglikelihood_tokens(
        self, requests: list[Request], disable_tqdm: bool = False, override_bs: int | None = None
    ) -> list[tuple[float, bool]]:
        fits = [len(context) + len(continuation) <= self.max_length for _, context, continuation in requests]
        if self.backend != "causal" or not all(fits):  # the harness's own way, which cuts contexts from the left
            whole: list[tuple[float, bool]] = super()._loglikelihood_tokens(requests, disable_tqdm, override_bs)
            return whole
        by: dict[Ids, list[Wanted]] = defaultdict(list)
        for number, (_, context, continuation) in enumerate(requests):
            by[tuple(context)].append(Wanted(tuple(continuation), number))
        answers: list[tuple[float, bool]] = [(0.0, False)] * len(requests)
        with torch.no_grad(), torch.autocast(self.device.type, self.mixed_precision_dtype,
                                             enabled=self.mixed_precision_dtype is not None):  # fmt: skip
            for group in groups(list(by)):
                self._group(group, by, answers)
        self.plain += sum(len(context) + len(continuation) - 1 for _, context, continuation in requests)
        for (key, _, _), answer in zip(requests, answers, strict=True):
            if key is not None:
                self.cache_hook.add_partial("loglikelihood", key, answer)
        return answers

    def _group(self, group: Group, by: dict[Ids, list[Wanted]], answers: list[tuple[float, bool]]) -> None:
        size = self.batch_size if isinstance(self.batch_size, int) else 8
        ordered = sorted(group.contexts, key=lambda one: (-len(one), one))  # alike in length, so that little is filled
        prefix = self._run(ordered[0][: group.shared]) if group.shared else None
        for start in range(0, len(ordered), size):
            some = ordered[start : start + size]
            read = self._contexts(some, group.shared, prefix)
            self._first(some, read, by, answers)
            rows = [(row, one) for row, context in enumerate(some) for one in by[context] if len(one.ids) > 1]
            rows.sort(key=lambda told: -len(told[1].ids))
            for first in range(0, len(rows), size * ROWS):
                self._rest(rows[first : first + size * ROWS], read, answers)

    def _run(self, ids: Ids) -> Any:
        self.computed += len(ids)
        return self._forward(torch.tensor([ids], device=self.device), 1, use_cache=True).past_key_values

    def _contexts(self, contexts: Sequence[Ids], shared: int, prefix: Any) -> Read:
        """Run the contexts behind what they share."""
        rests = [context[shared:] for context in contexts]
        wide = max(map(len, rests))
        ids, seen = _filled_before(rests, wide, self.device)
        self.computed += ids.numel()
        before = torch.ones(len(rests), shared, dtype=torch.long, device=self.device)
        mask = torch.cat([before, seen], 1)
        positions = (shared + seen.cumsum(1) - 1).clamp(min=0)
        cache = copy.deepcopy(prefix)
        if cache is not None:
            cache.batch_repeat_interleave(len(rests))
        out = self._forward(ids, 1, past_key_values=cache, attention_mask=mask, position_ids=positions, use_cache=True)
        length = torch.tensor([len(context) for context in contexts], device=self.device)
        return Read(out.past_key_values, mask, length, self._probabilities(out.logits[:, -1]))

    def _first(
        self, contexts: Sequence[Ids], read: Read, by: dict[Ids, list[Wanted]], answers: list[tuple[float, bool]]
    ) -> None:
        """What the last place of each context tells: the first token of every continuation."""
        likeliest = read.next.argmax(-1).tolist()
        for row, context in enumerate(contexts):
            wanted = by[context]
            firsts = read.next[row, torch.tensor([one.ids[0] for one in wanted], device=self.device)].tolist()
            for one, value in zip(wanted, firsts, strict=True):
                answers[one.request] = (value, likeliest[row] == one.ids[0])

    def _rest(self, rows: Sequence[tuple[int, Wanted]], read: Read, answers: list[tuple[float, bool]]) -> None:
        """The other tokens of continuations, each behind its context."""
        told = [one.ids for _, one in rows]
        of = torch.tensor([row for row, _ in rows], device=self.device)
        wide = max(map(len, told)) - 1
        ids, seen = _filled_behind([one[:-1] for one in told], wide, self.device)
        targets, _ = _filled_behind([one[1:] for one in told], wide, self.device)
        self.computed += ids.numel()
        cache = copy.deepcopy(read.cache)
        cache.batch_select_indices(of)
        out = self._forward(
            ids, wide, past_key_values=cache, attention_mask=torch.cat([read.mask[of], seen], 1),
            position_ids=read.length[of, None] + torch.arange(wide, device=self.device), use_cache=True,
        )  # fmt: skip
        chances = self._probabilities(out.logits[:, -wide:])
        values = chances.gather(-1, targets[..., None])[..., 0].masked_fill(seen == 0, 0.0).sum(-1).tolist()
        greedy = ((chances.argmax(-1) == targets) | (seen == 0)).all(-1).tolist()
        for (_, one), value, likely in zip(rows, values, greedy, strict=True):
            before, was = answers[one.request]
            answers[one.request] = (before + value, was and likely)

    def _forward(self, ids: Tensor, keep: int, **named: Any) -> Any:
        """The model with the logits of the last `keep` places, or of all where it cannot leave them out."""
        return self.model(ids, **named, **({"logits_to_keep": keep} if self.keeps else {}))

    def _probabilities(self, logits: Tensor) -> Tensor:
        return torch.nn.functional.log_softmax(logits, dim=-1, dtype=self.softmax_dtype)


def _filled_before(rows: Sequence[Ids], wide: int, device: Any) -> tuple[Tensor, Tensor]:
    """Ids (rows, wide) that end with each row, and which of them are its own."""
    ids = torch.tensor([(row[:1] * (wide - len(row))) + row for row in rows], device=device)
    own = torch.tensor([[0] * (wide - len(row)) + [1] * len(row) for row in rows], device=device)
    return ids, own


def _filled_behind(rows: Sequence[Ids], wide: int, device: Any) -> tuple[Tensor, Tensor]:
    """Ids (rows, wide) that begin with each row, and which of them are its own."""
    ids = torch.tensor([row + row[-1:] * (wide - len(row)) for row in rows], device=device)
    own = torch.tensor([[1] * len(row) + [0] * (wide - len(row)) for row in rows], device=device)
    return ids, own
