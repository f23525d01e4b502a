"""A store filled with as many documents as wanted, as the relate stage finds it: texts, sketches, and their census.

Made for `benchmarks/relate.py`. Documents are put together from pieces of real texts, so that they share phrases and no
more; document `n` is the same in every run. Only what the stage reads is written: the `text` of a shard, the facts of
`corpus/annotate/sketch.py`, and the columns of `corpus/census.py` that relations are made from.
"""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl

from benchmarks.real_texts import CHINESE, ENGLISH
from corpus.annotate import sketch
from corpus.store import Store

SHARD_DOCUMENTS = 10_000
SIZE = (300, 600)  # characters
PIECES = (60, 130)  # characters of a piece of a document
COPIES = 10  # one in so many is a near copy
PREFIX = 400  # characters


class Maker:
    """Texts by number, always the same."""

    def __init__(self) -> None:
        english = [text for name in ("PubMed abstracts", "trial articles, plain text") for text in ENGLISH[name]()]
        chinese = [text for name in ("consultations, Toyhom", "classical chapters") for text in CHINESE[name]()]
        self._real = ["".join(texts) for texts in (english, english, chinese)]

    def text(self, number: int) -> str:
        """Pieces of real texts of one language; one in COPIES is another one with changes."""
        draw = random.Random(number)
        if number % COPIES == COPIES - 1:
            original = draw.randrange(number // COPIES + 1) * COPIES
            return self._changed(self.text(original), "" if original % 3 == 2 else " ", draw)
        real = self._real[number % 3]
        size, parts = draw.randint(*SIZE), []
        while size > 0:
            start, length = draw.randrange(len(real)), draw.randint(*PIECES)
            parts.append(real[start : start + length])
            size -= length
        return " ".join(parts)

    def _changed(self, text: str, gap: str, draw: random.Random) -> str:
        words = text.split(gap) if gap else list(text)
        for place in draw.sample(range(len(words)), max(1, len(words) // 50)):
            words[place] = draw.choice(words)
        return gap.join(words)

    def same(self, _number: int) -> str:
        """Identical documents."""
        return self.text(0)

    def prefixed(self, number: int) -> str:
        """A long prefix in common, and an end of its own of half that length."""
        return (self.text(0) + self.text(30))[:PREFIX] + " " + self.text(10 * number + 300)[: PREFIX // 2]

    def continued(self, number: int) -> str:
        """The first document is the prefix of all others, which are four times as long."""
        start = (self.text(0) + self.text(30))[:PREFIX]
        return start if number == 0 else f"{start} {self.text(10 * number + 300)} {self.text(10 * number + 600)}"


def fill(root: str, kind: str, count: int) -> None:
    """Documents and sketches in a store, and the census of them beside it."""
    maker, store, parts = Maker(), Store(Path(root) / "store"), []
    make = getattr(maker, kind)
    for shard, start in enumerate(range(0, count, SHARD_DOCUMENTS)):
        texts = [make(number) for number in range(start, min(count, start + SHARD_DOCUMENTS))]
        documents = pl.DataFrame({"text": texts})
        facts = sketch.annotate(documents)
        with store.making("ingest", f"{shard:064d}") as making:
            documents.write_parquet(making.folder / "documents.parquet", compression="zstd", row_group_size=500)
        with store.making("annotate", f"{shard:064d}") as making:
            facts.write_parquet(making.folder / "facts.parquet", compression="zstd")
        ids = [f"d{start + row}" for row in range(len(texts))]
        rows = pl.DataFrame({"id": ids, "record": ids}).with_row_index("row")
        none = {f"identifiers.{name}": pl.lit(None, pl.String) for name in ("pmid", "pmcid", "doi")}
        twins = {"identifiers.twins": pl.lit(None, pl.List(pl.String))}
        known = rows.hstack(facts.select("sketch.high", "sketch.low", "sketch.shingles"))
        parts.append(known.with_columns(shard=pl.lit(shard, pl.UInt32), **none, **twins))
    pl.concat(parts).write_parquet(Path(root) / "census.parquet")
