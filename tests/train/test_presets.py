"""Every preset is one that transformers fills in and DeepSpeed takes, whichever the number of processes."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from corpus.errors import UserError
from train.models import build_model, config_of
from train.presets import PRESETS, preset, preset_path
from train.sizes import SIZES


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What torchrun would say: without it DeepSpeed asks for MPI."""
    told = {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "0"}
    for key, value in told.items():
        monkeypatch.setenv(key, value)


def autos(part: Any) -> int:
    """How many values are still to be filled in."""
    if isinstance(part, dict):
        return sum(autos(value) for value in part.values())
    return int(part == "auto")


@pytest.mark.parametrize("name", PRESETS)
def test_transformers_fills_in_every_auto_of_a_preset(name: str, tmp_path: Path) -> None:
    from transformers import TrainingArguments

    theirs: Any = importlib.import_module("transformers.integrations.deepspeed")
    arguments = TrainingArguments(output_dir=str(tmp_path), use_cpu=True, per_device_train_batch_size=3, report_to=[],
                                  gradient_accumulation_steps=2, learning_rate=1e-3, warmup_steps=5)  # fmt: skip
    model = build_model(config_of("gpt2", SIZES["tiny"], 64), 1)
    try:
        filled = theirs.HfTrainerDeepSpeedConfig(preset(name))
        filled.trainer_config_process(arguments)
        filled.trainer_config_finalize(arguments, model, 100)
    finally:
        theirs.unset_hf_deepspeed_config()
    assert autos(filled.config) == 0
    assert filled.config["train_micro_batch_size_per_gpu"] == 3
    assert filled.is_zero3() == name.startswith("zero3")
    assert filled.is_offload() == name.endswith("offload")


@pytest.mark.parametrize("name", PRESETS)
def test_deepspeed_takes_a_preset_that_is_filled_in(name: str) -> None:
    theirs: Any = importlib.import_module("deepspeed.runtime.config")
    settings = preset(name) | {"train_micro_batch_size_per_gpu": 3, "gradient_accumulation_steps": 2}
    settings |= {"gradient_clipping": 1.0, "bf16": {"enabled": True}, "fp16": {"enabled": False}}
    zero = settings["zero_optimization"]
    settings["zero_optimization"] = {key: 1024 if value == "auto" else value for key, value in zero.items()}
    taken = theirs.DeepSpeedConfig(settings)
    assert taken.zero_optimization_stage == int(name[4])
    assert taken.train_batch_size == 6


def test_a_seed_gives_the_same_weights_under_zero_3() -> None:
    theirs: Any = importlib.import_module("transformers.integrations.deepspeed")
    config = config_of("llama", SIZES["tiny"], 64)
    plain = build_model(config, 7).state_dict()
    settings = theirs.HfDeepSpeedConfig(preset("zero3"))
    try:
        assert theirs.is_deepspeed_zero3_enabled()
        built = build_model(config, 7).state_dict()
        assert theirs.deepspeed_config() is settings.config  # and it is on again
    finally:
        theirs.unset_hf_deepspeed_config()
    assert all(torch.equal(plain[name], built[name]) for name in plain)


@pytest.mark.parametrize("name", PRESETS)
def test_no_preset_names_the_whole_batch(name: str) -> None:
    assert "train_batch_size" not in preset(name)
    assert "scheduler" not in preset(name)


def test_every_file_is_a_preset_and_every_preset_a_file() -> None:
    folder = preset_path("zero1").parent
    assert sorted(path.stem for path in folder.iterdir()) == sorted(PRESETS)
    assert all(json.loads(path.read_text("utf-8")) for path in folder.iterdir())


def test_an_unknown_preset_is_refused_with_the_list() -> None:
    with pytest.raises(UserError, match="no DeepSpeed preset 'zero4'") as error:
        preset("zero4")
    assert "zero3-offload" in error.value.mend
