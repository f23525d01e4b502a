"""Operations are those that torch itself counts, and frozen parts are counted as frozen."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from corpus.errors import UserError
from train.data.special_ids import SpecialIds
from train.models import SHAPES, build_model, config_of
from train.plan.flops import (
    FULL,
    Trained,
    adapter_parameters,
    attention_per_token,
    flops_per_token,
    mfu,
    trained_parameters,
)
from train.plan.parameters import anatomy, summed
from train.sizes import SIZES

SPECIAL = SpecialIds(pad=0, bos=1, eos=2, cls=1, sep=2, mask=3)
TOKENS = 32


def body_of(shape: str = "llama", name: str = "tiny"):
    return anatomy(config_of(shape, SIZES[name], 64, SPECIAL, sequence=64, dropout=0.0))


def torch_counts(shape: str, frozen: bool = False) -> int:
    """FLOPs of one row, by torch's own counter, with attention written out as matrix products."""
    config = config_of(shape, SIZES["tiny"], 64, SPECIAL, sequence=64, dropout=0.0, attention="eager")
    model = build_model(config, seed=1)
    if frozen:
        model.requires_grad_(False)
        model.get_input_embeddings().weight.requires_grad_(True)
        model.get_output_embeddings().weight.requires_grad_(True)
    rows = torch.arange(TOKENS).reshape(1, TOKENS)
    with FlopCounterMode(display=False) as counter:
        model(input_ids=rows, labels=rows).loss.backward()
    return int(counter.get_total_flops())


@pytest.mark.parametrize("shape", SHAPES)
def test_a_step_takes_the_operations_that_torch_counts(shape: str) -> None:
    counted = torch_counts(shape)
    # torch counts rotary angles, a product of a few numbers, too.
    assert flops_per_token(body_of(shape), TOKENS).total * TOKENS == pytest.approx(counted, rel=0.002)


def test_frozen_blocks_need_no_gradients_of_weights() -> None:
    counted = torch_counts("llama", frozen=True)
    assert flops_per_token(body_of(), TOKENS, Trained("tables")).total * TOKENS == pytest.approx(counted, rel=0.002)


def test_full_training_is_six_times_the_matrices_and_palms_attention() -> None:
    body = body_of("gpt2", "124m")
    found = flops_per_token(body, 1024)
    assert found.total == 6 * summed(body).matmul + 12 * 12 * 768 * 1024
    assert found.hardware == found.total


def test_causal_halves_attention_of_decoders_alone() -> None:
    for shape, part in (("llama", 2), ("bert", 1)):
        body = body_of(shape)
        assert attention_per_token(body, 64, causal=True) * part == attention_per_token(body, 64)


def test_a_window_bounds_attention() -> None:
    body = body_of("modernbert")._replace(spans=(0, 16))
    assert attention_per_token(body, 64) == 4 * 32 * (64 + 16)


def test_lora_pays_forwards_and_for_the_way_down_but_not_for_frozen_weights() -> None:
    body = body_of(name="150m")
    lora, full = flops_per_token(body, 64, Trained("lora", rank=8)), flops_per_token(body, 64)
    assert lora.weights == 0
    assert lora.adapters == 6 * adapter_parameters(body, Trained("lora", rank=8))
    assert 0.66 < lora.total / full.total < 0.70


def test_trained_parameters_of_lora_are_those_of_peft() -> None:
    from peft import LoraConfig, get_peft_model

    config = config_of("llama", SIZES["tiny"], 64, SPECIAL)
    model = get_peft_model(build_model(config, 1), LoraConfig(r=4, target_modules="all-linear"))
    wanted = sum(one.numel() for one in model.parameters() if one.requires_grad)
    assert trained_parameters(anatomy(config), Trained("lora", rank=4)) == wanted


def test_checkpointing_computes_the_blocks_again_on_the_hardware_alone() -> None:
    body = body_of()
    plain, again = (flops_per_token(body, 64, checkpointing=one) for one in (False, True))
    assert again.total == plain.total
    assert again.hardware - again.total == 2 * sum(one.parameters for one in body.blocks) + again.attention_forward


def test_biomedlm_by_6n_had_the_utilisation_of_our_notes() -> None:
    rate = 300e9 / (6.25 * 86_400) / 128
    assert mfu(6 * 2_700_000_000, rate, 312e12) == pytest.approx(0.225, abs=0.001)


def test_an_unknown_device_has_no_utilisation() -> None:
    assert mfu(flops_per_token(body_of(), 64), 1000.0, None) is None


def test_lora_without_a_rank_is_refused() -> None:
    with pytest.raises(UserError):
        flops_per_token(body_of(), 64, Trained("lora"))
    with pytest.raises(UserError):
        flops_per_token(body_of(), 0, FULL)
