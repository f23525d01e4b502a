"""What an evaluation computed: counted where it is computed, and turned into operations by hand-checked arithmetic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch

from corpus.progress import Silent
from eval.likelihood.meter import Meter, Work, inside
from eval.likelihood.scorer import likelihoods, open_scorer
from eval.run.cost import UNKNOWN, Spent, line, operations, part_at_cost, summed, told
from eval.run.parts import Parts
from eval.run.recipe import load_suite
from eval.run.run import Wanted, evaluate
from eval.tasks.ask import Wording, questions
from tests.train import tiny, tuned
from train.plan.flops import flops_per_token
from train.plan.parameters import anatomy


def metered(model: Any) -> tuple[Any, Meter]:
    return model, Meter(model)


def test_a_whole_pass_costs_what_training_counts_for_its_forward_half() -> None:
    model, meter = metered(tiny.llama(50))
    with torch.no_grad():
        model(input_ids=torch.zeros(3, 10, dtype=torch.long), use_cache=False)
    assert meter.work == Work(tokens=30, seen=300, predicted=30)
    flops = flops_per_token(anatomy(model.config), 10)
    assert operations(model, meter.work) == 30 * (flops.forward + flops.attention_forward)


def test_writing_costs_its_prompts_once_and_each_new_token_with_all_that_it_sees() -> None:
    model, meter = metered(tiny.llama(50))
    prompt = torch.arange(1, 9)[None].repeat(2, 1)
    model.generate(input_ids=prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=4, min_new_tokens=4,
                   do_sample=False, pad_token_id=0)  # fmt: skip
    # The prompts, then three times one token: the fourth is written and not read.
    assert meter.work == Work(tokens=2 * (8 + 3), seen=2 * (8 * 8 + 9 + 10 + 11), predicted=2 * 4)


def test_what_shares_its_beginning_is_counted_as_the_harness_model_counts_it(tmp_path: Path) -> None:
    tuned.decoder(tmp_path / "base")
    scorer = open_scorer(tmp_path / "base", 4)
    items = [tuned.item(number) for number in range(6)]
    likelihoods(scorer, list(questions(items, Wording("plain", "cloze"))))
    assert scorer.meter.work.tokens == scorer.harness.computed > 0
    assert scorer.meter.work.predicted < scorer.meter.work.tokens  # of a context the last place alone is predicted


@pytest.mark.parametrize("kind", ["bert", "modernbert"])
def test_an_encoder_is_counted_too(kind: str) -> None:
    model, meter = metered(tiny.encoder(50, kind))
    with torch.no_grad():
        model(input_ids=torch.ones(2, 7, dtype=torch.long), attention_mask=torch.ones(2, 7, dtype=torch.long))
    assert meter.work == Work(tokens=14, seen=98, predicted=14)


def test_a_model_with_adapters_is_counted_once() -> None:
    from peft import LoraConfig, get_peft_model

    model, meter = metered(get_peft_model(tiny.llama(50), LoraConfig(r=2, task_type="CAUSAL_LM")))
    with torch.no_grad():
        model(input_ids=torch.zeros(3, 10, dtype=torch.long), use_cache=False)
    assert meter.work == Work(tokens=30, seen=300, predicted=30)
    assert operations(model, meter.work) == operations(inside(model), meter.work)


def test_a_choice_head_is_counted_without_an_output_matrix(tmp_path: Path) -> None:
    from train.sft.choice import choice_model

    tuned.encoder(tmp_path / "base")
    model, meter = metered(choice_model(tmp_path / "base", 0).eval())
    ids = torch.ones(2, 4, 9, dtype=torch.long)
    with torch.no_grad():
        model(input_ids=ids, attention_mask=ids, options=torch.tensor([4, 4]))
    assert meter.work == Work(tokens=72, seen=648)
    assert operations(model, meter.work)


def test_of_a_kind_whose_arithmetic_is_not_known_the_operations_are_unknown() -> None:
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

    shape: dict[str, Any] = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
    }
    model = tiny.drawn(GPTNeoXForCausalLM, GPTNeoXConfig(vocab_size=50, **shape))
    assert operations(model, Work(10, 100, 10)) is None
    said = told(model, {"items": Spent(Work(10, 100, 10), 1.5)})
    assert said["items"] == said["all"] == {"seconds": 1.5, "tokens": 10, "predicted": 10, "flops": UNKNOWN}
    assert line(said["all"]) == "1.5 s, 10 tokens computed, FLOPs unknown for this kind of model"


def test_what_was_spent_before_a_run_was_ended_is_not_forgotten(tmp_path: Path) -> None:
    model, meter = metered(tiny.llama(50))

    def make() -> pl.DataFrame:
        with torch.no_grad():
            model(input_ids=torch.zeros(1, 5, dtype=torch.long))
        return pl.DataFrame({"a": [1]})

    _, first = part_at_cost(Parts(tmp_path / "parts", "x"), "one", make, meter)
    again, meter_of_next = Parts(tmp_path / "parts", "x"), Meter(tiny.llama(50))
    found, second = part_at_cost(again, "one", make, meter_of_next)
    assert again.fresh == 0
    assert found["a"].to_list() == [1]
    assert first == second
    assert first.work == Work(5, 25, 5)
    assert summed([first, second]).work == Work(10, 50, 10)


def test_a_run_tells_its_time_and_operations_by_kind_of_work(tmp_path: Path) -> None:
    tuned.ground(tmp_path)
    (tmp_path / "suite.toml").write_text(
        'name = "all-kinds"\n[[task]]\nname = "metals"\nform = "plain"\npath = ["test.jsonl"]\n'
        '[[generate]]\nname = "metals"\nform = "plain"\npath = ["test.jsonl"]\nmax_new_tokens = 4\n'
    )
    done = evaluate(Wanted(tmp_path / "base", load_suite(tmp_path / "suite.toml"), tmp_path / "out", 4), Silent())
    cost = done.run["cost"]
    assert set(cost) == {"items", "answers", "texts", "all"}
    for name in ("tokens", "predicted", "flops"):
        assert cost["all"][name] == sum(cost[kind][name] for kind in ("items", "answers", "texts"))
        assert min(cost[kind][name] for kind in ("items", "answers", "texts")) > 0
