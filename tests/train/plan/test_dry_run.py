"""Dry runs of the models of the two papers: their numbers, what fits, and what is said of what does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from corpus.errors import UserError
from train.cli import app
from train.data.special_ids import SpecialIds
from train.models import config_of
from train.plan.devices import GIB, named
from train.plan.dry_run import Plan, Report, body_of, devices_needed, dry_run, read_config, refuse
from train.plan.flops import Trained, mfu
from train.plan.published import LLAMA_2_13B
from train.plan.told import spoken, told
from train.sizes import SIZES

A100, V100 = named("A100-80GB"), named("V100-32GB")


def llama(**more: Any) -> Report:
    plan = Plan(A100, devices=8, tokens=1_000_000_000, sequence=4096, checkpointing=True)._replace(**more)
    return dry_run("Llama-2-13B", read_config(LLAMA_2_13B), plan)


def biomedlm(**more: Any) -> Report:
    size = SIZES["2.7b"]
    plan = Plan(named("A100-40GB"), 128, 300_000_000_000, 8, size.sequence, size.batch)._replace(**more)
    return dry_run("BioMedLM", config_of("gpt2", size, size.vocabulary), plan)


def states(report: Report) -> dict[str, float]:
    return {one.sharding: round(one.states / GIB, 2) for one in report.memory}


@pytest.mark.parametrize(
    "told",
    [("--devices", "0"), ("--tokens", "nan"), ("--tokens", "inf"), ("--tokens", "-5"), ("--rows", "0"),
     ("--lora", "-1"), ("--sequence", "-5"), ("--batch", "-3")],
)  # fmt: skip
def test_numbers_that_make_no_sense_are_refused_as_usage(told: tuple[str, str]) -> None:
    done = CliRunner().invoke(app, ["dry-run", "4m", *told])
    assert done.exit_code == 2
    assert told[0] in done.stderr


def test_no_sharding_is_a_look_at_all() -> None:
    assert CliRunner().invoke(app, ["dry-run", "4m", "--sharding", "none"]).exit_code == 0


def test_llama_2_13b_on_eight_a100() -> None:
    report = llama()
    assert report.parameters.total == 13_015_864_320
    # 13.016 G x 16 bytes / 8; (4 + 12 / 8); (2 + 14 / 8); DDP holds all 16.
    expected = {"ddp": 193.95, "zero1": 66.67, "zero2": 45.46, "zero3": 24.24, "fsdp2": 24.24}
    assert {key: value for key, value in states(report).items() if key in expected} == expected
    assert report.fitting == ["zero1", "zero2", "zero2-offload", "zero3", "zero3-offload", "fsdp2"]
    assert report.flops.total == 6 * 12_851_609_600 + 12 * 40 * 5120 * 4096
    # What checkpointing computes again is one way forwards: 2 x 12.69 G in the blocks, and a third of the attention.
    assert report.flops.again == 2 * 12_687_769_600 + 4 * 40 * 5120 * 4096
    assert report.seconds == pytest.approx(1e9 * (87_175_987_200 + report.flops.again) / (8 * 312e12 * 0.4))
    kept = llama(checkpointing=False)
    assert kept.seconds == pytest.approx(1e9 * 87_175_987_200 / (8 * 312e12 * 0.4))
    assert f"computed           {report.flops.hardware:,}" in told(report)
    assert f"x {report.flops.hardware:,} = " in told(report)
    refuse(report)


def test_llama_2_13b_on_eight_v100_fits_divided_wholly_or_offloaded() -> None:
    report = llama(device=V100, precision="float16")
    assert report.fitting == ["zero2-offload", "zero3", "zero3-offload"]
    refuse(report)
    with pytest.raises(UserError, match="does not fit with zero2") as error:
        refuse(report._replace(plan=report.plan._replace(sharding="zero2")))
    assert "zero3" in error.value.mend
    assert "fsdp2 on 9 or more" in error.value.mend


def test_a_v100_does_not_multiply_bf16() -> None:
    with pytest.raises(UserError, match="does not multiply in bfloat16") as error:
        refuse(llama(device=V100))
    assert "float16" in error.value.mend


def test_what_fits_nowhere_is_told_what_would() -> None:
    report = llama(devices=1, rows=4, checkpointing=False)
    assert report.fitting == []
    with pytest.raises(UserError, match="with any sharding") as error:
        refuse(report)
    assert "one row" in error.value.mend
    assert "batch.device_rows = 1" in error.value.mend
    with pytest.raises(UserError) as error:
        refuse(llama(devices=8, rows=8, checkpointing=False, device=V100, precision="float16"))
    assert "batch.gradient_checkpointing = true" in error.value.mend
    assert "most of it activations" in error.value.where


def test_lora_brings_llama_2_13b_onto_one_card() -> None:
    report = llama(devices=1, trained=Trained("lora", 64))
    assert report.fitting[0] == "ddp"
    assert report.trained == 250_347_520
    assert report.flops.total < llama().flops.total * 0.73


def test_biomedlm_from_scratch_on_300_g_tokens() -> None:
    report = biomedlm()
    assert report.parameters.total == 2_594_247_680
    assert report.flops.total == 16_549_969_920
    rate = 300e9 / (6.25 * 86_400)
    # The paper's 6.25 days: 23.0 % with attention and the real matrices, where 6 x 2.7 G gives 22.5 %.
    assert mfu(report.flops, rate, report.peak, 128) == pytest.approx(0.2302, abs=5e-4)
    assert mfu(6 * 2_700_000_000, rate, report.peak, 128) == pytest.approx(0.2253, abs=5e-4)
    assert biomedlm(utilisation=0.2302).seconds == pytest.approx(6.25 * 86_400, rel=1e-3)
    assert "ddp" not in report.fitting
    assert "fsdp2" in report.fitting


def test_the_fewest_devices_are_the_fewest() -> None:
    plan = llama(device=V100, precision="float16").plan
    body = body_of(read_config(LLAMA_2_13B))
    count = devices_needed(body, "zero3", plan)
    for devices, fits in ((count, True), (count - 1, False)):
        assert ("zero3" in llama(device=V100, precision="float16", devices=devices).fitting) is fits
    assert devices_needed(body, "ddp", plan) == 0


def test_what_is_told_can_be_reckoned_again() -> None:
    text = told(llama())
    for line in (
        "5,120 x 13,824 x 40 =      2,831,155,200", "=     13,015,864,320",
        "13,015,864,320 trained x (2 of weights + 2 of gradients + 12 / 8 of optimizer) bytes = 66.67 GiB",
        "4,096 tokens x 40 layers x 5,120 inputs of 2 bytes = 1.56 GiB", "4,096 tokens x 32,000 x 10 bytes = 1.22 GiB",
        "12 x 40 layers x 5,120 x 4,096 = 10,066,329,600", "1,000,000,000 tokens x 115,906,969,600 = 1.159e+20 FLOP",
        "(8 x 312.0 TFLOP/s x 0.4) = 32.2 hours", "does NOT fit (368%)", "H100-SXM", "an assumption",
    ):  # fmt: skip
        assert line in text


@pytest.mark.parametrize("shape", ["llama", "gpt2", "bert", "modernbert"])
@pytest.mark.parametrize("trained", [Trained(), Trained("lora", 8, tables=True), Trained("tables")])
def test_every_kind_of_run_can_be_told(shape: str, trained: Trained) -> None:
    config = config_of(shape, SIZES["tiny"], 99, SpecialIds(mask=3))
    plan = Plan(A100, 2, 10**6, 2, 64, 8, trained=trained, packed=True, fused_loss=True, causal=True)
    report = dry_run("a \x1b[31m name", config, plan)
    text = told(report)
    assert "\x1b" not in text
    assert "8 rows = 512 tokens, 4 rows at once, 2 times" in text
    json.dumps(report.as_dict())


def test_a_config_is_read_from_a_file_and_from_the_folder_of_a_model(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(LLAMA_2_13B | {"auto_map": {"AutoConfig": "evil.Config"}}))
    for place in (tmp_path, tmp_path / "config.json"):
        assert read_config(place).hidden_size == 5120


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"model_type": "nothing"}', "[" * 10_000,
                                     '{"model_type": "llama", "hidden_size": "wide"}'])  # fmt: skip
def test_what_is_no_config_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(UserError):
        read_config(tmp_path)


def test_a_decoder_of_another_kind_is_reckoned_by_its_modules() -> None:
    config = read_config({"model_type": "gpt_neox", "vocab_size": 99, "hidden_size": 32, "num_hidden_layers": 2,
                          "num_attention_heads": 4, "intermediate_size": 64})  # fmt: skip
    assert (
        dry_run("neox", config, Plan(A100, sequence=64)).parameters.matmul
        == 2 * 12 * 32**2 - 2 * 2 * 32**2 * 2 + 99 * 32
    )


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"utilisation": 0.0}, "share above 0"), ({"tokens": -1}, "fewer than none"), ({"sharding": "zero4"}, "zero4"),
        ({"batch": 9}, "no multiple"), ({"sequence": 8192}, "longer than the model reads"), ({"rows": 0}, "No memory"),
    ],
)  # fmt: skip
def test_a_plan_that_makes_no_sense_is_refused(more: dict[str, Any], says: str) -> None:
    with pytest.raises(UserError, match=says):
        llama(**more)


def test_times_are_spoken_in_the_unit_that_says_them_best() -> None:
    assert [spoken(one) for one in (5.0, 150.0, 9000.0, 540_000.0)] == [
        "5.0 seconds", "2.5 minutes", "2.5 hours", "6.2 days"
    ]  # fmt: skip
