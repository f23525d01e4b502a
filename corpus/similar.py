"""`corpus similar TEXT_OR_FILE`: which documents of a corpus are like this one.

Reads the sketches, facts, ledger and data of an output folder. Exact copies are told by the hash of the matching view
and come first. Of all others the sketches are compared one by one. Of those that agree most, and of those that may be
as near by the error of a sketch, the texts tell the real similarity, the order and what differs; where the folder has
no text, the estimate stands.

There is no index. To read and compare a million sketches takes 1.4 s on one core, a corpus of 5,000 documents some
milliseconds; datasketch's LSH forest, which served here before, took 0.9 s to index 5,000 and 0.4 s to be imported, for
one question, and names the first documents that it comes upon and not the best.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from corpus.annotate.sketch import SCHEME, contents, numbers
from corpus.asked import asked_text
from corpus.errors import UserError
from corpus.relate.difference import difference
from corpus.report.folder import Build, open_build, reading
from corpus.text import minhash
from corpus.text.codepoints import CodePoints
from corpus.text.fold import fold, folded
from corpus.text.shingles import Hashes32, distinct, shared, shingles

LEAST = 8  # of the 128 numbers that must agree: two texts that have nothing in common agree in 3 at most
# Sketches err: whoever comes within three standard errors of the last place is looked at too, at most so many more.
ERRORS, BESIDE = 3.0, 500
LEDGER = ("id", "stage", "fate", "tier", "title")


class Alike(NamedTuple):
    """One document that is like the text. `estimate` comes from the sketches; `jaccard`, `contained` (share of the
    text's shingles that the document has), `veto` and `evidence` from the text, where the folder holds it; of an exact
    copy they are known without."""

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
    """The documents most like a text, or the text in a file, at most `most`: exact copies, then by similarity. Raises
    `UserError` when the folder holds no corpus with sketches of this scheme, the file cannot be used, or the text has
    no shingle."""
    build = open_build(folder)
    _refuse_other_scheme(build)
    text = asked_text(asked)
    view = fold([text])
    found = shingles(view)
    if not found.counts[0]:
        least = f"{SCHEME['shingle_letters']} letters or {SCHEME['shingle_characters']} Chinese characters"
        raise UserError(f"The text is too short to compare: it takes {least}.", mend="give a longer one")
    if not build.standing:
        return []
    with reading(build):
        copies = _copies(build, view, most)
        estimates = _nearest(build, minhash.sketches(found)[0], most) | dict.fromkeys(copies, 1.0)
        texts = _texts(build, [name for name in estimates if name not in copies])
        alike = _measured(build, distinct(found.of(0)), estimates, copies, texts)
    alike.sort(key=lambda one: (one.id not in copies, -_similarity(one), one.fate != "kept", one.id))
    return _explained(text, alike[:most], texts)


def _refuse_other_scheme(build: Build) -> None:
    if build.card.schemes != SCHEME:
        raise UserError("The sketches of this corpus were made in another way and compare with none of today.",
                        where=str(build.folder / "card.json"), mend="build the corpus again")  # fmt: skip


def _copies(build: Build, view: CodePoints, most: int) -> set[str]:
    """Ids of the documents with that very view, kept ones first."""
    high, low = contents(view)[0].tolist()
    facts = build.need("facts/facts", ("id", "sketch.high", "sketch.low"))
    same = facts.filter((pl.col("sketch.high") == high) & (pl.col("sketch.low") == low)).select("id")
    found = _ledger(build).join(same, on="id", how="semi").select("id", "fate").collect()
    return set(found.sort(pl.col("fate") != "kept", "id").head(most)["id"].to_list())


def _nearest(build: Build, sketch: minhash.Sketches, most: int) -> dict[str, float]:
    """Ids and estimates of the documents whose sketches agree most, and of those that may be as near by chance."""
    best = pl.DataFrame(schema={"id": pl.String, "agree": pl.Int64})
    build.need("sketches/sketches", ("id", "minhash"))
    for path in build.files("sketches/sketches"):
        table = pl.read_parquet(path, glob=False).drop_nulls("minhash")
        if table.height:
            agree = pl.Series("agree", (numbers(table["minhash"]) == sketch).sum(axis=1), pl.Int64)
            here = table.select("id").with_columns(agree).filter(pl.col("agree") >= LEAST)
            best = best.vstack(here).sort("agree", "id", descending=[True, False]).head(most + BESIDE)
    agreed: list[int] = best["agree"].head(most).to_list()
    last = min([*agreed, minhash.SIZE - 1]) / minhash.SIZE  # at least one error even where all numbers agree
    floor = last - ERRORS * math.sqrt(last * (1 - last) / minhash.SIZE)
    estimates = best.select("id", estimate=pl.col("agree") / minhash.SIZE)
    return dict(estimates.filter(pl.col("estimate") >= floor).iter_rows())


def _measured(
    build: Build, mine: Hashes32, estimates: Mapping[str, float], copies: set[str], texts: Mapping[str, str]
) -> list[Alike]:
    """Those documents with what the ledger says of them, and the real similarity of those whose text is here."""
    rows = {row["id"]: row for row in _ledger(build).filter(pl.col("id").is_in(list(estimates))).collect().to_dicts()}
    told = []
    for name, estimate in estimates.items():
        row = rows.get(name, {"fate": "?", "tier": None, "title": ""})
        jaccard = contained = 1.0 if name in copies else None
        if name in texts:
            theirs = distinct(shingles(fold([texts[name]])).of(0))
            both = shared(mine, theirs)
            jaccard, contained = both / (len(mine) + len(theirs) - both), both / len(mine)
        told.append(Alike(name, estimate, jaccard, contained, "", "", row["fate"], row["tier"], row["title"] or ""))
    return told


def _similarity(one: Alike) -> float:
    return one.estimate if one.jaccard is None else one.jaccard


def _explained(text: str, alike: Sequence[Alike], texts: Mapping[str, str]) -> list[Alike]:
    """The same with what each differs in, where its text is here."""
    mine, told = folded(text), []
    for one in alike:
        if one.id in texts:
            differs = difference(mine, folded(texts[one.id]))
            one = one._replace(veto=differs.veto, evidence=differs.evidence)
        told.append(one)
    return told


def _texts(build: Build, ids: list[str]) -> dict[str, str]:
    """The texts that the folder holds of those documents: the kept ones'."""
    files = build.texts()
    if not files or not ids:
        return {}
    found = pl.scan_parquet(files, glob=False).filter(pl.col("id").is_in(ids)).select("id", "text").collect()
    return dict(found.iter_rows())


def _ledger(build: Build) -> pl.LazyFrame:
    """The ledger's rows of the standing documents."""
    return build.need("ledger/documents", LEDGER).filter(pl.col("stage") == "decide").select(LEDGER)
