"""Tokenizers compared: the table of contents of this package, and what it hands to the table, the report and JSON.

Takes names of tokenizers, a corpus folder and files of terms; gives a `Compared`. Everything in it but `speed` is the
same for the same corpus, tokenizers and seed, whatever the threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from corpus.card import Card
from corpus.errors import UserError
from corpus.progress import Silent
from corpus.report.folder import open_build
from corpus.text.codepoints import Ints
from tokenizer.compare.counted import Broken, Counted, count
from tokenizer.compare.distribution import in_use, renyi_efficiency
from tokenizer.compare.documents import Drawn, draw
from tokenizer.compare.examples import Example, Sentences
from tokenizer.compare.intervals import Estimate, estimates
from tokenizer.compare.measures import OF_PIECES, OF_TERM, OF_TERM_PIECES, OF_TEXT, TERM_MEASURES, measures_for
from tokenizer.compare.names import labels
from tokenizer.compare.speed import BYTES, Speed, speed
from tokenizer.compare.terms import TermList, count_terms, term_lists
from tokenizer.compare.words import Finder, spaced
from tokenizer.opened import Opened, open_tokenizer

DOCUMENTS = 2000  # of each language, unless the user says otherwise


class Compares(NamedTuple):
    """A tokenizer of a comparison: `label` (short, unique), `name` as it was given, `identity`, `size` (ids), `kind`
    (its model), and whether it was fitted to the training split of this very corpus."""

    label: str
    name: str
    identity: str
    size: int
    kind: str
    fitted_here: bool


class Group(NamedTuple):
    """Some documents: how many, their bytes, and the estimates of each measure, one a tokenizer."""

    documents: int
    bytes: int
    measures: dict[str, list[Estimate]]


class Language(NamedTuple):
    """Documents of a language, whole and by source and tier. `available`: documents of the held-out split. `cut`: how
    many were measured only as far as `LONGEST`. `totals`: per tokenizer, the sums of its counts. Per tokenizer, too:
    `renyi`, `in_use`, `broken`."""

    whole: Group
    available: int
    cut: int
    totals: list[dict[str, int]]
    sources: dict[str, Group]
    tiers: dict[str, Group]
    renyi: list[float | None]
    in_use: list[float | None]
    broken: list[list[Broken]]
    examples: list[Example]


class Terms(NamedTuple):
    """A list of terms, how many of `found` were measured, and the estimates."""

    name: str
    terms: int
    found: int
    measures: dict[str, list[Estimate]]


class Compared(NamedTuple):
    """All of it; languages with most text first."""

    corpus: Card
    seed: int
    tokenizers: list[Compares]
    warnings: list[str]
    languages: dict[str, Language]
    terms: list[Terms]
    speed: list[Speed | None]


def compare(
    names: Sequence[str], corpus: Path, files: Sequence[Path], most: int, seed: int, watch: Silent, timed: bool = True
) -> Compared:
    """Compare tokenizers on the held-out split of a corpus; `most` documents of each language (0: all), terms of the
    corpus and of files. Raises `UserError` for a tokenizer, corpus or file that cannot be used."""
    tokenizers = [open_tokenizer(name) for name in names]
    for opened in tokenizers:
        if not opened.size:
            raise UserError("That tokenizer has no vocabulary.", opened.name, "give one that was fitted")
    build = open_build(corpus)
    drawn = draw(build, most, seed)
    lists = term_lists(build, files)
    counted = count(drawn, tokenizers, Finder(term for one in lists for term in one.terms), watch)
    sentences, timed_texts = _texts(drawn)
    examples = sentences.choose(tokenizers)
    compares = _compares(tokenizers, build.card)
    languages = _languages(drawn, counted, examples, seed)
    terms = [_terms(one, tokenizers, seed) for one in lists]
    speeds = [speed(opened, timed_texts) if timed else None for opened in tokenizers]
    return Compared(build.card, seed, compares, warnings(compares), languages, terms, speeds)


def _texts(drawn: Drawn) -> tuple[Sentences, list[str]]:
    """The sentences to choose examples from, and the texts to time."""
    sentences, timed, size = Sentences(), [], 0
    for rows, texts in drawn.batches():
        sentences.add(rows["id"], rows["language"], texts)
        for text in texts:
            if size < BYTES:
                timed.append(text)
                size += len(text.encode())
    return sentences, timed


def _compares(tokenizers: Sequence[Opened], corpus: Card) -> list[Compares]:
    named = labels([opened.name for opened in tokenizers])
    return [
        Compares(label, opened.name, opened.identity, opened.size, str(opened.spec["model"]["type"]),
                 opened.card is not None and corpus.identity in opened.card.parents.values())
        for label, opened in zip(named, tokenizers, strict=True)
    ]  # fmt: skip


def warnings(compares: Sequence[Compares]) -> list[str]:
    """What a reader must know before he believes a difference."""
    told = []
    if len({one.size for one in compares}) > 1:
        sizes = ", ".join(f"{one.label} {one.size:,}" for one in compares)
        told.append(f"The vocabularies differ in size ({sizes}): a larger one gives fewer tokens by itself, and costs "
                    "a larger embedding. Judge tokenizers at equal size.")  # fmt: skip
    here = [one.label for one in compares if one.fitted_here]
    if here and len(here) < len(compares):
        told.append(f"Fitted to the training split of this very corpus: {', '.join(here)}. Of the others it is not "
                    "known what they were fitted to; that may be other text, or this.")  # fmt: skip
    return told


def _languages(
    drawn: Drawn, counted: Counted, examples: dict[str, list[Example]], seed: int
) -> dict[str, Language]:  # fmt: skip
    documents = counted.documents.with_row_index("at")
    order = documents.group_by("language").agg(pl.col("bytes").sum()).sort(-pl.col("bytes"), "language")["language"]
    long = dict(drawn.rows.group_by("language").agg(pl.col("cut").sum()).iter_rows())
    found = {}
    for language in order:
        mine = documents.filter(pl.col("language") == language)
        parts = {
            column: {
                str(value): _group(counted, some, language, seed, f"{language}/{column}/{value}")
                for (value,), some in mine.group_by(column, maintain_order=True)
            }
            for column in ("source", "tier")
        }
        used = [one.get(language, np.zeros(0, np.int64)) for one in counted.used]
        found[language] = Language(
            _group(counted, mine, language, seed, language), drawn.available[language], int(long[language]),
            [_totals(one[mine["at"].to_numpy()]) for one in counted.pieces],
            dict(sorted(parts["source"].items())), dict(sorted(parts["tier"].items())),
            [renyi_efficiency(one) for one in used], [in_use(one) for one in used],
            [one.get(language, []) for one in counted.broken], examples.get(language, []),
        )  # fmt: skip
    return found


def _totals(pieces: Ints) -> dict[str, int]:
    return dict(zip(OF_PIECES, map(int, pieces.sum(axis=0)), strict=True))


def _group(counted: Counted, rows: pl.DataFrame, language: str, seed: int, name: str) -> Group:
    at = rows["at"].to_numpy()
    found = estimates(rows.select(OF_TEXT).to_numpy(), [one[at] for one in counted.pieces], (OF_TEXT, OF_PIECES),
                      measures_for(spaced(language)), seed, name)  # fmt: skip
    return Group(rows.height, int(rows["bytes"].sum()), found)


def _terms(one: TermList, tokenizers: Sequence[Opened], seed: int) -> Terms:
    listed = np.ones((len(one.terms), 1), np.int64)
    pieces = [count_terms(one.terms, opened) for opened in tokenizers]
    found = estimates(listed, pieces, (OF_TERM, OF_TERM_PIECES), TERM_MEASURES, seed, f"terms/{one.name}")
    return Terms(one.name, len(one.terms), one.found, found)
