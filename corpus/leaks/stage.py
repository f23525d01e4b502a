"""From the exams of a recipe to an index in the store, made once for the same files.

Called by `corpus/build.py` before anything is read, so that a bad exam file stops a build at once; the index goes to
`corpus/annotate/exam_overlap.py`. Its key is made of the bytes of the exam files, how they are read, and the code that
reads and cuts them: with another exam, or another reader, every document is asked again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from corpus.closure import code_identity, library_versions
from corpus.errors import UserError
from corpus.exams.item import ExamItem
from corpus.exams.read import SUFFIXES, open_exam
from corpus.leaks.index import GramIndex, build_index, read_index, write_index
from corpus.leaks.pieces import Sought, pieces, sought
from corpus.leaks.settings import ExamIndexFile, ExamSettings
from corpus.store import Store, kill_point, sha256_file, sha256_json
from corpus.text import fold

STAGE = "exams"
LIBRARIES = (*fold.LIBRARIES, "polars")
MODULES = ("corpus.exams.read", "corpus.leaks.index", "corpus.leaks.pieces")


def exam_index(
    exams: Sequence[ExamSettings], base: Path, store: Store, say: Callable[[str], None] = lambda text: None
) -> ExamIndexFile | None:
    """The index of a recipe's exams, made if the store does not hold it; None without exams. `base`: the folder of the
    recipe. `say`: told what is odd about an exam, when it is read. Raises `UserError` for an exam that is missing or
    cannot be read."""
    if not exams:
        return None
    paths = [exam_path(exam, base) for exam in exams]
    hashes = [[exam.name, exam.form, exam.split, _told(path)] for exam, path in zip(exams, paths, strict=True)]
    code = [code_identity(*MODULES), sha256_file(Path(__file__))]
    key = sha256_json({"exams": hashes, "code": code, "libraries": library_versions(LIBRARIES)})
    if not store.has(STAGE, key):
        items = [item for exam, path in zip(exams, paths, strict=True) for item in _items(exam, path, say)]
        with store.making(STAGE, key) as making:
            write(items, making.folder)
            making.counts = {"items": len(items)}
            kill_point("exams:writing")
    for name in store.entry(STAGE, key).outputs:
        store.file(STAGE, key, name)  # checked here, mapped by every worker
    return ExamIndexFile(key=key, folder=str(store.folder(STAGE, key)))


def exam_path(exam: ExamSettings, base: Path) -> Path:
    """Where an exam lies. Raises `UserError` when it does not."""
    path = base / Path(os.path.expandvars(exam.path)).expanduser()
    if not path.exists():
        raise UserError("There is no such file or folder.", f"{path}, from [[exam]] {exam.name}: path",
                        "correct the path; it is relative to the recipe's folder")  # fmt: skip
    return path


def _items(exam: ExamSettings, path: Path, say: Callable[[str], None]) -> list[ExamItem]:
    """The items of one exam, their ids under its name in the recipe."""
    try:
        items, _, _, _, repeated = open_exam(exam.form, path, exam.split)
    except UserError as error:
        raise UserError(error.what, f"{error.where}, from [[exam]] {exam.name}" if error.where else
                        f"[[exam]] {exam.name}", error.mend) from None  # fmt: skip
    if repeated:
        items_have = "1 item has" if len(repeated) == 1 else f"{len(repeated):,} items have"
        say(f"[[exam]] {exam.name}: {items_have} the same option twice; the first is in {repeated[0]}")
    return [item._replace(id=f"{exam.name}/{item.id}") for item in items]


def _told(path: Path) -> list[list[str]]:
    """Name and SHA-256 of each file of an exam. The name counts: it tells the split and the subject."""
    files = [path] if path.is_file() else sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
    try:
        return [[f"{file.parent.name}/{file.name}", sha256_file(file)] for file in files]
    except OSError as error:
        raise UserError(f"The exam cannot be read: {error.strerror}.", str(path)) from None


def write(items: Sequence[ExamItem], folder: Path) -> None:
    """The index, the items (one JSON line each, and where each begins), and numbers of those about a paper."""
    bare = list(sought(items))
    write_index(build_index(list(pieces(bare))), folder)
    lines = [json.dumps(item, ensure_ascii=False).encode() + b"\n" for item in bare]
    (folder / "items.jsonl").write_bytes(b"".join(lines))
    np.save(folder / "places.npy", np.cumsum([0, *map(len, lines)]))
    papers: dict[str, list[int]] = {}
    for number, item in enumerate(items):
        if item.source_id:
            papers.setdefault(item.source_id, []).append(number)
    (folder / "papers.json").write_text(json.dumps(papers, sort_keys=True), encoding="utf-8")


class Exams(NamedTuple):
    """An index in use. `papers`: PMID to numbers of the items about that paper."""

    grams: GramIndex
    lines: bytes
    places: list[int]
    papers: dict[str, list[int]]

    def item(self, number: int) -> Sought:
        """One item."""
        return _item(self.lines[self.places[number] : self.places[number + 1]])


@lru_cache(maxsize=1 << 12)  # few items share words with many documents
def _item(line: bytes) -> Sought:
    read = Sought(*json.loads(line))
    return read._replace(options=tuple(read.options), right=tuple(read.right))


@lru_cache(maxsize=2)
def opened(folder: str) -> Exams:
    """The index of a folder of the store."""
    root = Path(folder)
    papers = json.loads((root / "papers.json").read_text(encoding="utf-8"))
    return Exams(read_index(root), (root / "items.jsonl").read_bytes(), np.load(root / "places.npy").tolist(), papers)
