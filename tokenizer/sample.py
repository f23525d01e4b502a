"""A sample of a corpus: which documents of its training split a tokenizer is fitted to, by language and tier.

Comes from the output folder of `corpus build` and the `[[part]]` tables of a recipe; goes to whatever reads texts
(`tokenizer/words.py`, `tokenizer/extend/`). The held-out split is never read. Documents are drawn in the order of a
hash of their id, so a sample does not depend on how the corpus was cut into files, a larger sample holds the smaller
one, and one more document in the corpus moves no other. Memory: one text file of the corpus and the ids of the sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import xxhash

from corpus.errors import UserError
from corpus.report.folder import Build, reading
from tokenizer.recipe import Part

HELD_OUT = "held_out"
TRAIN = "train"


class Sample(NamedTuple):
    """The documents that were drawn. `rows`: `part`, `file` (index into `files`), `row`, `bytes` (of UTF-8 that are
    taken: the last document of a part is cut there). `told`: per part, what the card says of it."""

    build: Build
    files: tuple[Path, ...]
    rows: pl.DataFrame
    told: tuple[dict[str, Any], ...]

    @property
    def bytes(self) -> int:
        """Bytes of UTF-8 in all texts."""
        return int(self.rows["bytes"].sum() or 0)

    def texts(self, part: str | None = None) -> Iterator[list[str]]:
        """The texts, one list a row group and at most, in order of file and row."""
        wanted = self.rows if part is None else self.rows.filter(pl.col("part") == part)
        with reading(self.build):
            for (number,), rows in wanted.sort("file", "row").group_by("file", maintain_order=True):
                for some, texts in read_rows(self.files[int(str(number))], rows):
                    yield [_cut(text, size) for text, size in zip(texts, some["bytes"], strict=True)]


def draw(build: Build, parts: tuple[Part, ...], seed: int, split: str = TRAIN) -> Sample:
    """Draw a sample. Raises `UserError` when the split, or what a part asks of it, holds no text."""
    sample = drawn(build, parts, seed, split)
    if not sample.bytes:
        raise UserError("The corpus has no text for any part of the recipe.", str(build.folder), "change its [[part]]")
    return sample


def drawn(build: Build, parts: tuple[Part, ...], seed: int, split: str) -> Sample:
    """The same, where it is no fault that no part that may do without (`needed`) finds any text."""
    files = files_of(build, split)
    with reading(build):
        found = [_draw(build, files, part, seed) for part in parts]
    return Sample(build, files, pl.concat([rows for rows, _ in found]), tuple(told for _, told in found))


def files_of(build: Build, split: str) -> tuple[Path, ...]:
    """The data files of a split. Raises `UserError` when there is none."""
    files = tuple(path for path in build.texts() if f"-{split}-" in path.name)
    if not files:
        what = "no held-out documents" if split == HELD_OUT else "no documents to train on"
        mend = "build it with --set decide.held_out=0.02" if split == HELD_OUT else "build it from more documents"
        raise UserError(f"The corpus has {what}.", where=str(build.folder / "data"), mend=mend)
    return files


def _draw(build: Build, files: tuple[Path, ...], part: Part, seed: int) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The rows of one part, and what is told of it."""
    kept = pl.DataFrame(schema={"key": pl.UInt64, "file": pl.UInt32, "row": pl.UInt32, "bytes": pl.Int64})
    documents = available = 0
    for number, file in enumerate(files):
        found = _eligible(file, part)
        if found.height:
            documents, available = documents + found.height, available + int(found["bytes"].sum())
            keys = [xxhash.xxh3_64_intdigest(name.encode(), seed=seed) for name in found["id"]]
            table = found.select(
                pl.Series("key", keys, pl.UInt64), pl.lit(number, pl.UInt32).alias("file"), "row", "bytes"
            )
            kept = _first(pl.concat([kept, table.select(kept.columns)]), part.bytes)
    if not documents and part.needed:
        raise _nothing(build, files, part)
    taken = int(kept["bytes"].sum())
    told = {"name": part.name, "documents": kept.height, "bytes": taken, "of_documents": documents,
            "of_bytes": available}  # fmt: skip
    return kept.select(pl.lit(part.name).alias("part"), "file", "row", "bytes"), told


def _first(table: pl.DataFrame, limit: int) -> pl.DataFrame:
    """The rows with the lowest keys whose texts fill the limit; the last is cut to fit."""
    table = table.sort("key")
    before = pl.col("bytes").cum_sum() - pl.col("bytes")
    return table.filter(before < limit).with_columns(bytes=pl.min_horizontal("bytes", limit - before))


def _eligible(file: Path, part: Part) -> pl.DataFrame:
    """`id`, `row` and `bytes` of the documents of a file that the part speaks of."""
    rows = pl.scan_parquet(file, glob=False).with_row_index("row")
    for column, wanted in (("tier", part.tiers), ("source", part.sources)):
        if wanted:
            rows = rows.filter(pl.col(column).is_in(wanted))
    if part.languages:
        matches = [
            (pl.col("language") == tag) | pl.col("language").str.starts_with(f"{tag}-") for tag in part.languages
        ]
        rows = rows.filter(pl.any_horizontal(matches))
    return rows.select("id", "row", bytes=pl.col("text").str.len_bytes().cast(pl.Int64)).collect()


def _nothing(build: Build, files: tuple[Path, ...], part: Part) -> UserError:
    """What is to be told when a part speaks of no document: what the corpus does hold."""
    asked = [f"{key} {', '.join(value)}" for key, value in
             (("languages", part.languages), ("tiers", part.tiers), ("sources", part.sources)) if value]  # fmt: skip
    columns = ("language", "tier", "source")
    held = pl.concat([pl.read_parquet(file, columns=list(columns), glob=False).unique() for file in files])
    told = "; ".join(f"{name}s {', '.join(sorted(held[name].unique()))}" for name in columns)
    return UserError(
        f"The corpus has no text for the part {part.name!r} ({'; '.join(asked)}).",
        where=f"{build.folder}: its training split has {told}",
        mend=f"change [[part]] {part.name} (--set part.{part.name}.needed=false does without), or build a corpus that "
        "holds such documents",
    )


def read_rows(file: Path, rows: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, list[str]]]:
    """The wanted rows (`row` is the place in the file) of each row group of a file, with their texts."""
    import pyarrow.parquet as pq

    start = 0
    with pq.ParquetFile(file) as opened:
        for number in range(opened.num_row_groups):
            height = opened.metadata.row_group(number).num_rows
            wanted = rows.filter((pl.col("row") >= start) & (pl.col("row") < start + height))
            if wanted.height:
                texts = opened.read_row_group(number, columns=["text"])["text"]
                yield wanted, texts.take((wanted["row"] - start).to_arrow()).to_pylist()
            start += height


def _cut(text: str, size: int) -> str:
    """The text, or as much of its start as fits into that many bytes of UTF-8."""
    raw = text.encode()
    return text if len(raw) <= size else raw[:size].decode(errors="ignore")
