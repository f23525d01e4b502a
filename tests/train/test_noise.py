"""On the screen of whoever trains stands what we say, and what a library says of weight."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest

from tests.train import tuned
from tests.train.small import SHORT
from train.noise import UNSAID, Unsaid, _unless_told_later, quiet_libraries

# Several command lines in one new process, which so imports everything once, and for the first time.
ONE_PROCESS = """
import sys
import train.convert.speed
from train.cli import app
train.convert.speed.SECONDS = 0.0  # how long a speed is measured
for line in sys.argv[1:]:
    app(line.split("\\n"), standalone_mode=False)
"""


def test_a_quiet_run_says_nothing_at_all_on_any_road(corpus: Path, bpe: Path, tmp_path: Path) -> None:
    recipe = tuned.ground(tmp_path / "ground")
    short = [f"--set={one}" for one in (*SHORT[:-2], "budget.tokens=300", SHORT[-1])]
    read = [f"--corpus={corpus}", f"--store={tmp_path / 'store'}", "--quiet"]
    lines = [
        ["pretrain", "quick-start", *read, *short, "--set=model.shape=gpt2", f"--tokenizer={bpe}", "--out=one"],
        ["continue", "quick-start", *read, *short, "--base=one", "--out=on"],
        ["sft", str(recipe), "--quiet", "--set=epochs=0.2", "--set=save.every=1", "--set=lora.rank=2", "--out=tuned"],
        ["sft", str(recipe), "--quiet", "--set=epochs=0.2", "--set=head=choice", "--out=choice"],
        ["merge", "one", "--second=one", "--quiet", "--out=merged"],
        ["quantize", "on", f"--corpus={corpus}", "--text-bytes=500", "--quiet", "--out=int8"],
    ]
    command = [sys.executable, "-P", "-c", ONE_PROCESS, *("\n".join(line) for line in lines)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    made = {path.name for path in tmp_path.iterdir() if (path / "card.json").exists()}
    assert made == {"one", "on", "tuned", "choice", "merged", "int8"}


@pytest.mark.parametrize("name", UNSAID)
def test_what_a_library_says_besides_is_heard(name: str) -> None:
    quiet = Unsaid(UNSAID[name])
    for words in UNSAID[name]:
        assert not quiet.filter(logging.makeLogRecord({"msg": "%s of it", "args": (words,)}))
    assert quiet.filter(logging.makeLogRecord({"msg": "The loss is not a number."}))


def test_transformers_warn_as_ever_of_what_is_not_on_the_list(capfd: pytest.CaptureFixture[str]) -> None:
    quiet_libraries()
    logger = logging.getLogger("transformers.modeling_utils")
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        quiet_libraries.__wrapped__()
        warnings.warn_explicit("old", FutureWarning, "file", 1, module="transformers.modeling_utils")
        warnings.warn_explicit("ours", FutureWarning, "file", 1, module="train.loop")
        warnings.warn_explicit("grave", UserWarning, "file", 1, module="torch.nn")
    assert [str(one.message) for one in heard] == ["ours", "grave"]
    assert logger.isEnabledFor(logging.WARNING)


def test_a_thread_whose_error_is_raised_later_is_not_told_of_twice() -> None:
    told = list[str]()

    class _AsyncWriterThread(threading.Thread):
        pass

    hook = _unless_told_later(lambda error: told.append(type(error.thread).__name__))
    for kind in (_AsyncWriterThread, threading.Thread):
        hook(threading.ExceptHookArgs((OSError, OSError("full"), None, kind())))
    assert told == ["Thread"]
