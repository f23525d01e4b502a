"""A full disk while a run writes: it is told as what it is, the last checkpoint stays whole, and with room the run ends
as if nothing had been."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from errno import EFBIG, ENOSPC
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet
import pytest
import torch
from safetensors.torch import save_file

from corpus.disk import FULL
from corpus.errors import UserError
from corpus.progress import Silent
from corpus.report.wording import NBSP, size
from corpus.terminal import run as ended
from tests.disk import files_up_to, tiny_disk
from tests.tokenizer.extend.bases import general_lines
from tests.train import tuned as little
from tests.train.small import SHORT, losses, run
from tests.train.tiny import byte_tokenizer, llama
from train.checkpoint import Checkpoints
from train.convert.merge import interpolate
from train.convert.quantize import quantize
from train.full_disk import told_if_full
from train.loop import AtSteps
from train.run import Trained
from train.sft.prepare import prepare_sft
from train.sft.recipe import load_sft

TEXTS = general_lines(6, seed=3)
NUMBERS = pl.DataFrame({"number": [float(number * number) for number in range(10_000)]})
STEPS, EACH = 10, 3  # of 4 rows of 32 tokens; from checkpoint to checkpoint
ASKED = ("model.shape=llama", *SHORT, f"save.every={EACH * 128}")
WEIGHTS, MOMENTS = 150_000, 320_000  # bytes; the two large files of a checkpoint have a few more


@contextlib.contextmanager
def full_from(step: int, room: int) -> Iterator[None]:
    """From the end of a step on no file of a run may have more than so many bytes."""
    with contextlib.ExitStack() as limit, pytest.MonkeyPatch.context() as patch:
        at = AtSteps.on_step_end

        def then_full(self: AtSteps, args: Any, state: Any, control: Any, **more: Any) -> None:
            at(self, args, state, control, **more)
            if state.global_step == step:
                limit.enter_context(files_up_to(room))

        patch.setattr(AtSteps, "on_step_end", then_full)
        yield


@pytest.fixture(scope="module")
def straight(corpus: Path, bpe: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A run with room enough."""
    return run(tmp_path_factory.mktemp("straight") / "model", corpus, bpe, *ASKED)


def same(one: Trained, other: Trained) -> bool:
    """Whether two runs ended with the same losses and weights."""
    weights = [(trained.out / "model.safetensors").read_bytes() for trained in (one, other)]
    return losses(one.out) == losses(other.out) and weights[0] == weights[1]


def whole(work: Path) -> list[int]:
    """The steps of the checkpoints, all of them as they were written, with nothing begun beside them."""
    checkpoints = Checkpoints(work / "checkpoints")
    assert not [path for path in checkpoints.aside.rglob("*") if path.is_file()]
    for step in checkpoints.steps():
        checkpoints.check(checkpoints.folder / f"checkpoint-{step}")
    return checkpoints.steps()


@pytest.mark.parametrize(
    ("step", "room", "what", "left"),
    [
        (3, WEIGHTS, "the checkpoint of step 3", []),
        (6, WEIGHTS, "the checkpoint of step 6", [3]),
        (6, MOMENTS, "the checkpoint of step 6", [3]),
        (8, 0, "the log", [3, 6]),
        (STEPS, WEIGHTS, "the model", [6, 9]),
    ],
    ids=["the first", "weights", "moments", "log", "model"],
)
def test_what_has_no_room_is_told_and_the_run_goes_on_from_the_last_checkpoint(
    straight: Trained, corpus: Path, bpe: Path, tmp_path: Path, step: int, room: int, what: str, left: list[int]
) -> None:
    with full_from(step, room), pytest.raises(UserError) as caught:
        run(tmp_path / "model", corpus, bpe, *ASKED)
    assert caught.value.what.startswith(f"A file would be larger than files may be there: {what} could not be written")
    assert f"a file may have {size(room)})" in caught.value.what
    assert ("it takes 5" in caught.value.what) == (step == 6)  # as many bytes as the one before
    assert f"goes on from checkpoint-{left[-1]}" in caught.value.mend if left else "begins anew" in caught.value.mend
    assert whole(tmp_path / "model.training") == left
    assert not (tmp_path / "model.training" / "model").exists()
    assert same(run(tmp_path / "model", corpus, bpe, *ASKED), straight)


