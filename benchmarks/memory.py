"""Peak memory of a worker, and of the whole, for N and for ten times N documents in one file.

    python -m benchmarks.memory [--documents 20000] [--workers 2]

Writes invented rows (about 1,500 characters, English and Chinese by turns) into one JSON Lines file, builds it through
the real command in a process of its own, and prints the largest resident set of any worker (`ru_maxrss`, from
`run.json`), that of the parent, and their ratios. One file is the hard case: it is one shard, read by one worker.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

RECIPE = """
name = "memory"
extends = ["medical-en", "medical-zh", "medical-tiers"]
[[source]]
name = "rows"
kind = "table"
path = "rows.jsonl"
genre = "abstract"
"""

ENGLISH = [
    "patients",
    "treatment",
    "dose",
    "trial",
    "renal",
    "chronic",
    "risk",
    "years",
    "the",
    "of",
    "in",
    "and",
    "was",
]
CHINESE = "患者治疗剂量血压每日口服慢性急性研究结果显示，对照组风险显著降低。心肾肝肺功能检查应当在医生指导下进行；"


def write_rows(path: Path, count: int) -> None:
    """`count` rows, streamed to disk."""
    draw = random.Random(7)
    with open(path, "w", encoding="utf-8") as out:
        for number in range(count):
            if number % 3:
                words = draw.choices(ENGLISH, k=210)
                text = " ".join(w if n % 15 else f"{w}." for n, w in enumerate(words, 1))
            else:
                text = "".join(draw.choices(CHINESE, k=600))
            out.write(json.dumps({"text": f"{text} {number}"}, ensure_ascii=False) + "\n")


def measure(folder: Path, count: int, workers: int) -> tuple[int, int, float]:
    """Peak bytes of a worker, peak bytes of any process of the build so far, seconds."""
    folder.mkdir()
    write_rows(folder / "rows.jsonl", count)
    (folder / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    command = [sys.executable, "-m", "corpus.cli", "build", str(folder / "recipe.toml"), "--out", str(folder / "out"),
               "--workers", str(workers), "--json"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    run = json.loads(done.stdout)["run"]
    return run["peak_worker_bytes"], resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024, run["seconds"]


def main() -> None:
    """Measure both sizes and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    told = parser.parse_args()
    print("| documents | peak of a worker, MiB | peak of any process, MiB | seconds |\n|---:|---:|---:|---:|")
    peaks = []
    with tempfile.TemporaryDirectory() as folder:
        for number, count in enumerate((told.documents, 10 * told.documents)):
            worker, whole, seconds = measure(Path(folder) / str(number), count, told.workers)
            peaks.append((worker, whole))
            print(f"| {count:,} | {worker / 2**20:,.0f} | {whole / 2**20:,.0f} | {seconds:,.1f} |")
    (worker, whole), (worker10, whole10) = peaks
    print(f"\nten times the documents: worker {worker10 / worker:.2f} times, any process {whole10 / whole:.2f} times")


if __name__ == "__main__":
    main()
