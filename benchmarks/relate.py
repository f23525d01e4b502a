"""The relate stage: edges per second of its graph part beside datatrove's step 3, and how it grows with the documents.

    MATERIA_REAL_DATA=... python -m benchmarks.relate WORK [--nodes 1000000] [--edges 5000000] [--runs 5]
                                                       [--sizes 10000 100000 1000000] [--parts graph growth crowds]

Graph: random edges within families (11 nodes on average, their sizes geometric), and random edges among all nodes,
which hang together as one. Ours is what `corpus/decide.py` does with arrays of edges: which node of each has the
better rank, which nodes stay (`standing`), which hang together (`components`). datatrove is its MinhashDedupCluster as
it ships, from the same edges in the files that its step 2 writes. It runs once, ours `--runs` times, each in a process
of its own; seconds are the processor's.

Growth: `corpus.relate.stage.relate` as a build calls it, on a store filled beforehand: documents of 300 to 600
characters, put together from pieces of real English and Chinese texts, so that they share phrases and no more, one in
ten a near copy of another one (2 % of the words or characters are others). Each size runs in a process of its own,
seconds are the processor's. Memory is what the process grew by, census included, without and with the pages of mapped
files, which the system takes back when it needs them; scratch is the most that lay in the store's temporary folder.

Crowds, the same way: identical documents, documents with a long prefix in common, and one document that is the prefix
of all others. WORK is a folder for the stores, about 3 GB for a million documents; what is in it is replaced.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import json
import multiprocessing
import os
import re
import shutil
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

os.environ.update(POLARS_MAX_THREADS="1", RAYON_NUM_THREADS="1", OMP_NUM_THREADS="1")  # before the first import

import numpy as np
import polars as pl

from benchmarks.made_store import SHARD_DOCUMENTS, fill
from benchmarks.near_copies import peak_bytes
from corpus.engine import Engine
from corpus.progress import Silent
from corpus.relate.graph import components, standing
from corpus.relate.stage import relate
from corpus.resolve import Shard
from corpus.store import Store

FAMILY = 11

Edges = tuple[np.ndarray[Any, np.dtype[np.int64]], np.ndarray[Any, np.dtype[np.int64]]]


def families(nodes: int, edges: int) -> Edges:
    """Random edges within families."""
    draw = np.random.default_rng(1)
    sizes = draw.geometric(1 / FAMILY, 2 * nodes // FAMILY + 100)
    ends = np.minimum(np.cumsum(sizes), nodes)
    family = np.searchsorted(ends, np.arange(nodes), side="right")
    one = draw.integers(0, nodes, 2 * edges)
    start, end = np.concatenate(([0], ends))[family[one]], ends[family[one]]
    other = draw.integers(start, end)
    differ = one != other
    return one[differ][:edges], other[differ][:edges]


def anywhere(nodes: int, edges: int) -> Edges:
    """Random edges among all nodes."""
    draw = np.random.default_rng(2)
    one, other = draw.integers(0, nodes, 2 * edges), draw.integers(0, nodes, 2 * edges)
    differ = one != other
    return one[differ][:edges], other[differ][:edges]


SHAPES: dict[str, Callable[[int, int], Edges]] = {"families": families, "one great component": anywhere}


def our_graph(shape: str, nodes: int, edges: int, runs: int, _work: str) -> tuple[float, int, int]:
    """Seconds, documents that stay, bytes."""
    one, other = SHAPES[shape](nodes, edges)
    rank = np.random.default_rng(3).permutation(nodes)
    gc.collect()
    before, seconds, stays = _resident(), [], 0
    for _ in range(runs):
        began = time.process_time()
        first = rank[one] < rank[other]
        stay = standing(rank, np.where(first, one, other), np.where(first, other, one))
        components(nodes, one, other)
        seconds.append(time.process_time() - began)
        stays = int(stay.sum())
    return statistics.median(seconds), stays, peak_bytes() - before


def their_graph(shape: str, nodes: int, edges: int, _runs: int, work: str) -> tuple[float, int, int]:
    """The same of datatrove's step 3, from files to files; what stays is what it does not remove."""
    from datatrove.pipeline.dedup import MinhashDedupCluster
    from datatrove.utils.logging import logger

    logger.remove()
    folder = Path(work) / "edges"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "in").mkdir(parents=True)
    one, other = SHAPES[shape](nodes, edges)
    rows = np.zeros((len(one), 4), "<u4")
    rows[:, 1], rows[:, 3] = one, other
    for bucket, part in enumerate(np.array_split(rows, 14)):
        (folder / "in" / f"{bucket:05d}_00.dups").write_bytes(part.tobytes())
    del one, other, rows
    gc.collect()
    before = _resident()
    began = time.process_time()
    MinhashDedupCluster(str(folder / "in"), str(folder / "out")).run()
    seconds = time.process_time() - began
    removed = (folder / "out" / "000000.remove").stat().st_size // 4
    return seconds, nodes - removed, peak_bytes() - before


def graph(nodes: int, edges: int, runs: int, work: Path) -> None:
    """The table of the graph part."""
    print("| edges | by | edges/s | documents that stay | bytes a node |\n|---|---|---:|---:|---:|")
    for shape in SHAPES:
        for name, side in (("ours", our_graph), ("datatrove step 3", their_graph)):
            seconds, stays, size = alone(side, shape, nodes, edges, runs, str(work))
            rate = f"{edges / seconds:,.0f} | {stays:,} | {size / nodes:,.0f}"
            print(f"| {nodes:,} nodes, {edges:,} edges: {shape} | {name} | {rate} |", flush=True)


