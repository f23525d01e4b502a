"""How large a loaded model is, and how fast it reads and writes on the device where it lies.

Used by `train/convert/quantize.py` before and after. Speeds are of one run of one machine: they go into `run.json` and
into no identity.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from train.bits import is_causal

PROMPT, NEW = 128, 32  # ids that are read at once, and written one by one
SECONDS = 0.5  # the best of as many runs as fit into this, and of two at least


def memory(model: Any) -> int:
    """Bytes of all tensors of a model, each counted once: what a quantized one is made of, and not what it stands
    for."""
    parts = [part for one in (*model.parameters(), *model.buffers()) for part in _inside(one)]
    return sum({part.data_ptr(): part.nbytes for part in parts if part.nbytes}.values())


def _inside(tensor: Any) -> Iterator[Any]:
    """The plain tensors that a tensor is made of."""
    state = getattr(tensor, "quant_state", None)  # bitsandbytes'
    if hasattr(tensor, "__tensor_flatten__"):  # torchao's
        for name in tensor.__tensor_flatten__()[0]:
            yield from _inside(getattr(tensor, name))
    else:
        yield tensor.data
    for part in (state, getattr(state, "state2", None)):
        if part is not None:
            yield from (one for one in (part.absmax, part.code) if one is not None)


def speed(model: Any, ids: Sequence[int]) -> tuple[float, float]:
    """Ids per second: read at once, and written one by one after them, with a cache (0 for what is no decoder)."""
    import torch

    positions = getattr(model.config, "max_position_embeddings", None) or PROMPT + NEW
    length = max(1, min(PROMPT, len(ids), positions - NEW))
    prompt = torch.tensor([list(ids)[:length] or [0]], device=model.device)
    with torch.no_grad():
        reading = prompt.shape[1] / _best(lambda: model(input_ids=prompt))
        if not is_causal(model):
            return reading, 0.0
        return reading, NEW / _best(lambda: _write(model, prompt))


def _write(model: Any, prompt: Any) -> None:
    """Read the first id of a prompt and write `NEW` after it: the likeliest, whatever ends a text."""
    told = model(input_ids=prompt[:, :1], use_cache=True)
    for _ in range(NEW - 1):
        told = model(input_ids=told.logits[:, -1:].argmax(-1), past_key_values=told.past_key_values, use_cache=True)


def _best(work: Callable[[], object]) -> float:
    """Seconds of the best run."""
    import torch

    seconds: list[float] = []
    while len(seconds) < 2 or sum(seconds) < SECONDS:
        start = time.perf_counter()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return min(seconds)