def test_on_a_disk_that_is_full_the_run_is_moved_to_another_and_goes_on_there(
    straight: Trained, corpus: Path, bpe: Path, tmp_path: Path
) -> None:
    with tiny_disk(tmp_path / "disk", "700k") as disk:
        with pytest.raises(UserError) as caught:
            run(disk / "model", corpus, bpe, *ASKED)
        assert caught.value.what.startswith("The disk is full: the checkpoint of step 6 could not be written (it takes")
        assert caught.value.what.endswith(f"{NBSP}kB are free).")
        assert caught.value.where == str(disk / "model.training" / "checkpoints")
        assert whole(disk / "model.training") == [3]
        (tmp_path / "elsewhere").mkdir()
        shutil.move(disk / "model.training", tmp_path / "elsewhere" / "model.training")
    assert same(run(tmp_path / "elsewhere" / "model", corpus, bpe, *ASKED), straight)


def test_a_fine_tuning_and_a_page_are_told_of_in_the_same_words(tmp_path: Path) -> None:
    recipe = little.ground(tmp_path)
    tokens = prepare_sft(load_sft(recipe), Silent()).tokens_of_step
    with files_up_to(100_000), pytest.raises(UserError, match="the checkpoint of step 2 could not be written"):
        little.tuned(recipe, tmp_path / "model", f"save.every={2 * tokens}")
    trained = little.tuned(recipe, tmp_path / "model", f"save.every={2 * tokens}")
    page = trained.out / "report.html"
    page.unlink()
    with files_up_to(1000), pytest.raises(UserError, match="its page could not be written") as caught:
        little.tuned(recipe, tmp_path / "model", f"save.every={2 * tokens}")
    assert "the model is whole without it" in caught.value.mend
    assert not little.tuned(recipe, tmp_path / "model", f"save.every={2 * tokens}").fresh
    assert page.exists()


def test_ids_that_have_no_room_leave_nothing_in_the_store_and_are_encoded_when_there_is(
    corpus: Path, bpe: Path, tmp_path: Path
) -> None:
    with files_up_to(10_000), pytest.raises(UserError, match="the ids of the corpus could not be written") as caught:
        run(tmp_path / "model", corpus, bpe, *ASKED)
    assert "--store" in caught.value.mend
    assert not [path for path in (tmp_path / "shards").rglob("*") if path.is_file()]
    assert run(tmp_path / "model", corpus, bpe, *ASKED).fresh


@pytest.mark.parametrize("command", ["merge", "quantize"])
def test_a_model_made_of_models_is_whole_or_absent(command: str, tmp_path: Path) -> None:
    base, out = tmp_path / "base", tmp_path / "out"
    llama(byte_tokenizer(base).size).save_pretrained(base)

    def make() -> object:
        return interpolate(base, base, out, [0.5]) if command == "merge" else quantize(base, out, "int8", TEXTS)

    with files_up_to(50_000), pytest.raises(UserError, match="the model could not be written") as caught:
        make()
    assert caught.value.where == str(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["base"]
    make()
    assert (out / "card.json").exists()


WRITERS: dict[str, Callable[[Path], object]] = {
    "Python": lambda file: file.write_bytes(bytes(10_000)),
    "polars": lambda file: NUMBERS.write_parquet(file),
    "Arrow": lambda file: pyarrow.parquet.write_table(NUMBERS.to_arrow(), file),
    "safetensors": lambda file: save_file({"a": torch.zeros(10_000)}, file),
    "torch": lambda file: torch.save(torch.zeros(10_000), str(file)),
}


@pytest.mark.parametrize("library", WRITERS)
@pytest.mark.parametrize("full", [False, True], ids=["limit", "full"])
def test_what_each_library_says_of_a_full_disk_is_understood(library: str, full: bool, tmp_path: Path) -> None:
    place = tiny_disk(tmp_path / "disk", "8k") if full else contextlib.nullcontext(tmp_path)
    limit = contextlib.nullcontext() if full else files_up_to(5000)
    with place as folder, limit, pytest.raises(UserError) as caught, told_if_full("it", folder, str, lambda: 10_000):
        WRITERS[library](folder / "file")
    told = f"{FULL[ENOSPC if full else EFBIG]}: it could not be written (it takes 10.0{NBSP}kB, and"
    assert caught.value.what.startswith(told)


def test_another_fault_of_torch_s_writer_is_not_taken_for_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="Parent directory"), told_if_full("it", tmp_path, lambda: "and again"):
        torch.save(torch.zeros(3), str(tmp_path / "none" / "file"))


def test_the_command_line_tells_of_a_disk_that_only_a_library_s_words_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with files_up_to(5000), pytest.raises(SystemExit) as end:
        ended(lambda: WRITERS["polars"](tmp_path / "file"))
    assert end.value.code == 1
    assert "larger than files may be there" in capsys.readouterr().err
