"""A GGUF file holds the model: read back by transformers it gives the logits that its own weights give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import pytest
import torch

from corpus.errors import UserError
from tests.train.tiny import byte_tokenizer, encoder, llama
from train.convert.gguf_file import TYPES, write_gguf
from train.model_folder import open_model

IDS = torch.arange(1, 60)[None]


def folder_of(model: Any, place: Path) -> Path:
    byte_tokenizer(place)
    model.save_pretrained(place)
    return place


def logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        return torch.as_tensor(model(input_ids=IDS, use_cache=False).logits)


def read_back(folder: Path, kind: str, out: Path) -> Any:
    from transformers import AutoModelForCausalLM

    out.mkdir()
    write_gguf(open_model(folder), out / "model.gguf", kind)
    model: Any = AutoModelForCausalLM.from_pretrained(out, gguf_file="model.gguf")
    return model.eval()


def rounded(model: Any, kind: str) -> Any:
    """The model with every matrix as the library's own blocks round it."""
    with torch.no_grad():
        for name, value in model.named_parameters():
            if value.ndim > 1:
                chosen = gguf.GGMLQuantizationType[TYPES[kind]["embed_tokens" in name or "lm_head" in name]]
                blocks = gguf.quants.quantize(value.numpy(), chosen)
                value.copy_(torch.from_numpy(gguf.quants.dequantize(blocks, chosen)))
    return model


@pytest.mark.parametrize("kind", list(TYPES))
@pytest.mark.parametrize("is_tied", [False, True])
def test_read_back_it_is_the_model_with_its_weights_rounded(kind: str, is_tied: bool, tmp_path: Path) -> None:
    model = llama(501, is_tied, hidden_size=64, num_key_value_heads=2, rope_theta=50_000.0)
    folder = folder_of(model, tmp_path / "model")
    again = read_back(folder, kind, tmp_path / "out")
    assert torch.allclose(logits(again), logits(rounded(model, kind)), atol=1e-4)
    assert again.config.tie_word_embeddings == is_tied


@pytest.mark.parametrize(("kind", "most"), [("f16", 1e-3), ("q8_0", 0.02), ("q4_0", 0.3)])
def test_the_logits_are_near_those_of_the_model(kind: str, most: float, tmp_path: Path) -> None:
    model = llama(501, hidden_size=64)
    folder = folder_of(model, tmp_path / "model")
    difference = (logits(read_back(folder, kind, tmp_path / "out")) - logits(model)).abs().max()
    assert 0 < float(difference) < most


def test_a_model_in_several_files_is_written_whole(tmp_path: Path) -> None:
    model = llama(501)
    byte_tokenizer(tmp_path / "model")
    model.save_pretrained(tmp_path / "model", max_shard_size="60KB")
    assert len(open_model(tmp_path / "model").shards) > 1
    assert torch.allclose(logits(read_back(tmp_path / "model", "f16", tmp_path / "out")), logits(model), atol=1e-3)


def test_the_file_says_what_the_config_said(tmp_path: Path) -> None:
    model = llama(520, rope_theta=77_000.0, rms_norm_eps=1e-4, head_dim=16)
    again = read_back(folder_of(model, tmp_path / "model"), "f16", tmp_path / "out").config
    for key in ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
                "max_position_embeddings", "head_dim", "vocab_size", "bos_token_id", "eos_token_id"):  # fmt: skip
        assert getattr(again, key) == getattr(model.config, key), key
    assert again.rms_norm_eps == pytest.approx(1e-4)
    assert again.rope_parameters["rope_theta"] == pytest.approx(77_000.0)


def test_the_tokenizer_of_the_file_gives_the_ids_of_plain_words(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    folder = folder_of(llama(501), tmp_path / "model")
    read_back(folder, "f16", tmp_path / "out")
    ours = open_model(folder).tokenizer
    assert ours is not None
    theirs = AutoTokenizer.from_pretrained(tmp_path / "out", gguf_file="model.gguf")
    text = "people waited near a market 我们一起去市场"
    assert theirs.encode(text, add_special_tokens=False) == ours.encode([text])[0]


@pytest.mark.parametrize(
    ("options", "told"),
    [({"attention_bias": True}, "attention_bias"), ({"mlp_bias": True}, "mlp_bias"), ({"hidden_act": "gelu"}, "gelu"),
     ({"rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 1e4}}, "rope_type")],
)  # fmt: skip
def test_what_the_file_cannot_say_is_refused(options: dict[str, Any], told: str, tmp_path: Path) -> None:
    folder = folder_of(llama(501, **options), tmp_path / "model")
    with pytest.raises(UserError, match=told):
        write_gguf(open_model(folder), tmp_path / "model.gguf", "f16")


def test_a_model_of_another_shape_is_refused(tmp_path: Path) -> None:
    folder = folder_of(encoder(501), tmp_path / "model")
    with pytest.raises(UserError, match="Llama's shape, and this is 'bert'") as caught:
        write_gguf(open_model(folder), tmp_path / "model.gguf", "q8_0")
    assert "int8" in caught.value.mend


def test_rows_that_no_block_fits_are_refused_by_name(tmp_path: Path) -> None:
    folder = folder_of(llama(501, hidden_size=48), tmp_path / "model")
    with pytest.raises(UserError, match=r"rows of .* have 48 numbers"):
        write_gguf(open_model(folder), tmp_path / "model.gguf", "q8_0")
