"""Which items of exams a document gives away, and where: the facts by which a build is decontaminated.

Comes from `text` and the paper's PMID; the items come from the `[[exam]]` tables of the recipe, as an index that
`corpus/leaks/stage.py` has put into the store. Goes to `corpus/judge.py`. A whole batch is folded and looked up at
once; only documents that share enough with an item are looked at closely (`corpus/leaks/verify.py`). A document of the
paper that an item is about (PubMedQA) is that item's, whatever its text.

The lists have one entry for each part of an item that stands in the document, in order of place: all of them, since
what is not listed would not be cut.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from corpus.annotate.fact import Fact
from corpus.leaks import stage
from corpus.leaks.cut import covered
from corpus.leaks.page import Page
from corpus.leaks.place import Hit
from corpus.leaks.settings import ExamIndexFile
from corpus.leaks.verify import Leak, leaks_of
from corpus.leaks.view import Bare, bare
from corpus.text import codepoints

NEEDS = ("identifiers",)
LIBRARIES = (*stage.LIBRARIES, "rapidfuzz")
CHARACTERS = 1 << 18  # looked up at a time

FACTS = (
    Fact("exam_overlap.count", "UInt32", "items", "0.., null without exams", "Exam items that stand in the text."),
    Fact("exam_overlap.score", "Float32", "", "0.8..1, null if none",
         "Of the item that is most like what stands there."),
    Fact("exam_overlap.share", "Float32", "share of characters", "0..1, null without exams",
         "Of the text that lies in passages of exam items."),
    Fact("exam_overlap.items", "List(String)", "", "<name in the recipe>/<item id>", "The item of each passage."),
    Fact("exam_overlap.parts", "List(String)", "", "question, options, answer, context, source",
         "What of the item each passage is; `source`: the document is the paper that the item is about."),
    Fact("exam_overlap.starts", "List(UInt32)", "characters", "0..", "Where each passage begins in the text."),
    Fact("exam_overlap.ends", "List(UInt32)", "characters", "0..", "And where it ends."),
    Fact("exam_overlap.scores", "List(Float32)", "", "0.8..1",
         "Likeness of the item to what stands there, 1 where it stands word for word; of half of it 0.8 and more."),
)  # fmt: skip
_SCHEMA: dict[str, Any] = {
    "count": pl.UInt32, "score": pl.Float32, "share": pl.Float32, "items": pl.List(pl.String),
    "parts": pl.List(pl.String), "starts": pl.List(pl.UInt32), "ends": pl.List(pl.UInt32),
    "scores": pl.List(pl.Float32),
}  # fmt: skip


def annotate(batch: pl.DataFrame, settings: Any = None) -> pl.DataFrame:
    """FACTS of each row, from `text` and `identifiers.pmid`; `settings` is the index, or None without exams."""
    names = {name: f"exam_overlap.{name}" for name in _SCHEMA}
    if not isinstance(settings, ExamIndexFile):
        empty = pl.DataFrame({name: pl.Series([None] * batch.height, dtype=dtype) for name, dtype in _SCHEMA.items()})
        return empty.rename(names)
    texts = batch["text"].fill_null("").to_list()
    leaks = found(texts, batch["identifiers.pmid"].to_list(), stage.opened(settings.folder))
    rows = [_row(own, len(text)) for own, text in zip(leaks, texts, strict=True)]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row").rename(names)


def resources(settings: Any) -> Any:
    """The exams by the key of their index."""
    return settings.model_dump(mode="json") if isinstance(settings, ExamIndexFile) else None


def found(texts: list[str], pmids: list[str | None], exams: stage.Exams) -> list[list[Leak]]:
    """The leaks of each text. `pmids`: of the paper that each is, None where it is none."""
    leaks = list[list[Leak]]()
    for begin, end in codepoints.batches(texts, CHARACTERS):
        leaks += _in_texts(texts[begin:end], exams)
    for own, text, pmid in zip(leaks, texts, pmids, strict=True):
        for number in exams.papers.get(pmid or "", ()):
            own.insert(0, Leak(exams.item(number).id, "source", 0, len(text), 1.0))
    return leaks


def _in_texts(texts: list[str], exams: stage.Exams) -> list[list[Leak]]:
    view = bare(texts)
    candidates = exams.grams.candidates(view)
    leaks: list[list[Leak]] = [[] for _ in texts]
    order = np.argsort(candidates.text, kind="stable")
    text = candidates.text[order]
    columns = [column[order].tolist() for column in candidates[1:-1]]
    edges = [*np.flatnonzero(np.diff(text, prepend=-1)).tolist(), len(text)]
    for first, last in pairwise(edges):
        number = int(text[first])
        hits = [Hit(*values) for values in zip(*(column[first:last] for column in columns), strict=True)]
        leaks[number] = leaks_of(_page(texts[number], view, number), hits, exams.item)
    return leaks


def _page(text: str, view: Bare, number: int) -> Page:
    return Page(text, view.string(number), view.origin[view.starts[number] : view.ends[number]])


def _row(leaks: list[Leak], characters: int) -> tuple[Any, ...]:
    spans = covered((leak.start, leak.end) for leak in leaks)
    share = sum(end - start for start, end in spans) / max(characters, 1)
    score = max((leak.score for leak in leaks), default=None)
    items, parts, starts, ends, scores = map(list, zip(*leaks, strict=True)) if leaks else ([], [], [], [], [])
    return (len({leak.item for leak in leaks}), score, share, items, parts, starts, ends, scores)
