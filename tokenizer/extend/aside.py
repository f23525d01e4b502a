"""Documents of the domain that stand in general text, told by which of the two their ids are likelier in.

A sample of the web holds pages on drugs and diseases. They are what a domain's pieces are for: counted as general text,
two or three of them decide what may be learned, and whether the limit holds depends on which sample they fell into. So
they are set aside, in the text that chooses and in the text that judges, and what happens to them is told by itself
(`tokenizer/extend/measure.py`). The measure is the difference of cross-entropies (Moore and Lewis 2010, ACL, P10-2041)
under unigram models of the base's ids, of equally much text. Texts come from `tokenizer/extend/texts.py`; called by
`tokenizer/extend/run.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from tokenizer.extend.rates import Numbers
from tokenizer.extend.texts import DomainText, GeneralText, Lines

Ids = NDArray[np.int32]
BATCH = 2000  # lines encoded at a time
RARE = 0.5  # added to every count
AGAIN = 3  # how often an id counts in one document: a table of one word says no more than the word
# Nats by which a document must be likelier in the domain: as much as tells one of the domain from 20,000 general ones,
# so that a title is not taken for a word that it holds.
EVIDENCE = 10.0


def set_aside(backend: Tokenizer, domain: DomainText, general: GeneralText) -> GeneralText:
    """The general text without documents of the domain. Only the text that chooses says what general text is like."""
    choosing, judging = general.choosing, general.judging
    chosen, judged = (np.zeros(len(lines.lines), bool) for lines in (choosing, judging))
    for number, name in enumerate(choosing.names):
        learned = [line for line, tag in zip(domain.learning, domain.tags, strict=True) if tag == name]
        if learned:
            here, there = (_documents(backend, lines, number) for lines in (choosing, judging))
            ordinary = _counts(backend, list(here.values()))
            mine = _counts(backend, _as_much(_rows(backend, learned), ordinary.sum()))
            for text, documents, found, inside in ((choosing, here, chosen, True), (judging, there, judged, False)):
                likelier = [one for one, ids in documents.items() if nats(ids, mine, ordinary, inside) > EVIDENCE]
                found |= (text.group == number) & np.isin(text.document, likelier)
    return general._replace(choosing=choosing.only(~chosen), judging=judging.only(~judged),
                            aside=judging.only(judged), aside_choosing=choosing.only(chosen))  # fmt: skip


def nats(ids: Ids, domain: Numbers, ordinary: Numbers, inside: bool) -> float:
    """By how much a document is likelier in the domain, in nats. `inside`: the counts of general text hold its own,
    which say nothing of it."""
    once, counts = np.unique(ids, return_counts=True)
    own = counts if inside else np.zeros(len(once))
    there = np.log((domain[once] + RARE) / (domain.sum() + RARE * len(domain)))
    here = np.log((ordinary[once] - own + RARE) / (ordinary.sum() - own.sum() + RARE * len(ordinary)))
    return float(np.minimum(counts, AGAIN) @ (there - here))


def _counts(backend: Tokenizer, rows: Sequence[Ids]) -> Numbers:
    size = backend.get_vocab_size(with_added_tokens=True)
    return np.bincount(np.concatenate([np.empty(0, np.int32), *rows]), minlength=size).astype(float)


def _as_much(rows: Sequence[Ids], size: float) -> list[Ids]:
    """Lines from all over a text, of that many ids in all."""
    step = sum(map(len, rows)) / max(size, 1)
    return [rows[place] for place in np.arange(0, len(rows), max(step, 1.0)).astype(int).tolist()]


def _documents(backend: Tokenizer, lines: Lines, number: int) -> dict[int, Ids]:
    """The ids of each document of one language."""
    mine = np.flatnonzero(lines.group == number)
    found: dict[int, list[Ids]] = {}
    rows = _rows(backend, [lines.lines[place] for place in mine.tolist()])
    for one, row in zip(lines.document[mine].tolist(), rows, strict=True):
        found.setdefault(one, []).append(row)
    return {one: np.concatenate(some) for one, some in found.items()}


def _rows(backend: Tokenizer, lines: Sequence[str]) -> list[Ids]:
    rows: list[Ids] = []
    for start in range(0, len(lines), BATCH):
        batch = list(lines[start : start + BATCH])
        rows += [np.array(one.ids, np.int32) for one in backend.encode_batch_fast(batch, add_special_tokens=False)]
    return rows
