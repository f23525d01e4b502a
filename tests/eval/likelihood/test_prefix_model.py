"""What is computed once is what the harness computes again and again: the same likelihoods, and the same scores."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from eval.likelihood.prefixes import groups
from tests.train import tiny, tiny_chat

SHAPES = ("llama", "gpt2", "neox")


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return tiny_chat.byte_level()


def model_of(shape: str, rows: int) -> Any:
    from transformers import GPT2Config, GPT2LMHeadModel, GPTNeoXConfig, GPTNeoXForCausalLM

    torch.set_num_threads(1)
    if shape == "llama":
        return tiny.llama(rows, max_position_embeddings=1024, initializer_range=0.3)
    if shape == "gpt2":
        config: Any = GPT2Config(vocab_size=rows, n_embd=32, n_layer=2, n_head=4, n_positions=1024, bos_token_id=0,
                                 eos_token_id=0, initializer_range=0.3)  # fmt: skip
        return tiny.drawn(GPT2LMHeadModel, config)
    config = GPTNeoXConfig(vocab_size=rows, max_position_embeddings=1024, initializer_range=0.3, **tiny.SHAPE)
    return tiny.drawn(GPTNeoXForCausalLM, config)


@pytest.fixture(scope="module", params=SHAPES)
def both(request: pytest.FixtureRequest, tokenizer: Any) -> tuple[Any, Any]:
    """The harness's model and ours, of the same weights."""
    from lm_eval.models.huggingface import HFLM

    from eval.likelihood.prefix_model import SharedPrefixLM

    model = model_of(request.param, len(tokenizer))
    return tuple(kind(pretrained=model, tokenizer=tokenizer, batch_size=5) for kind in (HFLM, SharedPrefixLM))  # type: ignore[return-value]


def requests(seed: int, shared: str, count: int, several: bool) -> list[Any]:
    """Questions of unlike length; continuations of one token or of several."""
    from lm_eval.api.instance import Instance

    drawn = random.Random(seed)
    made = []
    for number in range(count):
        words = " ".join(drawn.choice(("iron", "fever", "38.5", "出血", "mg")) for _ in range(drawn.randint(1, 30)))
        ends = ["加压包扎", " rust in wet air", " B", " aspirin"] if several else [" A", " B", " C"]
        for place, end in enumerate(ends):
            made.append(Instance("loglikelihood", {}, (f"{shared}Question: {words}\nAnswer:", end), place,
                                 ("t", number, 1)))  # fmt: skip
    return made


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("shared", ["", "Answer these.\n\n" + "Question: Which metal rusts?\nAnswer: B\n\n" * 5])
def test_likelihoods_are_those_of_the_harness(both: tuple[Any, Any], shared: str, several: bool) -> None:
    asked = requests(1, shared, 23, several)
    theirs, ours = (model.loglikelihood(asked, disable_tqdm=True) for model in both)
    assert [one[1] for one in ours] == [one[1] for one in theirs]
    differences = [abs(one[0] - other[0]) for one, other in zip(ours, theirs, strict=True)]
    assert max(differences) < 5e-5
    values = sorted(one[0] for one in theirs)
    assert values[-1] - values[0] > 1  # they do differ among themselves


def test_examples_are_run_once_for_all_questions(both: tuple[Any, Any]) -> None:
    ours = both[1]
    shared = "Question: Which metal rusts?\nAnswer: B\n\n" * 5
    ours.computed = ours.plain = 0
    ours.loglikelihood(requests(2, shared, 20, False), disable_tqdm=True)
    tokens = len(ours.tok_encode(shared))
    assert ours.computed < tokens + 20 * 70
    assert ours.plain > 20 * 3 * tokens


def test_a_context_that_is_too_long_is_scored_as_the_harness_scores_it(both: tuple[Any, Any]) -> None:
    asked = requests(3, "iron rusts in wet air; " * 300, 2, True)
    theirs, ours = (model.loglikelihood(asked, disable_tqdm=True) for model in both)
    assert theirs == ours


@given(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=12).map(tuple), min_size=1, max_size=30),
       st.integers(1, 4))  # fmt: skip
def test_every_context_is_in_one_group_and_begins_as_the_group_does(contexts: list[Any], least: int) -> None:
    found = groups(contexts, least)
    assert sorted(one for group in found for one in group.contexts) == sorted(set(contexts))
    for group in found:
        assert len({context[: group.shared] for context in group.contexts}) == 1
        assert all(len(context) > group.shared for context in group.contexts)
        assert group.shared == 0 or (group.shared >= least and len(group.contexts) > 1)
