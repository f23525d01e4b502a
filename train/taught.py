"""In which wording a model was taught to answer, as cards tell it.

The card of a fine-tuned model has the wording in its recipe (`train/sft/recipe.py`). A card that is made of others,
by `train/convert/merge.py` or `train/convert/quantize.py`, takes theirs along as `taught`, so that it is known however
long the chain is and wherever the parents lie. Read by `eval/generate/prompts.py`, which asks in the same wording.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from corpus.card import Card

TAUGHT = "taught"  # in the recipe of a card that was made of others


class Taught(NamedTuple):
    """A wording: `prompt` and `chat_template` as in the recipe of fine-tuning (`train/sft/examples.py`)."""

    prompt: str
    chat_template: str


def wordings(card: Card | None) -> tuple[Taught, ...]:
    """All wordings that a model or those that it was made of were taught in, each once. None for a model that was not
    fine-tuned, or has no card."""
    recipe = card.recipe if card is not None else {}
    told = recipe[TAUGHT] if TAUGHT in recipe else [recipe["examples"]] if "examples" in recipe else []
    return tuple(dict.fromkeys(Taught(*(str(one.get(key, "auto")) for key in Taught._fields)) for one in told))


def inherited(cards: Sequence[Card | None]) -> dict[str, Any]:
    """What the recipe of a card that is made of these says of it: nothing where none of them was fine-tuned."""
    found = dict.fromkeys(one for card in cards for one in wordings(card))
    return {TAUGHT: [one._asdict() for one in found]} if found else {}


def apart(cards: Sequence[Card | None]) -> list[str]:
    """What is to be told of models that were taught in several wordings: a sentence, or none."""
    found = list(dict.fromkeys(one for card in cards for one in wordings(card)))
    told = " and ".join(f"{one.prompt} with chat template {one.chat_template}" for one in found)
    return [f"they were taught in different wordings, {told}: `evaluate` asks in auto"] if len(found) > 1 else []
