"""The arithmetic gives what the real models have, matrix by matrix."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoConfig

from corpus.errors import UserError
from train.data.special_ids import SpecialIds
from train.models import SHAPES, class_of, config_of
from train.plan.parameters import anatomy, parameters, summed
from train.plan.survey import counted
from train.sizes import SIZES

SPECIAL = SpecialIds(pad=0, bos=1, eos=2, cls=1, sep=2, mask=3)


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("name", ["tiny", "16m", "bert-base", "2.7b"])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_arithmetic_is_the_count_of_the_real_model(shape: str, name: str, tied: bool) -> None:
    config = config_of(shape, SIZES[name], 28_896, SPECIAL, tied=tied)
    assert parameters(config) == counted(config)


@pytest.mark.parametrize("kind", ["llama", "mistral", "qwen2", "qwen3"])
def test_decoders_of_llamas_build_are_counted_too(kind: str) -> None:
    config = AutoConfig.for_model(kind, vocab_size=99, hidden_size=32, intermediate_size=48, num_hidden_layers=3,
                                  num_attention_heads=4, num_key_value_heads=2, head_dim=16)  # fmt: skip
    assert parameters(config) == counted(config)


@pytest.mark.parametrize("more", [{"attention_bias": True}, {"mlp_bias": True}])
def test_biases_are_counted(more: dict[str, bool]) -> None:
    config = AutoConfig.for_model("llama", vocab_size=99, hidden_size=32, intermediate_size=48, num_hidden_layers=3,
                                  num_attention_heads=4, **more)  # fmt: skip
    assert parameters(config) == counted(config)


def test_llama_2_13b_has_the_parameters_of_its_paper() -> None:
    config = AutoConfig.for_model("llama", vocab_size=32_000, hidden_size=5120, intermediate_size=13_824,
                                  num_hidden_layers=40, num_attention_heads=40)  # fmt: skip
    assert parameters(config).total == 13_015_864_320


def test_every_matrix_of_the_anatomy_is_in_the_model() -> None:
    config = config_of("llama", SIZES["tiny"], 99, SPECIAL)
    with torch.device("meta"):
        model = class_of(config).from_config(config)
    shapes = [(name, module) for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)]
    for matrix in (*anatomy(config).blocks, *anatomy(config).head):
        found = [module for name, module in shapes if name.endswith(matrix.name)]
        assert len(found) == matrix.times
        assert {(module.in_features, module.out_features) for module in found} == {(matrix.inputs, matrix.outputs)}


def test_a_tied_table_is_counted_once_and_multiplied_by_all_the_same() -> None:
    tied, free = (parameters(config_of("llama", SIZES["tiny"], 100, SPECIAL, tied=one)) for one in (True, False))
    assert free.total - tied.total == 100 * 32
    assert tied.matmul == free.matmul
    assert tied == summed(anatomy(config_of("llama", SIZES["tiny"], 100, SPECIAL, tied=True)))


def test_a_kind_without_arithmetic_is_refused_and_can_be_counted() -> None:
    config = AutoConfig.for_model("opt", vocab_size=99, hidden_size=32, ffn_dim=48, num_hidden_layers=2,
                                  num_attention_heads=4, word_embed_proj_dim=32)  # fmt: skip
    with pytest.raises(UserError, match="'opt'"):
        parameters(config)
    found = counted(config)
    assert found.matmul < found.total
