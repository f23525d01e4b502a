"""Two runs that have the same items and no way of asking them in common: refused by that, and not as other exams.

Asked by `eval/compare/pairs.py` of runs of which nothing can be paired. A choice head scores options and is asked by
`choice` alone; a language model is asked by letters, texts or sets of letters, with examples or without.
"""

from __future__ import annotations

from corpus.errors import UserError
from eval.compare.opened import Scored
from eval.run.score_tasks import CHOICE

NAMED = 6  # ways of asking


def refuse_asked_apart(first: Scored, second: Scored) -> None:
    """Raises `UserError` for runs with an item of a task in common that neither asked as the other did."""
    both = first.items.join(second.items, on=["task", "item"], how="semi")
    if (
        both.is_empty()
        or not both.join(second.items, on=["task", "formulation", "shots", "item"], how="semi").is_empty()
    ):
        return
    ways = _ways(first), _ways(second)
    told = " and ".join(f"{one.name} by {', '.join(some)}" for one, some in zip((first, second), ways, strict=True))
    if [CHOICE] in ways:
        what = "One run scored options by a choice head, and the other the likelihoods of a language model"
        mend = "compare runs of choice heads with each other, and those of language models with each other; the " \
               "accuracies of the two stand in their own tables"  # fmt: skip
    else:
        what = "The two runs asked the same items in other ways"
        mend = "score both models on the same suite, with the same formulations and as many shots"
    raise UserError(f"{what}: they are no pairs.", f"{told}: {first.folder}, {second.folder}", mend)


def _ways(run: Scored) -> list[str]:
    """How its items were asked, in order."""
    rows = run.items.select("formulation", "shots").unique(maintain_order=True).rows()
    return [f"{formulation} {shots}-shot" if shots else str(formulation) for formulation, shots in rows][:NAMED]
