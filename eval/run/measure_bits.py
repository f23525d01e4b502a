"""Bits per byte, a row a document: of held-out text by source and tier, and of the explanations of exams.

Takes the corpora that a suite names (`eval/run/recipe.py`) and its exams (`eval/run/exams.py`); gives `bits.parquet` to
`eval/run/run.py`. Held-out documents are drawn by the hash of their ids, so many bytes of each source and tier: the
same for every model. An explanation is measured after its question and the right answer, and its own bytes count alone;
it favours no arm of a study, since no corpus holds it. Measured by `train/bits.py`, as in training.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl
import xxhash

from corpus.errors import UserError
from corpus.exams.item import LETTERS, ExamItem
from corpus.progress import Silent
from corpus.report.folder import Build, open_build
from eval.likelihood.scorer import Scorer, likelihoods
from eval.run.cost import Spent, part_at_cost, summed
from eval.run.exams import Asked, drawn
from eval.run.parts import Parts
from eval.run.recipe import LoadedSuite
from eval.run.rows import refuse_no_number
from eval.tasks.ask import Wording, questions
from eval.tasks.question import Question
from tokenizer.sample import HELD_OUT
from train.bits import bits_of_each, chunk_of

SIZE = 64  # documents of a part
HELD, EXPLANATION = "held-out", "explanation"
BITS = {"text": pl.String, "document": pl.String, "source": pl.String, "tier": pl.String, "language": pl.String,
        "nats": pl.Float64, "bytes": pl.UInt64, "tokens": pl.UInt64}  # fmt: skip
LABELS = ["document", "source", "tier", "language"]


class Texts(NamedTuple):
    """What is measured. `documents`: LABELS and `text`. `explained`: items with an explanation, by task. `parents`: the
    identities of the corpora."""

    documents: pl.DataFrame
    explained: dict[str, list[ExamItem]]
    parents: dict[str, str]


def texts_of(loaded: LoadedSuite, tasks: Sequence[Asked]) -> Texts:
    """The texts of a suite. Raises `UserError` for a corpus that is none, or holds nothing out."""
    told, found, parents = loaded.suite.bits, list[pl.DataFrame](), dict[str, str]()
    for name in told.corpora:
        build = open_build(loaded.base / Path(name))
        parents[f"corpus {build.card.name} {build.card.identity[:8]}"] = build.card.identity
        found.append(held_out(build, told.bytes))
    explained, seen = dict[str, list[ExamItem]](), set[tuple[str, str]]()
    for asked in tasks:
        new = [item for item in asked.items if (item.id, item.explanation) not in seen]  # asked in two ways: told once
        if some := explained_of(new, told.explanations):
            explained[asked.task.name] = some
            seen |= {(item.id, item.explanation) for item in some}
    empty = pl.DataFrame(schema=dict.fromkeys([*LABELS, "text"], pl.String()))
    return Texts(pl.concat([empty, *found]), explained, parents)


def explained_of(items: Sequence[ExamItem], most: int) -> list[ExamItem]:
    """So many items with an explanation, by the hash of their ids."""
    return drawn([item for item in items if item.explanation.strip()], most) if most else []


def held_out(build: Build, size: int) -> pl.DataFrame:
    """Held-out documents of a corpus, at most `size` bytes of each source and tier, by the hash of their ids. Raises
    `UserError` when nothing is held out."""
    files = [path for path in build.texts() if f"-{HELD_OUT}-" in path.name]
    if not files:
        raise UserError("The corpus holds nothing out, so that no bits per byte can be measured on it.",
                        str(build.folder), "build it with decide.held_out, 0.02 say")  # fmt: skip
    rows = pl.scan_parquet(files, glob=False).select(
        pl.concat_str(pl.lit(f"{build.card.name}/"), "source").alias("source"), "language",
        pl.col("id").alias("document"), pl.col("tier"), bytes=pl.col("text").str.len_bytes(),
    ).collect()  # fmt: skip
    order = [xxhash.xxh3_64_intdigest(name.encode()) for name in rows["document"]]
    rows = rows.with_columns(order=pl.Series(order, dtype=pl.UInt64)).sort("source", "tier", "order", "document")
    # The first of each kind is read whole, however long it is.
    before = pl.col("bytes").cum_sum().over("source", "tier") - pl.col("bytes")
    chosen = rows.filter(before < size)
    texts = pl.scan_parquet(files, glob=False).select(pl.col("id").alias("document"), "text")
    together = texts.join(chosen.lazy().select(*LABELS), on="document", how="inner").collect()
    return together.select(*LABELS, "text").sort("source", "tier", "document")


def measure_bits(scorer: Scorer, texts: Texts, parts: Parts, watch: Silent) -> tuple[pl.DataFrame, Spent]:
    """A row a text, as BITS, and what it cost. A choice head tells nothing of text, and a backend of others
    nothing of documents."""
    made, spent = [pl.DataFrame(schema=BITS)], list[Spent]()
    if scorer.choice:
        return made[0], Spent()

    def take(name: str, make: Callable[[], pl.DataFrame]) -> None:
        found, cost = part_at_cost(parts, name, make, scorer.meter)
        made.append(found)
        spent.append(cost)

    height = texts.documents.height if scorer.model is not None else 0
    if height:
        with watch.stage("held-out text", height, "documents"):
            for start in range(0, height, SIZE):
                some = texts.documents.slice(start, SIZE)
                take(f"text-{start // SIZE:05}", functools.partial(_documents, scorer, some))
                watch.tick(min(start + SIZE, height), {"documents": some.height})
    for name, items in texts.explained.items() if scorer.harness is not None else ():
        with watch.stage(f"explanations of {name}", len(items), "items"):
            for start in range(0, len(items), SIZE):
                part = items[start : start + SIZE]
                take(f"explanation-{name}-{start // SIZE:05}", functools.partial(_explanations, scorer, part, name))
                watch.tick(min(start + SIZE, len(items)), {"items": len(part)})
    return pl.concat(made), summed(spent)


def stretch_of(scorer: Scorer, texts: Texts) -> int | None:
    """Bytes of the stretches that held-out text is read in, each without what stands before it; None where none is
    read. Bits per byte depend on it, and it on how many positions the model has."""
    if scorer.choice or scorer.model is None or not texts.documents.height:
        return None
    return chunk_of(scorer.model)


def _documents(scorer: Scorer, some: pl.DataFrame) -> pl.DataFrame:
    found = bits_of_each(scorer.model, scorer.opened, some["text"].to_list())
    for name, one in zip(some["document"], found, strict=True):
        refuse_no_number([one.nats], name)
    return some.select(pl.lit(HELD).alias("text"), *LABELS).with_columns(
        nats=pl.Series([one.nats for one in found], dtype=pl.Float64),
        bytes=pl.Series([one.bytes for one in found], dtype=pl.UInt64),
        tokens=pl.Series([one.tokens for one in found], dtype=pl.UInt64),
    )


def not_measured(scorer: Scorer, texts: Texts, bits: pl.DataFrame) -> dict[str, int]:
    """How many texts of each kind were asked for and have no row: of a choice head or an encoder those that it cannot
    tell, of a decoder explanations that are too long for it."""
    there = dict(bits.group_by("text", "source").len().select(pl.concat_str("text", pl.lit(" "), "source"), "len")
                 .iter_rows())  # fmt: skip
    asked = {f"{EXPLANATION} {name}": len(items) for name, items in texts.explained.items()}
    asked |= {f"{HELD} {name}": number for name, number in texts.documents.group_by("source").len().iter_rows()}
    return {name: less for name, number in sorted(asked.items()) if (less := number - there.get(name, 0))}


def _explanations(scorer: Scorer, items: Sequence[ExamItem], task: str) -> pl.DataFrame:
    """Those that are too long for the model are not measured, which `not_measured` counts: a text that is cut is
    another text. Raises `UserError` for a likelihood that is no number."""
    asked = [_explained(item) for item in items]
    short = [place for place, one in enumerate(asked) if _length(scorer, one) <= scorer.longest]
    found = likelihoods(scorer, [asked[place] for place in short])
    for place, one in zip(short, found, strict=True):
        refuse_no_number(one.values, items[place].id)
    return pl.DataFrame(
        [(EXPLANATION, items[place].id, task, "", items[place].language, -one.values[0], asked[place].bytes[0],
          one.tokens[0]) for place, one in zip(short, found, strict=True)],
        schema=BITS, orient="row",
    )  # fmt: skip


def _explained(item: ExamItem) -> Question:
    (question,) = questions([item], Wording("plain", "letters"))
    answer = ", ".join(LETTERS[place] for place in item.answers)
    text = item.explanation.strip()
    return Question(item.id, "", f"{question.context} {answer}\n", (text,), (0,), (len(text),), (len(text.encode()),))


def _length(scorer: Scorer, question: Question) -> int:
    context, end = scorer.harness._encode_pair(question.context, question.continuations[0])
    return len(context) + len(end)
