"""The folded texts of the nodes that are to be compared, on disk, each at once within reach.

Written shard by shard (`gather`, a unit of the engine's work) into a scratch folder of `corpus/relate/stage.py`, read
by `corpus/relate/near.py` through memory maps: what a comparison needs is paged in, and nothing else is held.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Any

import numpy as np

from corpus.parquet import taken
from corpus.store import Store
from corpus.text import codepoints
from corpus.text.fold import fold

INDEX = np.dtype([("node", "<u4"), ("file", "<u4"), ("start", "<u8"), ("size", "<u8")])


def gather(payload: dict[str, Any], store: Store) -> dict[str, int]:
    """Fold some documents of one shard. Payload: `shard` (store key), `rows` (ascending) and their `nodes` as arrays,
    `number` (of the file to write), `folder`."""
    path = Path(payload["folder"]) / f"texts-{payload['number']:05d}"
    rows, nodes = payload["rows"], payload["nodes"]
    entries = np.zeros(len(rows), INDEX)
    entries["node"], entries["file"] = nodes, payload["number"]
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    with temporary.open("wb") as file:
        done = 0
        for piece in taken(store.file("ingest", payload["shard"], "documents.parquet"), rows, ["text"]):
            texts = piece["text"].to_list()
            for begin, end in codepoints.batches(texts):
                view = fold(texts[begin:end])
                for start, stop in zip(view.starts.tolist(), view.ends.tolist(), strict=True):
                    text = view.codes[start:stop].astype("<u4").tobytes().decode("utf-32-le").encode()
                    entries["start"][done], entries["size"][done] = file.tell(), len(text)
                    file.write(text)
                    done += 1
    np.save(path.with_suffix(".npy"), entries)
    os.replace(temporary, path.with_suffix(".txt"))
    return {"documents": len(rows)}


def write_index(folder: Path, files: int) -> None:
    """One index over all files, by node."""
    parts = [np.load(folder / f"texts-{number:05d}.npy") for number in range(files)]
    index = np.concatenate(parts) if parts else np.zeros(0, INDEX)
    np.save(folder / "index.npy", index[np.argsort(index["node"])])


class Texts:
    """The folded texts by node."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index = np.load(folder / "index.npy", mmap_mode="r")
        self._nodes = np.ascontiguousarray(self._index["node"])  # else every look-up copies all of them
        self._files: dict[int, mmap.mmap] = {}

    def size(self, node: int) -> int:
        """Bytes of the text of a node, in UTF-8."""
        return int(self._entry(node)["size"])

    def _entry(self, node: int) -> np.void:
        found: np.void = self._index[np.searchsorted(self._nodes, self._nodes.dtype.type(node))]
        return found

    def __getitem__(self, node: int) -> str:
        entry = self._entry(node)
        if not entry["size"]:
            return ""
        content = self._map(int(entry["file"]))
        return content[int(entry["start"]) : int(entry["start"]) + int(entry["size"])].decode()

    def _map(self, number: int) -> mmap.mmap:
        if number not in self._files:
            with (self._folder / f"texts-{number:05d}.txt").open("rb") as file:
                self._files[number] = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return self._files[number]
