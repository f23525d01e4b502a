"""Two real processes train what one process trains, whatever is shared out between them, and go on where they stopped:
from scratch, in a first phase of the tables alone, held back by consolidation, with adapters, and with a choice head.

The tolerances: sums over two processes are rounded in another order than sums in one, which moves a loss of 6 by less
than 5e-6 and a weight by less than 2e-5 in six steps. Stopping moves nothing: those weights are equal bit for bit.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from corpus.errors import UserError
from corpus.progress import Silent
from tests.once import made_once
from tests.tokenizer.small import corpus_of, documents
from tests.train import tuned
from tests.train.small import logged
from tests.train.world import HOOKED, SHARED, STOP, asked, tune, variant
from tokenizer.fit import fit
from tokenizer.opened import open_tokenizer
from tokenizer.recipe import load_fit
from train.adapters import ADAPTER
from train.launch import Launch, start
from train.processes import is_worker
from train.run import train

SHARDED = ("ddp", "fsdp2", "zero1", "zero2", "zero3")
LOSS, WEIGHT, NORM = 5e-6, 2e-5, 1e-5  # of the norm of a gradient: relative
REFUSED = "refused.json"  # how the two processes ended
SETTINGS = [(setting, sharding) for setting, shardings in SHARED.items() for sharding in shardings]


class Trained(NamedTuple):
    """`folder`: of all runs. `error`: how the two processes ended."""

    folder: Path
    error: UserError

    def steps(self, run: str) -> list[dict[str, Any]]:
        return [line for line in self._lines(run) if "loss" in line]

    def held_out(self, run: str) -> list[float]:
        return [line["held_out"]["small/everything"] for line in self._lines(run) if "held_out" in line]

    def weights(self, run: str) -> dict[str, Any]:
        return self.parts(run, "model.safetensors")

    def parts(self, run: str, file: str) -> dict[str, Any]:
        from safetensors.numpy import load_file

        return dict(load_file(self.folder / run / file))

    def _lines(self, run: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / run / "log.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Every run of this module: one process here, and one start of two processes for all shardings."""
    folder = made_once(tmp_path_factory, "sharding", train_all)
    return Trained(folder, UserError(*json.loads((folder / REFUSED).read_bytes())))


def train_all(folder: Path) -> None:
    """Train whatever is compared."""
    import torch

    torch.set_num_threads(1)
    corpus_of(folder / "made", documents(60)).rename(folder / "corpus")
    fit(load_fit("quick-start", ("vocabulary=512",)), folder / "corpus", folder / "tokenizer", Silent())
    train(asked(folder, "none", "one"), Silent())
    tuned.ground(folder / "sft", dropout=0.0)
    tune(folder, "none", "tuned-alone")
    for setting in (*SHARED, "free"):
        variant(folder, setting, "none", f"{setting}-alone")
    command = [sys.executable, "-P", "-m", "tests.train.world", str(folder), *SHARDED]
    with pytest.raises(UserError) as caught:
        start(command, Launch("torchrun", 2, "ddp"))
    (folder / REFUSED).write_text(json.dumps(caught.value.args), encoding="utf-8")


