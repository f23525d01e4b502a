"""Two runs item by item: how much the second differs from the first, in what, and whether that is to be believed.

Takes runs (`eval/compare/opened.py`); gives a table, a row a task, metric and part, to `eval/compare/command.py`.
Items, answers in writing and documents that both have are compared, and how many only one has is told. Every row is
adjusted for all others of its kind (Holm): whole tasks are one family, their parts another. `wins` are those on which
the second is better, whichever way its number goes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import polars as pl
from scipy.stats import norm

from corpus.errors import UserError
from eval.compare.alike import other_wordings, refuse_other_exams, refuse_other_questions
from eval.compare.asked_apart import refuse_asked_apart
from eval.compare.opened import Scored
from eval.generate.answer_tasks import GENERATED
from eval.likelihood.scorer import TEXT_ALONE
from eval.run.scores import ALL, BITS, LOWER, Metric, metrics_of
from eval.statistics.many import LEVEL, POWER, detectable_of_items, detectable_of_shares, holm
from eval.statistics.paired import Difference, of_documents, of_items
from eval.statistics.verdict import PLAIN, WHOLE, Claim, Scale, claim
from eval.tasks.categories import fields

KEYS = ["task", "formulation", "shots"]
SAME = {"accuracy": "share of right answers", "accuracy_bytes": "share of right answers by byte",
        "probability": "probability of the right answer", "bits_per_byte": "bits per byte",
        "rouge_l_characters": "ROUGE-L of explanations on characters"}  # fmt: skip
# Of answers in writing: whether ours reads the right set, and how much of the explanation is there.
WRITTEN = (Metric("accuracy", pl.col("correct_strict").cast(pl.Float64)),
           Metric("rouge_l_characters", pl.col("rouge_l_characters")))  # fmt: skip
CLOZE_ALONE = "accuracy_bytes"
ROW: dict[str, Any] = {
    "first": pl.String, "second": pl.String, **dict.fromkeys(KEYS, pl.String), "shots": pl.UInt16,
    "metric": pl.String, "part": pl.String, "first_value": pl.Float64, "second_value": pl.Float64,
    **dict.fromkeys(("difference", "low", "high", "p", "p_adjusted", "detectable"), pl.Float64),
    **dict.fromkeys(("n", "wins", "ties", "losses"), pl.UInt32), "better": pl.String, "method": pl.String,
    "strength": pl.String, "second_better": pl.Boolean, "sentence": pl.String,
}  # fmt: skip


class Pair(NamedTuple):
    """A difference before it is adjusted: `told` is what the row says besides, `over` what was resampled."""

    told: dict[str, Any]
    found: Difference
    over: str


class Compared(NamedTuple):
    """`table`: as ROW. `alone`: how many items, answers and documents only one of two runs has, in words."""

    table: pl.DataFrame
    alone: list[str]


def compare(first: Scored, seconds: Sequence[Scored], resamples: int = 2000, seed: int = 0) -> Compared:
    """Each of several runs with the first. Raises `UserError` when two have nothing in common, or asked the same task
    of another exam file or in another way."""
    pairs, alone = list[Pair](), list[str]()
    for second in seconds:
        refuse_other_exams(first, second)
        found, told = _pairs(first, second, resamples, seed)
        pairs += found
        alone += told
    wholes = [pair for pair in pairs if pair.told["part"] == ALL]
    parts = [pair for pair in pairs if pair.told["part"] != ALL]
    rows = [*_adjusted(wholes), *_adjusted(parts)]
    return Compared(pl.DataFrame(rows, schema=ROW), alone)


def _comparable_texts(first: Scored, second: Scored, texts: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """What an encoder tells of a token, with both sides of it in view, is no likelihood of a text as a decoder's is."""
    kinds = [one.card.recipe.get("scored_by") == TEXT_ALONE for one in (first, second)]
    if kinds[0] == kinds[1] or texts.is_empty():
        return texts, []
    told = f"bits per byte of {first.name} and {second.name} are not compared: one is an encoder, which sees both sides"
    return texts.clear(), [f"{told} of what it tells"]


def _pairs(first: Scored, second: Scored, resamples: int, seed: int) -> tuple[list[Pair], list[str]]:
    names = {"first": first.name, "second": second.name}
    answers = first.answers.join(second.answers, on=["task", "item"], suffix="_2", maintain_order="left")
    items = first.items.join(second.items, on=[*KEYS, "item"], suffix="_2", maintain_order="left")
    texts = first.bits.join(second.bits, on=["text", "source", "document"], suffix="_2", maintain_order="left")
    if items.is_empty() and texts.is_empty() and answers.is_empty():
        refuse_asked_apart(first, second)
        raise UserError("The two runs have no item and no document in common.", f"{first.folder}, {second.folder}",
                        "score both models on the same suite")  # fmt: skip
    refuse_other_questions(first, second, items, answers)
    alone = [f"{abs(have - both):,} {what} of {one.name} {'are' if have - both != 1 else 'is'} not in the other run"
             for one, what, have, both in ((first, "items", first.items.height, items.height),
                                           (second, "items", second.items.height, items.height),
                                           (first, "answers", first.answers.height, answers.height),
                                           (second, "answers", second.answers.height, answers.height),
                                           (first, "documents", first.bits.height, texts.height),
                                           (second, "documents", second.bits.height, texts.height))
             if have != both]  # fmt: skip
    texts, notes = _comparable_texts(first, second, texts)
    alone += notes + other_wordings(first, second)
    pairs = [pair._replace(told={**names, **pair.told})
             for pair in (*_of_items(items, resamples, seed), *_of_answers(answers, resamples, seed),
                          *_of_texts(texts, resamples, seed))]  # fmt: skip
    return pairs, alone