def alone(work: Callable[..., Any], *arguments: Any) -> Any:
    """A function in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


class Grown(NamedTuple):
    """What one size took; sizes in bytes."""

    documents: int
    nodes: int
    compared: int  # pairs
    relations: int
    seconds: float
    stages: dict[str, float]
    memory: int  # its own
    mapped: int  # with the pages of files
    scratch: int
    stored: int  # sketches of the store
    related: int  # relations of the store


def _anonymous() -> int:
    told = re.search(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(told[1]) * 1024 if told else 0


class Processor(Silent):
    """Processor seconds of each stage; one that is entered twice is added up."""

    def __init__(self) -> None:
        super().__init__()
        self.took: dict[str, float] = {}

    @contextlib.contextmanager
    def stage(self, name: str, total: int, unit: str = "documents") -> Iterator[None]:
        """As in a build."""
        began = time.process_time()
        with super().stage(name, total, unit):
            yield
        self.took[name] = self.took.get(name, 0.0) + time.process_time() - began


def grow(root: str, count: int) -> Grown:
    """The stage on a filled store."""
    importlib.import_module("datatrove.executor.local")  # a build has long done so; it takes 0.8 s and 100 MB
    store, watch = Store(Path(root) / "store"), Processor()
    shards = [Shard(f"{number:064d}", store.folder("ingest", f"{number:064d}"), "made", "table")
              for number in range(-(-count // SHARD_DOCUMENTS))]  # fmt: skip
    before, own = _resident(), _anonymous()
    documents = pl.read_parquet(Path(root) / "census.parquet")
    with _Watched(store.root / "tmp") as most, Engine(store, 1) as engine:
        began = time.process_time()
        found = relate(documents, shards, [{"sketch": shard.key} for shard in shards], [], engine, watch)
        seconds = time.process_time() - began
    related = _size(store.root / "verify") + _size(store.root / "relate")
    notes = [json.loads(path.read_bytes())["counts"]["pairs"] for path in store.root.glob("verify/*/*/done.json")]
    return Grown(
        count, found.nodes.height, sum(notes), found.pairs.height, seconds, watch.took, most.memory - own,
        peak_bytes() - before, most.bytes, _size(store.root / "annotate"), related,
    )  # fmt: skip


def _size(folder: Path) -> int:
    return sum(entry.stat().st_size for entry in folder.rglob("*") if entry.is_file()) if folder.exists() else 0


class _Watched:
    """The most bytes that lay in a folder, and of memory of this process, looked at five times a second."""

    def __init__(self, folder: Path) -> None:
        self.bytes, self.memory, self._folder, self._ended = 0, 0, folder, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self._ended.wait(0.2):
            self.memory = max(self.memory, _anonymous())
            try:
                self.bytes = max(self.bytes, _size(self._folder))
            except FileNotFoundError:
                continue  # removed meanwhile

    def __enter__(self) -> _Watched:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


def growth(work: Path, cases: Sequence[tuple[str, str, int]]) -> None:
    """One line for each case: name, kind of documents, how many."""
    print("\n| documents | texts | pairs compared | relations | seconds | candidates, texts, verification ", end="")
    print("| microseconds a document ", end="")
    print("| memory, bytes a document | with mapped files | scratch | sketches | relations, bytes each |")
    print("|---|---:|---:|---:|---:|---|---:|---:|---:|---:|---:|---:|", flush=True)
    for name, kind, count in cases:
        root = work / "growth"
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        alone(fill, str(root), kind, count)
        told: Grown = alone(grow, str(root), count)
        stages = ", ".join(f"{told.stages.get(stage, 0):.1f}" for stage in ("candidates", "texts", "relate"))
        each = " | ".join(f"{size / count:,.0f}" for size in (told.memory, told.mapped, told.scratch, told.stored))
        print(f"| {name} | {told.nodes:,} | {told.compared:,} | {told.relations:,} | {told.seconds:.1f} | {stages} "
              f"| {told.seconds / count * 1e6:,.0f} | {each} "
              f"| {told.related / max(1, told.relations):,.0f} |", flush=True)  # fmt: skip
        shutil.rmtree(root, ignore_errors=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--nodes", type=int, default=1_000_000)
    parser.add_argument("--edges", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--identical", type=int, default=1_000_000, help="documents of the crowd of identical ones")
    parser.add_argument("--prefixed", type=int, default=10_000, help="documents of the crowds that share a beginning")
    parser.add_argument(
        "--parts", nargs="*", choices=["graph", "growth", "crowds"], default=["graph", "growth", "crowds"]
    )
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    if "graph" in options.parts:
        graph(options.nodes, options.edges, options.runs, options.work)
    if "growth" in options.parts:
        growth(options.work, [(f"{size:,}", "text", size) for size in options.sizes])
    if "crowds" in options.parts:
        few = options.prefixed
        growth(options.work, [(f"{options.identical:,} identical", "same", options.identical),
                              (f"{few:,} with a prefix of two thirds", "prefixed", few),
                              (f"one, and {few - 1:,} that begin with it", "continued", few)])  # fmt: skip


if __name__ == "__main__":
    main()
