"""Models from a seed: the same weights whatever ran before, nothing disturbed, special tokens that can be learnt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from corpus.errors import UserError
from train.data.special_ids import SpecialIds
from train.models import DECODERS, ENCODERS, SHAPES, build_model, config_of, dtype_for
from train.sizes import SIZES

TINY = SIZES["tiny"]
SPECIAL = SpecialIds(pad=0, bos=1, eos=2, cls=1, sep=2, mask=3)


def tiny(shape: str, **more: Any) -> Any:
    return config_of(shape, TINY, 64, SPECIAL, **more)


def same(one: Any, other: Any) -> bool:
    mine, theirs = one.state_dict(), other.state_dict()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_seed_gives_the_same_weights_whatever_ran_before(shape: str) -> None:
    first = build_model(tiny(shape), seed=7)
    torch.rand(5)
    assert same(first, build_model(tiny(shape), seed=7))
    assert not same(first, build_model(tiny(shape), seed=8))


@pytest.mark.parametrize("shape", SHAPES)
def test_weights_do_not_depend_on_the_number_of_threads(shape: str) -> None:
    config = config_of(shape, TINY, 4096, SPECIAL)  # a table large enough to be filled by several threads
    before, models = torch.get_num_threads(), []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            models.append(build_model(config, seed=1))
    finally:
        torch.set_num_threads(before)
    assert same(*models)


def test_building_a_model_leaves_the_generator_as_it_was() -> None:
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    build_model(tiny("llama"), seed=7)
    assert torch.equal(torch.rand(4), expected)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_learns_from_a_step_and_comes_back_from_disk(shape: str, tmp_path: Path) -> None:
    model = build_model(tiny(shape), seed=1)
    rows = torch.arange(4, 44).reshape(2, 20)
    loss = model(input_ids=rows, labels=rows).loss
    loss.backward()
    assert 3.5 < loss.item() < 5.0  # about log 64: nothing is known yet
    assert all(one.grad is not None for name, one in model.named_parameters())
    assert model.config._attn_implementation == "sdpa"
    if shape in DECODERS:
        model.save_pretrained(tmp_path)
        assert same(model, AutoModelForCausalLM.from_pretrained(tmp_path, use_safetensors=True))


@pytest.mark.parametrize("shape", DECODERS)
def test_decoders_keep_no_cache_while_training(shape: str) -> None:
    assert build_model(tiny(shape), seed=1).config.use_cache is False


def test_a_token_that_ends_documents_and_pads_too_is_still_learnt() -> None:
    config = config_of("llama", TINY, 64, SpecialIds(pad=2, bos=2, eos=2))
    model = build_model(config, seed=1)
    rows = torch.tensor([[2, 5, 6, 2, 7]])
    model(input_ids=rows, labels=rows).loss.backward()
    table = model.get_input_embeddings().weight
    assert table[2].abs().sum() > 0
    assert table.grad[2].abs().sum() > 0


def test_a_padded_vocabulary_has_whole_tiles() -> None:
    assert config_of("gpt2", TINY, 65, SPECIAL, rows_of=64).vocab_size == 128


@pytest.mark.parametrize("shape", ENCODERS)
def test_an_encoders_frame_and_mask_stand_in_its_config(shape: str) -> None:
    config = config_of(shape, TINY, 64, SpecialIds(pad=0, bos=9, eos=9, cls=1, sep=2, mask=3))
    assert (config.bos_token_id, config.eos_token_id, config.mask_token_id, config.pad_token_id) == (1, 2, 3, 0)


@pytest.mark.parametrize("shape", DECODERS)
def test_a_decoders_config_names_what_its_documents_end_with(shape: str) -> None:
    for special in (SpecialIds(pad=0, bos=4, eos=5, cls=1, sep=2), SpecialIds(pad=0, cls=1, sep=2)):
        config = config_of(shape, TINY, 64, special)
        assert (config.bos_token_id, config.eos_token_id) == (special.bos, special.end)


def test_what_cannot_be_a_model_is_refused() -> None:
    with pytest.raises(UserError, match="no shape 'rnn'"):
        config_of("rnn", TINY, 64)
    with pytest.raises(UserError, match="eos token has id 64"):
        config_of("llama", TINY, 64, SpecialIds(eos=64))
    with pytest.raises(UserError, match="no mask token"):
        config_of("bert", TINY, 64, SpecialIds(pad=0))
    with pytest.raises(UserError, match="do not divide"):
        config_of("llama", TINY._replace(heads=5), 64)
    with pytest.raises(UserError, match="no tokens"):
        config_of("llama", TINY, 0)
    with pytest.raises(UserError, match="Dropout"):
        config_of("llama", TINY, 64, dropout=1.0)


def test_precision_follows_the_device() -> None:
    assert dtype_for("cpu")[0] == "float32"
    if not torch.cuda.is_available():
        with pytest.raises(UserError, match="wants a CUDA device"):
            dtype_for("cuda")
