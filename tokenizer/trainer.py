"""Sentencepiece's trainer in a process of its own: words and counts in, a model out, progress on the way.

`tokenizer/merges.py` and `tokenizer/unigram.py` call it. A child process, because the trainer is C++ that neither
answers to Ctrl-C nor reports but through its log; its log is read for the progress, and its last words for the reason
when it fails. It is told options and the path of a file with one `word<TAB>count` a line, and writes a model file.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from corpus.errors import UserError
from tokenizer.sentencepiece_file import read_model
from tokenizer.trained import Seen

# Nothing is changed in the words: what they are was decided when they were counted.
ALWAYS: dict[str, Any] = {
    "input_format": "tsv", "normalization_rule_name": "identity", "add_dummy_prefix": False,
    "remove_extra_whitespaces": False, "split_by_unicode_script": False, "split_by_number": False,
    "split_by_whitespace": False, "allow_whitespace_only_pieces": True, "hard_vocab_limit": False,
    "max_sentence_length": 1 << 20, "minloglevel": 0,
}  # fmt: skip
# The memory at its peak is asked of the system at the end: what `getrusage` says of a child holds its parent's too.
# It ends when its parent does, however that ends (prctl 1 is PR_SET_PDEATHSIG, 9 is SIGKILL).
CHILD = """
import ctypes, json, sys, sentencepiece
ctypes.CDLL(None).prctl(1, 9)
sentencepiece.SentencePieceTrainer.train(**json.load(sys.stdin))
with open("/proc/self/status") as status:
    print(*(line for line in status if line.startswith("VmHWM")), file=sys.stderr)
"""
# What the log says of every hundredth merge (BPE), and of the pieces still standing (Unigram).
_MERGED = re.compile(r"Merged: freq=(\d+) merges=(\d+)")
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
_STANDING = re.compile(r"EM sub_iter=\d+ size=(\d+)")
# Not the number of cores: Unigram's sums depend, in their last bits, on how many threads share them.
THREADS = 8
KEPT_LINES = 30  # of the log, for the reason of a failure


class Trained(NamedTuple):
    """`model`: a protocol buffer. `curve`: of every hundredth merge its number, and how often its pair occurred."""

    model: Any
    curve: list[tuple[int, int]]


class TrainerError(Exception):
    """The trainer gave up; what it said last."""


def run_trainer(
    words: pl.DataFrame, options: Mapping[str, Any], seen: Seen, files: Mapping[str, str] | None = None
) -> Trained:  # fmt: skip
    """Train on `word` and `count`; `seen` is told how many merges are found, or how many pieces still stand.

    `files`: options that want the path of a file, and what is to stand in it. Raises `TrainerError` for what
    sentencepiece refuses, and `UserError` when the system killed it.
    """
    with tempfile.TemporaryDirectory(prefix="materia-tokenizer-") as name:
        folder = Path(name)
        words.write_csv(folder / "words.tsv", separator="\t", include_header=False, quote_style="never")
        told = {
            **ALWAYS,
            "num_threads": THREADS,
            **options,
            "input": str(folder / "words.tsv"),
            "model_prefix": str(folder / "trained"),
        }
        for option, content in (files or {}).items():
            (folder / option).write_text(content, encoding="utf-8", newline="\n")
            told[option] = str(folder / option)
        curve = _run(told, seen)
        return Trained(read_model(folder / "trained.model"), curve)


def _run(options: Mapping[str, Any], seen: Seen) -> list[tuple[int, int]]:
    command = [sys.executable, "-P", "-c", CHILD]  # -P: a file of the user's called sentencepiece.py is not ours
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace") as child:
        assert child.stdin is not None
        assert child.stderr is not None
        last: list[str] = []
        curve: list[tuple[int, int]] = []
        try:
            child.stdin.write(json.dumps(options))
            child.stdin.close()
            for line in child.stderr:
                last = [*last[1 - KEPT_LINES :], line.rstrip()]
                if found := _MERGED.search(line):
                    curve.append((int(found[2]), int(found[1])))
                    seen.found(int(found[2]))
                elif found := _PEAK.search(line):
                    seen.peak_bytes = max(seen.peak_bytes, int(found[1]) << 10)
                elif found := _STANDING.search(line):
                    seen.found(int(found[1]))
        finally:
            if sys.exc_info()[0] is not None:
                child.kill()
    if child.returncode < 0:
        raise UserError("The trainer was killed by the system, which most often means that memory ran out.",
                        f"signal {-child.returncode}", "ask for fewer bytes in the recipe's [[part]]")  # fmt: skip
    if child.returncode:
        raise TrainerError(_reason(last))
    return curve


def _reason(lines: list[str]) -> str:
    """What sentencepiece says was wrong: its exception."""
    said = [line for line in lines if "Error" in line or "Vocabulary size" in line]
    return (said or lines or ["it said nothing"])[-1]
