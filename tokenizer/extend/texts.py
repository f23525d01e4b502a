"""The texts of an extension: domain text to learn from and to judge by, general text that must keep its ids.

Domain text is drawn from a corpus (`tokenizer/sample.py`), the same bytes of every language: its training split to
learn from, its held-out split to judge by. General text is a corpus too, whose two splits do the same, or a file: of
UTF-8 lines, or of JSON (`.jsonl`, key `text`), of which half the documents choose and the others judge. Lines of
one document stand or fall together, so that all text is cut between documents; in a file of lines a document is a run
of them. Goes to `tokenizer/extend/run.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from corpus.errors import UserError
from corpus.report.folder import Build, open_build, reading
from corpus.store import sha256_file
from tokenizer.recipe import Part
from tokenizer.sample import HELD_OUT, TRAIN, draw

LONGEST_LINE = 4096  # characters: an endless line is looked at in pieces
GENERAL_BYTES = 32 << 20  # of each language at most
JUDGED_BYTES = 8 << 20  # of held-out text of each language at most
FEW_LINES = 400  # a language of fewer general lines goes into OTHER
RUN = 64  # lines of a file that stand for a document
LEAST_SHARE = 0.01  # of the bytes: a language below is not learned from unless it is asked for
OTHER = "other"
Row = tuple[str, str, int]  # a line, its language, the number of its document
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")


class Lines(NamedTuple):
    """General lines, and for each the number of its language in `names` and that of its document."""

    lines: list[str]
    group: NDArray[np.int8]
    names: tuple[str, ...]
    document: NDArray[np.int32]

    def only(self, chosen: NDArray[np.bool_]) -> Lines:
        """Some of the lines."""
        lines = [self.lines[place] for place in np.flatnonzero(chosen).tolist()]
        return Lines(lines, self.group[chosen], self.names, self.document[chosen])


class GeneralText(NamedTuple):
    """What chooses, what judges, and the identity of both: of the corpus, or the SHA-256 of the file. `aside` and
    `aside_choosing`: lines taken out of either (`aside.py`)."""

    choosing: Lines
    judging: Lines
    identity: str
    aside: Lines
    aside_choosing: Lines

    def checked(self, where: Path) -> GeneralText:
        """Itself. Raises `UserError` when there is too little to tell half a per cent of."""
        if len(self.choosing.lines) >= FEW_LINES and self.judging.lines:
            return self
        told = f"{len(self.choosing.lines):,} lines to choose by and {len(self.judging.lines):,} to judge by"
        if aside := len(self.aside.lines) + len(self.aside_choosing.lines):
            told += f", after {aside:,} of documents that are the domain's"
        raise UserError(f"There is too little general text: {told}.", where=str(where),
                        mend=f"give --general with at least {2 * FEW_LINES} lines on all sorts of things")  # fmt: skip


class DomainText(NamedTuple):
    """`languages` learned from. `learning`: lines of the training split, and `tags`: the language of each. `held_out`:
    by language, documents. `told`: what the card says."""

    languages: tuple[str, ...]
    learning: list[str]
    tags: list[str]
    held_out: dict[str, list[str]]
    told: tuple[dict[str, Any], ...]
    identity: str


def domain_text(folder: Path, languages: Sequence[str], size: int, seed: int) -> DomainText:
    """The domain's text, `size` bytes to learn from. Raises `UserError` when the corpus has none in a language that was
    asked for, or no held-out split."""
    build = open_build(folder)
    held = languages_of(build, TRAIN)
    every = sum(held.values())
    chosen = list(languages) or [tag for tag, count in held.items() if count >= LEAST_SHARE * every]
    learning = draw(build, _parts(chosen, size // max(len(chosen), 1)), seed)
    judged = [tag for tag in chosen if any(_is(one, tag) for one in languages_of(build, HELD_OUT))]
    sample = draw(build, _parts(judged or chosen, JUDGED_BYTES), seed, HELD_OUT)
    held_out = {tag: [text for group in sample.texts(_slug(tag)) for text in group] for tag in judged}
    rows = [(line, tag.split("-")[0]) for tag in chosen for group in learning.texts(_slug(tag)) for text in group
            for line in lines_of(text)]  # fmt: skip
    lines, tags = [line for line, _ in rows], [tag for _, tag in rows]
    return DomainText(tuple(tag.split("-")[0] for tag in chosen), lines, tags, held_out, learning.told,
                      build.card.identity)  # fmt: skip


def general_text(where: Path, languages: Collection[str], seed: int) -> GeneralText:
    """The general text, grouped by the languages that pieces are learned from, all others together (a line of classical
    Chinese, `lzh`, is one of `zh`). Raises `UserError` when it cannot be read or there is too little."""
    if where.is_dir():
        build = open_build(where)
        both = [_general(build, split, seed) for split in (TRAIN, HELD_OUT)]
        identity = build.card.identity
    else:
        both, identity = _from_file(where), sha256_file(where)
    names = _groups(both[0], languages)
    choosing, judging = (grouped(rows, names) for rows in both)
    none = np.zeros(len(choosing.lines), bool)
    return GeneralText(choosing, judging, identity, choosing.only(none), choosing.only(none)).checked(where)


def languages_of(build: Build, split: str) -> dict[str, int]:
    """The languages of a split (`zh` for zh-Hans and zh-Hant) and the bytes of each, largest first."""
    files = [path for path in build.texts() if f"-{split}-" in path.name]
    if not files:
        return {}
    with reading(build):
        rows = pl.scan_parquet(files, glob=False).select("language", size=pl.col("text").str.len_bytes())
        table = rows.group_by(pl.col("language").str.split("-").list.first()).agg(pl.col("size").sum()).collect()
    return dict(table.sort(["size", "language"], descending=[True, False]).iter_rows())


def lines_of(text: str) -> Iterator[str]:
    """The lines of a text that hold anything, endless ones in pieces; what is no Unicode text is replaced."""
    for line in text.splitlines():
        if line.strip():
            if not line.isascii():
                line = line.encode("utf-8", "replace").decode()
            for start in range(0, len(line), LONGEST_LINE):
                yield line[start : start + LONGEST_LINE]


def _parts(languages: Iterable[str], size: int) -> tuple[Part, ...]:
    return tuple(Part(name=_slug(tag), languages=(tag,), bytes=max(size, 1)) for tag in languages)


def _slug(tag: str) -> str:
    return tag.lower()


def _is(language: str, tag: str) -> bool:
    return language == tag.split("-")[0]


def _general(build: Build, split: str, seed: int) -> list[Row]:
    """Lines of a split with language and document."""
    found = languages_of(build, split)
    sample = draw(build, _parts(found, GENERAL_BYTES) or _parts(["en"], 1), seed, split)
    texts = [(text, tag) for tag in found for group in sample.texts(_slug(tag)) for text in group]
    return [(line, tag, number) for number, (text, tag) in zip(_shuffled(len(texts)), texts, strict=True)
            for line in lines_of(text)]  # fmt: skip


def _from_file(file: Path) -> list[list[Row]]:
    """The lines of a file in two halves, each with the script it is written in and its document."""
    try:
        content = file.read_bytes().decode("utf-8-sig", "replace")
    except OSError as error:
        raise UserError(f"The general text cannot be read: {error.strerror}.", where=str(file),
                        mend="give --general a corpus folder, or a file of lines") from None  # fmt: skip
    rows = content.splitlines()
    if file.suffix == ".jsonl":
        documents = [list(lines_of(_json_text(row, file))) for row in rows]
    else:
        lines = [line for row in dict.fromkeys(rows) for line in lines_of(row)]
        documents = [lines[start : start + RUN] for start in range(0, len(lines), RUN)]
    halves: list[list[Row]] = [[], []]
    for number, lines in zip(_shuffled(len(documents)), documents, strict=True):
        halves[number % 2] += [(line, "zh" if _HAN.search(line) else "en", number // 2) for line in lines]
    return halves


def _shuffled(count: int) -> list[int]:
    """Numbers for so many documents: halves and folds are cut by them, and English and Chinese may stand by turns."""
    return [int(number) for number in np.random.default_rng(count).permutation(count)]


def _json_text(line: str, file: Path) -> str:
    if not line.strip():
        return ""
    try:
        return str(json.loads(line)["text"])
    except (ValueError, KeyError, TypeError):
        raise UserError("A line of the general text is no JSON with a key `text`.", where=f"{file}: {line[:80]}",
                        mend="mend the line, or name a file of plain lines .txt") from None  # fmt: skip


def _groups(rows: Sequence[Row], languages: Collection[str]) -> tuple[str, ...]:
    """The languages that have lines enough to be judged by themselves, and `OTHER` for the rest."""
    sizes: dict[str, int] = {}
    for _, tag, _ in rows:
        sizes[tag] = sizes.get(tag, 0) + 1
    return (*sorted(tag for tag, count in sizes.items() if tag in languages and count >= FEW_LINES), OTHER)


def grouped(rows: Sequence[Row], names: tuple[str, ...]) -> Lines:
    """Rows under the numbers of their languages; one that is not named goes to the last."""
    place = {name: number for number, name in enumerate(names)}
    group = [place.get(tag, len(names) - 1) for _, tag, _ in rows]
    document = np.array([number for _, _, number in rows], np.int32)
    return Lines([line for line, _, _ in rows], np.array(group, np.int8), names, document)