@pytest.mark.parametrize("sharding", SHARDED)
def test_two_processes_train_the_same_curve_as_one(trained: Trained, sharding: str) -> None:
    alone, shared = trained.steps("one"), trained.steps(f"{sharding}-whole")
    assert [line["step"] for line in shared] == [1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose([line["loss"] for line in shared], [line["loss"] for line in alone], rtol=0, atol=LOSS)
    assert alone[0]["loss"] - alone[-1]["loss"] > 1000 * LOSS  # what is compared does move
    assert trained.held_out(f"{sharding}-whole") == pytest.approx(trained.held_out("one"), abs=LOSS)


@pytest.mark.parametrize("sharding", SHARDED)
def test_the_model_is_written_whole_and_is_that_of_one_process(trained: Trained, sharding: str) -> None:
    alone, shared = trained.weights("one"), trained.weights(f"{sharding}-whole")
    assert {name: one.shape for name, one in shared.items()} == {name: one.shape for name, one in alone.items()}
    for name, one in shared.items():
        np.testing.assert_allclose(one, alone[name], rtol=0, atol=WEIGHT)


@pytest.mark.parametrize("sharding", SHARDED)
def test_a_run_that_stops_at_a_checkpoint_ends_with_the_same_weights(trained: Trained, sharding: str) -> None:
    whole, stopped = trained.weights(f"{sharding}-whole"), trained.weights(f"{sharding}-stopped")
    assert all(np.array_equal(whole[name], stopped[name]) for name in whole)
    logs = [logged(trained.folder / f"{sharding}-{run}") for run in ("whole", "stopped")]
    assert logs[0] == logs[1]
    hooks = [(line["step"], line["hook"]["result"]) for line in logs[1] if "hook" in line]
    assert hooks == ([(STOP, {"worker": False}), (6, {"worker": False})] if sharding == HOOKED else [])


@pytest.mark.parametrize(
    ("sharding", "model", "moments"),
    [("ddp", 1, 1), ("zero1", 1, 2), ("zero2", 1, 2), ("zero3", 2, 2), ("fsdp2", 2, 2)],
)
def test_each_process_holds_its_part_alone(trained: Trained, sharding: str, model: int, moments: int) -> None:
    total = sum(one.size for one in trained.weights("one").values())
    for rank in range(2):
        held = json.loads((trained.folder / f"{sharding}-held-{rank}.json").read_bytes())
        assert held["model"] == pytest.approx(total / model, rel=0.02)
        assert held["moments"] == pytest.approx(2 * total / moments, rel=0.02)


@pytest.mark.parametrize("sharding", SHARDED)
def test_a_checkpoint_has_every_part_and_is_loaded_whole(trained: Trained, sharding: str) -> None:
    kept = trained.folder / f"{sharding}-whole" / "checkpoints" / f"checkpoint-{STOP}"
    named = json.loads((kept / "checkpoint.json").read_bytes())
    assert {
        "model.safetensors",
        "measured.json",
        "tokenizer.json",
        "rng_state_0.pth",
        "rng_state_1.pth",
    } <= named.keys()
    assert not list(kept.parent.glob(".saving/*"))


def test_two_processes_fine_tune_the_same_model_as_one(trained: Trained) -> None:
    alone, shared = trained.steps("tuned-alone"), trained.steps("tuned-shared")
    assert [line["tokens"] for line in shared] == [line["tokens"] for line in alone]
    np.testing.assert_allclose([line["loss"] for line in shared], [line["loss"] for line in alone], rtol=0, atol=LOSS)
    weights = trained.weights("tuned-alone")
    for name, one in trained.weights("tuned-shared").items():
        np.testing.assert_allclose(one, weights[name], rtol=0, atol=WEIGHT)


@pytest.mark.parametrize(("setting", "sharding"), SETTINGS)
def test_a_setting_trains_two_processes_as_it_trains_one(trained: Trained, setting: str, sharding: str) -> None:
    alone, shared = trained.steps(f"{setting}-alone"), trained.steps(f"{setting}-{sharding}")
    for told, absolute, relative in (("loss", LOSS, 0.0), ("grad_norm", 0.0, NORM)):
        here, there = (np.array([line[told] for line in lines]) for lines in (shared, alone))
        np.testing.assert_allclose(here, there, rtol=relative, atol=absolute)
    weights = trained.weights(f"{setting}-alone")
    for name, one in trained.weights(f"{setting}-{sharding}").items():
        np.testing.assert_allclose(one, weights.pop(name), rtol=0, atol=WEIGHT)
    assert not weights


@pytest.mark.parametrize("setting", SHARED)
def test_a_setting_that_stops_at_a_checkpoint_ends_with_the_same_weights(trained: Trained, setting: str) -> None:
    whole, stopped = (trained.weights(f"{setting}-{run}") for run in (SHARED[setting][-1], "stopped"))
    assert all(np.array_equal(whole[name], stopped[name]) for name in whole)
    assert logged(trained.folder / f"{setting}-{SHARED[setting][-1]}") == logged(trained.folder / f"{setting}-stopped")


@pytest.mark.parametrize("sharding", SHARED["first"])
def test_in_the_first_phase_all_but_the_tables_stays_as_it_was(trained: Trained, sharding: str) -> None:
    run, base = f"first-{sharding}", trained.weights("one")
    tables = {"model.embed_tokens.weight", "lm_head.weight"}
    for place, moved in ((f"checkpoints/checkpoint-{STOP}/", tables), ("", set(base))):
        weights = trained.parts(run, f"{place}model.safetensors")
        assert {name for name in base if not np.array_equal(weights[name], base[name])} == moved


def test_what_is_held_back_by_consolidation_moves_less_than_what_is_free(trained: Trained) -> None:
    base = trained.weights("one")
    free, held = (trained.weights(f"{run}-alone") for run in ("free", "consolidated"))
    far, near = (sum(float(((one[name] - base[name]) ** 2).sum()) for name in base) for one in (free, held))
    assert near < 0.8 * far
    assert max(np.abs(free[name] - held[name]).max() for name in base) > 10 * WEIGHT


@pytest.mark.parametrize("sharding", SHARED["lora"])
def test_the_adapters_of_two_processes_are_those_of_one(trained: Trained, sharding: str) -> None:
    alone, shared = (trained.parts(f"lora-{run}", f"adapter/{ADAPTER}") for run in ("alone", sharding))
    assert alone.keys() == shared.keys()
    for name, one in shared.items():
        np.testing.assert_allclose(one, alone[name], rtol=0, atol=WEIGHT)


def test_a_gradient_that_is_no_number_stops_deepspeed_before_a_checkpoint(trained: Trained) -> None:
    for rank in range(2):
        told = (trained.folder / f"wild-{rank}.txt").read_text("utf-8")
        assert told == "The gradient of step 2 is not a number; there is no checkpoint before it."


def test_what_both_processes_refuse_is_told_once(trained: Trained) -> None:
    assert trained.error.what == "3 rows of a step cannot be shared by 2 processes."
    assert not list(trained.folder.glob("never*"))  # and no folder is left of it
    assert not is_worker()


def test_a_run_is_not_gone_on_with_by_another_number_of_processes(trained: Trained) -> None:
    left = trained.folder / "other.training"
    (left / "checkpoints" / "checkpoint-1").mkdir(parents=True)
    shutil.copyfile(trained.folder / "wild.training" / "state.json", left / "state.json")  # which two processes wrote
    with pytest.raises(UserError, match="A run stopped here before its end") as caught:
        train(asked(trained.folder, "none", "other"), Silent())
    assert "processes (2 before, 1 now), sharding (zero2 before, none now)" in caught.value.what


def test_a_model_whose_matrices_lie_in_parts_still_begins_with_its_special_id(bpe: Path) -> None:
    import torch

    from train.bits import _start

    class Parted(torch.nn.Module):
        config = type("Config", (), {"bos_token_id": 3})
        weight = torch.nn.Parameter(torch.empty(0))

        def get_input_embeddings(self) -> Any:
            return self

    parted, unnamed = Parted(), open_tokenizer(bpe)._replace(config={})
    assert _start(parted, unnamed) is None
    parted.weight.ds_shape = torch.Size([512, 32])  # type: ignore[attr-defined]  # as ZeRO-3 leaves it
    assert _start(parted, unnamed) == 3
    assert _start(parted, open_tokenizer(bpe)) != 3  # what the tokenizer names goes before it