def _of_items(items: pl.DataFrame, resamples: int, seed: int) -> Iterator[Pair]:
    for (task, formulation, shots), group in items.group_by(KEYS, maintain_order=True):
        named = {"task": task, "formulation": formulation, "shots": shots}
        for metric in metrics_of(str(formulation)):
            if metric.name in SAME and (metric.name != CLOZE_ALONE or formulation == "cloze"):
                for part, rows in _parts(group):
                    yield from _pair(rows, metric, {**named, "part": part}, "item", resamples, seed)


def _of_answers(answers: pl.DataFrame, resamples: int, seed: int) -> Iterator[Pair]:
    for (task,), group in answers.group_by("task", maintain_order=True):
        named = {"task": task, "formulation": GENERATED, "shots": 0}
        for metric in WRITTEN:
            for part, rows in _parts(group):
                yield from _pair(rows, metric, {**named, "part": part}, "item", resamples, seed)


def _of_texts(texts: pl.DataFrame, resamples: int, seed: int) -> Iterator[Pair]:
    for (text,), group in texts.group_by("text", maintain_order=True):
        named = {"task": text, "formulation": "", "shots": 0}
        for part, rows in ((ALL, group), *_by(group, "source"), *_by(group, "tier")):
            yield from _pair(rows, BITS, {**named, "part": part}, "document", resamples, seed)


def _parts(group: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """All items; those of each language; of exams by subject those of each field, of others of each subject."""
    yield ALL, group
    yield from _by(group, "language")
    known = [fields(exam, subject) for exam, subject in group.select("exam", "subject").iter_rows()]
    if any(known):
        named = group.with_columns(field=pl.Series(known, dtype=pl.List(pl.String)))
        for field in sorted({one for some in known for one in some}):
            yield f"field {field}", named.filter(pl.col("field").list.contains(field))
    else:
        yield from _by(group, "subject")


def _by(group: pl.DataFrame, column: str) -> Iterator[tuple[str, pl.DataFrame]]:
    if group[column].n_unique() > 1:
        for (value,), rows in group.group_by(column, maintain_order=True):
            yield f"{column} {value or 'none'}", rows


def _pair(rows: pl.DataFrame, metric: Metric, told: dict[str, Any], over: str, resamples: int, seed: int
          ) -> Iterator[Pair]:  # fmt: skip
    under = pl.lit(1.0) if metric.denominator is None else metric.denominator
    second = rows.select(pl.col(f"{name}_2").alias(name) for name in rows.columns if f"{name}_2" in rows.columns)
    both = pl.concat([rows.select(top_1=metric.numerator, under=under),
                      second.select(top_2=metric.numerator, under_2=under)], how="horizontal")  # fmt: skip
    both = both.filter(pl.col("top_1").is_not_null() & pl.col("top_2").is_not_null() & (pl.col("under") > 0))
    if both.is_empty():
        return
    one, other, sizes, others = (
        both[name].cast(pl.Float64).to_numpy() for name in ("top_1", "top_2", "under", "under_2")
    )
    if metric.denominator is None:
        found = of_items(one, other, resamples, seed)
    else:  # a text whose bytes are not all counted by one of two tokenizers counts by the bytes that the first counts
        found = of_documents(one, other * sizes / others, sizes, resamples, seed)
    values = {"first_value": one.sum() / sizes.sum(), "second_value": other.sum() / others.sum()}
    yield Pair({**told, "metric": metric.name, "better": metric.better, **values}, found, over)


def _adjusted(pairs: Sequence[Pair]) -> Iterator[dict[str, Any]]:
    known = sum(not math.isnan(pair.found.p) for pair in pairs)
    for pair, p in zip(pairs, holm([pair.found.p for pair in pairs]), strict=True):
        told, found = pair.told, pair.found
        wins, losses = (found.losses, found.wins) if told["better"] == LOWER else (found.wins, found.losses)
        seen = _detectable(pair, LEVEL / max(known, 1))
        said = _claim(pair, p, seen)
        yield {**told, "difference": found.value, "low": found.low, "high": found.high, "p": found.p, "p_adjusted": p,
               "detectable": seen, "n": found.n, "wins": wins, "ties": found.ties, "losses": losses,
               "method": found.method, "strength": said.strength, "second_better": said.second_better,
               "sentence": said.sentence}  # fmt: skip


def _detectable(pair: Pair, level: float) -> float:
    """After correction: at the level that Holm's method asks of the surest of all comparisons, which is the hardest. Of
    bits by the interval: its half width is 1.96 standard errors."""
    if pair.told["metric"] != "bits_per_byte":
        detectable = detectable_of_shares if pair.found.method == "McNemar" else detectable_of_items
        return detectable(pair.found.spread, pair.found.n, level)
    half = (pair.found.high - pair.found.low) / 2
    wide = float((norm.ppf(1 - level / 2) + norm.ppf(POWER)) / norm.ppf(1 - LEVEL / 2))
    return wide * half if math.isfinite(half) else math.nan


def _claim(pair: Pair, p: float, seen: float) -> Claim:
    told = pair.told
    where = " ".join(str(one) for one in (told["task"], told["formulation"]) if one)
    unit = f"{SAME[told['metric']]} on {where}" + ("" if told["part"] == ALL else f", {told['part']}")
    share = told["metric"] != "bits_per_byte"
    return claim(told["first"], told["second"], pair.found, p, unit=f"points of {unit}" if share else unit,
                 lower_is_better=told["better"] == LOWER, over=pair.over, detectable=seen,
                 scale=Scale(told["first_value"], WHOLE if share else PLAIN), share=share)  # fmt: skip
