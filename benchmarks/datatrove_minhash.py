"""datatrove's near deduplication as it ships, for the benchmarks that measure beside it: four steps, default settings.

Readers come from `benchmarks/copies.py` and `benchmarks/road.py`; what is left goes to a writer of theirs, which
document went for which is read from the files of step 3. One worker, one task (14 for step 2, one for each bucket, as
it wants).

One thing is mended: datatrove hashes strings with xxHash, which takes only bytes from version 4 on (datatrove's extra
`processing` asks for an older one, this project's environment has a newer). The string is encoded first, as older
versions did by themselves; the hashes are the same.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from datatrove.executor.local import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.utils.logging import logger
from datatrove.utils.word_tokenizers import load_word_tokenizer
from xxhash import xxh64_intdigest

LANGUAGES = {"English": "eng", "Chinese": "cmn_Hani"}


def hashed(text: str) -> int:
    """What datatrove's xxhash64 gives with the xxHash it was made for."""
    return int(xxh64_intdigest(text.encode()))


class Signature(MinhashDedupSignature):  # type: ignore[misc]
    """Step 1 with that hash."""

    def __init__(self, folder: str, language: str) -> None:
        super().__init__(output_folder=folder, language=language)
        self._hash_func = hashed


def run_steps(work: Path, name: str, steps: list[Any], tasks: int = 1) -> None:
    """One pipeline, on one worker in this process. The executor copies its steps, and a tokenizer that was used cannot
    be copied: the next step gets a fresh one, as in a program of its own."""
    logger.remove()
    LocalPipelineExecutor(steps, tasks=tasks, workers=1, logging_dir=str(work / "logs" / name)).run()
    logger.remove()
    load_word_tokenizer.cache_clear()


def deduplicate(work: Path, language: str, reader: Callable[[], Any], writer: Any) -> None:
    """All four steps; `reader` gives a fresh reader of the same documents each time."""
    signatures, buckets, removed = (str(work / name) for name in ("signatures", "buckets", "removed"))
    run_steps(work, "1", [reader(), Signature(signatures, language)])
    run_steps(work, "2", [MinhashDedupBuckets(signatures, buckets)], tasks=MinhashConfig().num_buckets)
    run_steps(work, "3", [MinhashDedupCluster(buckets, removed, save_cluster_id=True)])
    run_steps(work, "4", [reader(), MinhashDedupFilter(removed), writer])


def keepers(work: Path, documents: int) -> list[int]:
    """For every document (by place) the one that its cluster keeps, itself where it has none."""
    kept = list(range(documents))
    if not (work / "removed" / "000000.clusters").exists():
        return kept
    gone = set(np.fromfile(work / "removed" / "000000.remove", "<u4").tolist())
    clusters = list(struct.iter_unpack("<2I", (work / "removed" / "000000.clusters").read_bytes()))
    stays = {cluster: place for place, cluster in clusters if place not in gone}
    for place, cluster in clusters:
        kept[place] = stays[cluster]
    return kept
