"""Rules on learned signals, and the documents that no classifier reads.

An unknown signal breaks a rule, so without a classifier a rule drops whatever it speaks of. Where a signal has none at
all the build stops (`refuse_untaught`); where a language has none, what was dropped unread is counted (`unread`) by
`corpus/build.py` into the card, from which terminal, README and report tell it in the same sentence (`told`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

import polars as pl

from corpus.errors import UserError
from corpus.judge import LEARNED
from corpus.learn.settings import Language
from corpus.recipe import Recipe, Rule

if TYPE_CHECKING:
    from corpus.learn.stage import Learned

MORE = (
    "add sources or [[label]] tables that give more examples that are not related to each other (each text counts "
    "once, a short one not at all)"
)


def refuse_untaught(recipe: Recipe, learned: Learned) -> None:
    """Raises `UserError` where a rule asks for a learned signal that no classifier gives in any language."""
    taught = {f"{LEARNED}{file.task}" for file in learned.models.files}
    for rule in recipe.rule:
        if rule.signal.startswith(LEARNED) and rule.signal not in taught:
            task = rule.signal.removeprefix(LEARNED)
            why, mend = lack(learned, task), MORE
            if learned.parent:
                why = f"The folder {recipe.annotate.learned.models} holds none."
                mend = f"fit one with `corpus quality fit` from labels with task = {task!r}"
            raise UserError(
                f"No classifier gives {rule.signal}, and a rule that asks for it would drop every document unread. "
                + why, where=f"[[rule]] {rule.name}: signal", mend=f"{mend}, or leave the rule out",
            )  # fmt: skip


def lack(learned: Learned, *tasks: str) -> str:
    """What the labels give for those tasks, and why it is too little, as a sentence."""
    said = [why if len(tasks) == 1 else f"{task} {why}" for task, why in learned.wanting if task in tasks]
    return f"The labels give {'; '.join(said)}."


def unread(rules: Sequence[Rule], learned: Learned, documents: pl.DataFrame) -> list[dict[str, Any]]:
    """What rules dropped in languages that no classifier of their signal reads: `rule, signal, language, documents`.
    `documents`: planned, with `fate, rule, language`."""
    from corpus.annotate.learned import language_of

    found = []
    for rule in rules:
        if rule.signal.startswith(LEARNED):
            read = {file.language for file in learned.models.files if f"{LEARNED}{file.task}" == rule.signal}
            tags = documents.filter((pl.col("fate") == "dropped") & (pl.col("rule") == rule.name))["language"]
            spoken = pl.Series("language", [language_of(tag) or "und" for tag in tags.to_list()], pl.String)
            for language, number in spoken.value_counts(name="documents").sort("language").iter_rows():
                if language not in read:
                    found.append({"rule": rule.name, "signal": rule.signal, "language": language, "documents": number})
    return found


def told(entry: Mapping[str, Any]) -> str:
    """An entry of `unread` as a sentence, and what mends it."""
    number, language = int(entry["documents"]), str(entry["language"])
    documents = "1 document" if number == 1 else f"{number:,} documents"
    label = f", or label documents in {language}" if language in get_args(Language) else ""
    return (
        f"The rule {entry['rule']} dropped {documents} in {language} unread: no classifier gives {entry['signal']} in "
        f"that language. Restrict the rule's `language`{label}."
    )
