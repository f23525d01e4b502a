"""The examples of a fine-tuning, in their order: those that are learned from, those that it is measured on.

Comes from what was read (`train/sft/records.py`), rendered by `train/sft/examples.py` or, for a choice head, by
`train/sft/choice.py`; goes to `train/sft/prepare.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.errors import UserError
from corpus.progress import Silent
from train.sft.arms import ArmPlan, passes, plans
from train.sft.conversation import Rendered
from train.sft.examples import Examples, from_items, render_examples
from train.sft.recipe import SftRecipe
from train.sft.records import Records

if TYPE_CHECKING:
    from train.sft.choice import ChoiceExample


class Lesson(NamedTuple):
    """`examples`: those that are learned from, of the arm that is trained; `held_out`: those on which it is measured.
    `order`: the index of the example at each place. `tokens`, `learned`: of each example, all and those that count for
    the loss. `arms`: the plans of both arms, None for a choice head. `dropped`: ids left out, by cause. `answer_only`:
    examples that stand in the arm with reasoning without any."""

    examples: Sequence[Rendered] | Sequence[ChoiceExample]
    held_out: Sequence[Rendered] | Sequence[ChoiceExample]
    order: NDArray[np.int64]
    tokens: NDArray[np.int64]
    learned: NDArray[np.int64]
    arms: tuple[ArmPlan, ArmPlan] | None
    dropped: dict[str, list[str]]
    answer_only: int


class Longest(NamedTuple):
    """The most `tokens` of an example, and what lets it be longer, where that is not the recipe's `max_tokens`."""

    tokens: int
    longer: str = ""

    @property
    def told(self) -> str:
        """The limit, and whose it is."""
        return f"the {self.tokens:,} tokens {'that the base reads' if self.longer else 'of examples.max_tokens'}"


def language_lesson(
    recipe: SftRecipe, read: Records, held: frozenset[str], tokenizer: Any, longest: Longest, watch: Silent
) -> Lesson:
    """Examples that teach a model to write answers. `held`: ids that are held out. Raises `UserError` when none is
    left."""
    settings = recipe.examples.model_copy(update={"max_tokens": longest.tokens})
    talks = [*from_items(read.items, settings), *read.conversations]
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        watch.tick(done, {"examples": 1})

    with watch.stage("examples", len(talks), "examples"):
        examples = render_examples(talks, tokenizer, settings, step, longest.longer)
    learned, aside = _apart(examples, held, {item.id for item in read.items})
    arms = plans(learned, recipe.epochs, recipe.examples.equal, recipe.seed)
    mine = learned.arm(recipe.with_reasoning)
    tokens, supervised = [len(one.ids) for one in mine], [one.supervised for one in mine]
    return Lesson(
        mine, aside.arm(recipe.with_reasoning), arms[recipe.with_reasoning].order,
        np.array(tokens, np.int64), np.array(supervised, np.int64), arms, examples.dropped, learned.answer_only,
    )  # fmt: skip


def _apart(examples: Examples, held: frozenset[str], items: set[str]) -> tuple[Examples, Examples]:
    """Those to learn from and those that are held out."""
    _refuse_all_held(examples.ids, held)
    parts = []
    for out in (False, True):
        places = [place for place, name in enumerate(examples.ids) if (name in held) == out]
        ids = [examples.ids[place] for place in places]
        plain, reasoned = ([arm[place] for place in places] for arm in (examples.plain, examples.reasoned))
        alone = sum(name in items and one is other for name, one, other in zip(ids, plain, reasoned, strict=True))
        parts.append(Examples(ids, plain, reasoned, examples.dropped, alone))
    return parts[0], parts[1]


def _refuse_all_held(ids: Sequence[str], held: frozenset[str]) -> None:
    if all(name in held for name in ids):
        raise UserError(f"All {len(ids):,} examples are held out, and none is left to train on.", "held_out.share",
                        "set a smaller share, or give more examples")  # fmt: skip


def choice_lesson(recipe: SftRecipe, read: Records, held: frozenset[str], tokenizer: Any, longest: Longest) -> Lesson:
    """Questions whose options are scored. `longest`: of an option with its question. Raises `UserError` when none is
    left."""
    from train.sft.choice import choice_examples

    made = choice_examples(read.items, tokenizer, *longest)
    _refuse_all_held(made.ids, held)
    pairs = list(zip(made.ids, made.examples, strict=True))
    mine = [one for name, one in pairs if name not in held]
    aside = [one for name, one in pairs if name in held]
    tokens = [sum(map(len, one.options)) for one in mine]
    order = passes(len(mine), recipe.epochs, recipe.seed)
    return Lesson(mine, aside, order, np.array(tokens, np.int64), np.ones(len(mine), np.int64), None, made.dropped, 0)
