"""`corpus similar TEXT_OR_FILE`: which documents of a corpus are like this one.

Reads the sketches, ledger and data of an output folder. All sketches stream by once, and those that have anything in
common with the text's go into datasketch's LSH forest (M. Bawa, T. Condie, P. Ganesan, WWW 2005,
doi:10.1145/1060745.1060840), which names the nearest. Of those whose text is in the folder the real similarity is
computed, and what the two differ in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from datasketch import MinHash, MinHashLSHForest

from corpus.annotate.sketch import SCHEME, numbers
from corpus.errors import UserError
from corpus.relate.difference import Difference, difference
from corpus.report.folder import Build, open_build
from corpus.text import minhash
from corpus.text.decode import Undecodable, decode
from corpus.text.fold import fold, folded
from corpus.text.shingles import distinct, shared, shingles

LEAST = 8  # of the 128 numbers that must agree: two texts that have nothing in common agree in 3 at most
MOST = 5_000  # sketches that are indexed, the most alike first
TREES = 16
LARGEST = 32 << 20  # bytes of a file


class Alike(NamedTuple):
    """One document that is like the text. `estimate` comes from the sketches; `jaccard`, `contained` (share of the
    text's shingles that the document has), `veto` and `evidence` from the text, where the folder holds it."""

    id: str
    estimate: float
    jaccard: float | None
    contained: float | None
    veto: str
    evidence: str
    fate: str
    tier: str | None
    title: str


def similar(folder: Path, asked: str, most: int) -> list[Alike]:
    """The documents most like a text, or the text in a file, at most `most`, the most alike first. Raises `UserError`
    when the folder holds no corpus with sketches of this scheme, or the text has no shingle."""
    build = open_build(folder)
    _refuse_other_scheme(build)
    text = _text(asked)
    found = shingles(fold([text]))
    if not found.counts[0]:
        least = f"{SCHEME['shingle_letters']} letters or {SCHEME['shingle_characters']} Chinese characters"
        raise UserError(f"The text is too short to compare: it takes {least}.", mend="give a longer one")
    sketch = minhash.sketches(found)[0]
    nearest = _nearest(build, sketch, most)
    if not nearest:
        return []
    return _told(build, text, distinct(found.of(0)), nearest)


def _refuse_other_scheme(build: Build) -> None:
    if build.card.schemes != SCHEME:
        raise UserError("The sketches of this corpus were made in another way and compare with none of today.",
                        where=str(build.folder / "card.json"), mend="build the corpus again")  # fmt: skip


def _text(asked: str) -> str:
    """The text itself, or that of the file of this name."""
    path = Path(asked)
    try:
        if not path.is_file():
            return asked
    except (OSError, ValueError):  # too long, or otherwise no name of a file: it is the text
        return asked
    if path.stat().st_size > LARGEST:
        raise UserError(f"The file is larger than {LARGEST >> 20} MiB.", asked, "give one document")
    try:
        return decode(path.read_bytes()).text
    except Undecodable as error:
        raise UserError(f"The file is no text: {error}.", asked, "give a text file, or the text itself") from None


def _nearest(build: Build, sketch: minhash.Sketches, most: int) -> dict[str, float]:
    """Ids and estimates of the nearest documents, by datasketch's forest."""
    ids: list[str] = []
    rows = np.zeros((0, minhash.SIZE), np.uint16)
    for path in build.files("sketches/sketches"):
        table = pl.read_parquet(path, glob=False)
        table = table.filter(pl.col("minhash").is_not_null())
        if table.height:
            every = numbers(table["minhash"])
            near = np.flatnonzero((every == sketch).sum(axis=1) >= LEAST)
            ids += table["id"].gather(near).to_list()
            rows = np.concatenate((rows, every[near]))
    order = np.argsort(-minhash.similarity(rows, sketch), kind="stable")[:MOST]
    if not len(order):
        return {}
    forest = MinHashLSHForest(num_perm=minhash.SIZE, l=TREES)
    for place in order.tolist():
        forest.add(place, _minhash(rows[place]))
    forest.index()
    found = sorted(forest.query(_minhash(sketch), min(most, len(order))))
    estimates = {ids[place]: float(minhash.similarity(rows[place], sketch)) for place in found}
    return dict(sorted(estimates.items(), key=lambda item: (-item[1], item[0])))


def _minhash(row: Any) -> MinHash:
    """A sketch of ours in datasketch's clothes: its index looks at nothing but the numbers."""
    return MinHash(hashvalues=row.astype(np.uint32), scheme="affine32")


def _told(build: Build, text: str, mine: Any, nearest: dict[str, float]) -> list[Alike]:
    ledger = build.scan("ledger/documents")
    assert ledger is not None
    wanted = pl.col("id").is_in(list(nearest)) & (pl.col("stage") == "decide")
    rows = {row["id"]: row for row in ledger.filter(wanted).select("id", "fate", "tier", "title").collect().to_dicts()}
    texts = _texts(build, list(nearest))
    told = []
    for name, estimate in nearest.items():
        row = rows.get(name, {"fate": "?", "tier": None, "title": ""})
        differs, jaccard, contained = Difference("", "", "", 0), None, None
        if name in texts:
            theirs = distinct(shingles(fold([texts[name]])).of(0))
            both = shared(mine, theirs)
            jaccard, contained = both / (len(mine) + len(theirs) - both), both / len(mine)
            differs = difference(folded(text), folded(texts[name]))
        told.append(Alike(name, estimate, jaccard, contained, differs.veto, differs.evidence, row["fate"], row["tier"],
                          row["title"] or ""))  # fmt: skip
    return sorted(told, key=lambda one: (-(one.jaccard if one.jaccard is not None else one.estimate), one.id))


def _texts(build: Build, ids: list[str]) -> dict[str, str]:
    """The texts that the folder holds of those documents: the kept ones'."""
    files = sorted((build.folder / "data").glob("*.parquet"))
    if not files:
        return {}
    found = pl.scan_parquet(files, glob=False).filter(pl.col("id").is_in(ids)).select("id", "text").collect()
    return dict(found.iter_rows())
