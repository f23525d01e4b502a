"""Answers written token by token, each the likeliest, until the model ends them or there is no more room.

Takes prompts as ids (`eval/generate/prompts.py`) and an opened decoder (`eval/likelihood/scorer.py`); gives what was
written to `eval/generate/answer_tasks.py`. By transformers' `generate`, in batches of prompts of like length, filled up
on the left. What a model's own folder says of sampling, of penalties for repetition and the like is set aside: greedy
is the same for every model, and nothing is drawn.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from eval.generate.prompts import Asking
from eval.likelihood.meter import inside
from eval.likelihood.scorer import Scorer
from eval.run.rows import refuse_no_number

# Where the plain template would put the next question: what a model asks itself is no part of its answer.
TURN = re.compile(r"\n\s*(?:User|System|Assistant):\n")


class Answer(NamedTuple):
    """`text`: without special tokens and white space around it. `tokens`: written, with the one that ended it. `ended`:
    whether the model ended it, and not the room."""

    text: str
    tokens: int
    ended: bool


def write(scorer: Scorer, asking: Asking, places: Sequence[int]) -> list[Answer]:
    """The answers to the items of a task at `places`, in their order. Raises `UserError` for a model that tells no
    numbers, naming an item."""
    found = dict[int, Answer]()
    ordered = sorted(places, key=lambda place: (-len(asking.prompts[place]), place))
    with _greedy(scorer, asking) as config:
        for start in range(0, len(ordered), scorer.batch):
            some = ordered[start : start + scorer.batch]
            for place, ids in zip(some, _batch(scorer, asking, some, config), strict=True):
                found[place] = _answer(scorer, asking, ids)
    return [found[place] for place in places]


@contextlib.contextmanager
def _greedy(scorer: Scorer, asking: Asking) -> Iterator[Any]:
    """The settings of `generate`, which would fill up what they leave open with the model's own."""
    import transformers

    settings: Any = transformers.GenerationConfig
    model = inside(scorer.model)
    own = model.generation_config
    told = {"max_new_tokens": asking.task.max_new_tokens, "do_sample": False, "num_beams": 1, "use_cache": True,
            "eos_token_id": list(asking.ends), "pad_token_id": asking.ends[0]}  # fmt: skip
    model.generation_config = settings(**told)
    try:
        yield settings(**told)
    finally:
        model.generation_config = own


def _batch(scorer: Scorer, asking: Asking, places: Sequence[int], config: Any) -> list[list[int]]:
    """What is written after each prompt, with what fills it up."""
    prompts = [asking.prompts[place] for place in places]
    wide, fill, model = max(map(len, prompts)), asking.ends[0], inside(scorer.model)
    device = model.get_input_embeddings().weight.device
    ids = torch.tensor([[fill] * (wide - len(one)) + one for one in prompts], device=device)
    own = torch.tensor([[0] * (wide - len(one)) + [1] * len(one) for one in prompts], device=device)

    def numbers(_ids: Tensor, scores: Tensor) -> Tensor:
        for row in torch.isnan(scores).any(1).nonzero().flatten().tolist():
            refuse_no_number([float("nan")], asking.items[places[row]].id)
        return scores

    with torch.no_grad():
        made = model.generate(input_ids=ids, attention_mask=own, generation_config=config, logits_processor=[numbers])
    written: list[list[int]] = made[:, wide:].tolist()
    return written


def _answer(scorer: Scorer, asking: Asking, ids: Sequence[int]) -> Answer:
    end = next((place for place, one in enumerate(ids) if one in asking.ends), None)
    told = list(ids) if end is None else list(ids[:end])
    text = str(scorer.tokenizer.decode(told, skip_special_tokens=True, clean_up_tokenization_spaces=False)).strip()
    turn = TURN.search(text) if asking.turns else None
    text = text[: turn.start()].rstrip() if turn else text
    return Answer(text, len(told) + (end is not None), end is not None or turn is not None)
