"""An exam of one file as two that share no question, with the recipes of a study of reasoning beside them.

python -m benchmarks.exam_split EXAM.csv FOLDER [TRAIN] [TEST]

CMExam's file in the form of its authors comes in; `train.csv`, `test.csv`, `tune.toml` and `suite.toml` go out, for
`evaluate ablate benchmarks/real-reasoning.toml`. Questions are drawn by the hash of their text, so that the parts are
the same ones on every machine; whatever of a training question stands in the test part too is refused by `train sft`.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import xxhash

TUNE = """name = "cmexam"
description = "CMExam's questions of one half, with explanations or without: the other half is asked."
base = "base"
leaks = "drop"

[[exam]]
name = "cmexam"
form = "cmexam"
path = "train.csv"
split = "train"

[[evaluation]]
name = "cmexam-test"
form = "cmexam"
path = "test.csv"
split = "test"

[examples]
prompt = "zh"
max_tokens = 512
without_explanation = "drop"
"""
SUITE = """name = "cmexam-test"
description = "CMExam's questions that no arm was tuned on."
too_long = "drop"

[[task]]
name = "cmexam"
form = "cmexam"
path = ["test.csv"]
split = "test"
formulations = ["letters"]

[bits]
bytes = 5_000
explanations = 100
"""


def main() -> None:
    """Write the parts and the recipes."""
    file, folder = Path(sys.argv[1]), Path(sys.argv[2])
    train, test = (int(sys.argv[place]) if len(sys.argv) > place else most for place, most in ((3, 400), (4, 300)))
    with file.open(encoding="utf-8-sig", newline="") as read:
        rows = list(csv.DictReader(read))
    rows.sort(key=lambda row: xxhash.xxh3_64_intdigest(row["Question"].encode()))
    folder.mkdir(parents=True, exist_ok=True)
    for name, some in (("test", rows[:test]), ("train", rows[test : test + train])):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as written:
            out = csv.DictWriter(written, list(rows[0]))
            out.writeheader()
            out.writerows(some)
    (folder / "tune.toml").write_text(TUNE, encoding="utf-8")
    (folder / "suite.toml").write_text(SUITE, encoding="utf-8")


if __name__ == "__main__":
    main()
