"""Memory is what the papers say and what torch really keeps."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UserError
from train.data.special_ids import SpecialIds
from train.models import SHAPES, build_model, config_of
from train.plan.flops import Trained
from train.plan.memory import PRECISIONS, SHARDINGS, Setting, bytes_of, layer_bytes, memory
from train.plan.parameters import Anatomy, anatomy, summed
from train.sizes import SIZES, Size

SPECIAL = SpecialIds(pad=0, bos=1, eos=2, cls=1, sep=2, mask=3)
ROWS, SEQUENCE = 2, 128


def body_of(shape: str = "llama", name: str = "150m") -> Anatomy:
    return anatomy(config_of(shape, SIZES[name], 32_000, SPECIAL))


def middling(shape: str, layers: int) -> Any:
    size = Size(128, layers, 4, 2, 344, SEQUENCE, 1, 1e-3, 512, True, "for this test")
    return config_of(shape, size, 512, SPECIAL, dropout=0.0)


def kept(config: Any, regime: str, packed: bool = False) -> int:
    """Bytes that torch keeps for the way back, the weights' own and their copies left out."""
    model = build_model(config, 1, "bfloat16" if regime == "half" else "float32")
    shapes = {tuple(one.shape) for one in model.parameters()}
    shapes |= {shape[::-1] for shape in shapes}  # a copy may lie the other way round
    seen: dict[int, torch.Tensor] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        if tuple(tensor.shape) not in shapes:
            seen[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    rows = torch.full((ROWS, SEQUENCE), 5)
    places = torch.arange(SEQUENCE).remainder(SEQUENCE // 2).expand(ROWS, -1) if packed else None
    more = {"position_ids": places} if packed else {}
    hooks = torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor)
    with hooks, torch.autocast("cpu", torch.bfloat16, enabled=regime == "autocast"):
        model.base_model(input_ids=rows, **more)
    return sum(one.untyped_storage().nbytes() for one in seen.values())


@pytest.mark.parametrize("regime", ["full", "half", "autocast"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_layers_activations_are_what_torch_keeps(shape: str, regime: str) -> None:
    few, more = middling(shape, 1), middling(shape, 4)
    measured = (kept(more, regime) - kept(few, regime)) / (3 * ROWS * SEQUENCE)
    body = anatomy(more)
    masks = sum(span > 0 for span in body.spans) / 3 * SEQUENCE * (4 if regime == "full" else 2)
    assert layer_bytes(body, regime) + masks == pytest.approx(measured, rel=0.05)


def test_packed_documents_cost_a_mask_in_every_layer() -> None:
    few, more = middling("llama", 1), middling("llama", 4)
    measured = (kept(more, "full", packed=True) - kept(few, "full", packed=True)) / 3
    setting = Setting(precision="float32", rows=ROWS, sequence=SEQUENCE, packed=True)
    assert memory(anatomy(more), "ddp", setting).activations / 4 == pytest.approx(measured, rel=0.05)


def test_zeros_states_are_those_of_figure_1_of_its_paper() -> None:
    """7.5 B parameters on 64 devices: 120, 31.4, 16.6 and 1.9 GB (arXiv 1910.02054, figure 1)."""
    for sharding, divided, gigabytes in (("zero1", 12, 31.4), ("zero2", 14, 16.6), ("zero3", 16, 1.9)):
        each = bytes_of(sharding, half=True, lora=False)
        parts = {"weights": each.weights, "gradients": each.gradients, "optimizer": each.optimizer}
        assert sum(parts[name] for name in each.over) == divided
        states = sum(size / (64 if name in each.over else 1) for name, size in parts.items())
        assert states * 7.5 == pytest.approx(gigabytes, abs=0.05)
        assert sum(parts.values()) * 7.5 == 120


def test_the_states_of_ddp_are_those_that_torch_and_adam_hold() -> None:
    config = config_of("llama", SIZES["tiny"], 64, SPECIAL)
    model = build_model(config, 1)
    optimizer = torch.optim.AdamW(model.parameters())
    rows = torch.full((1, 8), 5)
    model(input_ids=rows, labels=rows).loss.backward()
    optimizer.step()
    held = sum(4 * one.numel() * 2 for one in model.parameters())
    moments = (part for state in optimizer.state.values() for part in state.values() if part.dim())
    held += sum(4 * one.numel() for one in moments)
    assert memory(anatomy(config), "ddp", Setting(precision="float32")).states == held


@given(
    st.sampled_from(SHARDINGS), st.integers(1, 64), st.sampled_from(PRECISIONS), st.integers(1, 8), st.booleans(),
    st.sampled_from([Trained(), Trained("lora", 8), Trained("lora", 8, tables=True), Trained("tables")]),
)  # fmt: skip
def test_more_devices_never_need_more_each_and_more_rows_never_less(
    sharding: str, devices: int, precision: str, rows: int, checkpointing: bool, trained: Trained
) -> None:
    setting = Setting(devices + 1, precision, rows, 256, trained, checkpointing)
    base = memory(BODY, sharding, setting)
    assert min(base[1:]) >= 0
    assert memory(BODY, sharding, setting._replace(devices=devices + 2)).total <= base.total
    assert memory(BODY, sharding, setting._replace(rows=rows + 1)).total >= base.total
    assert memory(BODY, sharding, setting._replace(fused_loss=True)).total <= base.total


BODY = body_of()


def test_each_stage_holds_less_than_the_one_before() -> None:
    setting = Setting(8, "bfloat16", 4, 2048)
    states = [memory(body_of(), sharding, setting).states for sharding in ("ddp", "zero1", "zero2", "zero3")]
    states[0] = 16 * summed(body_of()).total
    assert states == sorted(states, reverse=True)
    assert memory(body_of(), "zero3", setting).states == memory(body_of(), "fsdp2", setting).states


def test_lora_holds_gradients_and_moments_of_its_adapters_alone() -> None:
    full, lora = (memory(body_of(), "ddp", Setting(trained=one)) for one in (Trained(), Trained("lora", 8)))
    assert lora.optimizer < full.optimizer / 20
    assert lora.weights < full.weights * 0.6


def test_checkpointing_keeps_inputs_of_layers_and_one_layer() -> None:
    body, setting = body_of(), Setting(8, "bfloat16", 4, 2048, checkpointing=True, fused_loss=True)
    found = memory(body, "zero2", setting)
    assert found.activations == 4 * 2048 * 12 * 768 * 2
    assert found.logits == max(4 * 2048 * layer_bytes(body, "half"), 1024 * 32_000 * 10)


def test_what_is_offloaded_is_on_the_host() -> None:
    setting = Setting(4, "bfloat16", 1, 128)
    for sharding in ("zero2", "zero3"):
        here, away = memory(body_of(), sharding, setting), memory(body_of(), f"{sharding}-offload", setting)
        assert away.total < here.total
        assert away.host >= here.optimizer
    assert memory(body_of(), "zero3-offload", setting).states == 0


def test_what_is_no_setting_is_refused() -> None:
    with pytest.raises(UserError, match="no sharding 'zero4'"):
        memory(body_of(), "zero4", Setting())
    for wrong in (Setting(precision="float8"), Setting(devices=0), Setting(rows=0)):
        with pytest.raises(UserError):
            memory(body_of(), "ddp", wrong)
