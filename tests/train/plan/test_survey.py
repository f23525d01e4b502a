"""A survey of the modules finds what the arithmetic says, and works where there is no arithmetic."""

from __future__ import annotations

from typing import Any

import pytest
from transformers import AutoConfig

from corpus.errors import UserError
from train.models import config_of
from train.plan.flops import flops_per_token
from train.plan.parameters import anatomy, summed
from train.plan.survey import counted, surveyed
from train.sizes import SIZES


def made(kind: str, **more: Any) -> Any:
    return AutoConfig.for_model(kind, vocab_size=99, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, **more)


@pytest.mark.parametrize("shape", ["llama", "gpt2"])
def test_a_survey_agrees_with_the_arithmetic(shape: str) -> None:
    config = config_of(shape, SIZES["tiny"], 99)
    found, known = surveyed(config), anatomy(config)
    assert summed(found) == summed(known)
    assert flops_per_token(found, 64) == flops_per_token(known, 64)


@pytest.mark.parametrize("kind", ["gpt_neox", "gemma", "phi3", "olmo2"])
def test_other_decoders_are_surveyed(kind: str) -> None:
    config = made(kind, intermediate_size=48, pad_token_id=None)
    assert summed(surveyed(config)) == counted(config)


def test_a_mixture_of_experts_is_refused() -> None:
    with pytest.raises(UserError, match="mixture of experts"):
        surveyed(made("mixtral", intermediate_size=48, num_local_experts=4))


def test_what_is_no_language_model_is_refused() -> None:
    with pytest.raises(UserError, match="cannot make a language model"):
        surveyed(AutoConfig.for_model("distilbert"))
