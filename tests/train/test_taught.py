"""The wording that a model was taught in goes with it through merging and quantizing, however often."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corpus.card import Card, hash_outputs, read_card, write_card
from tests.train.tiny import byte_tokenizer, llama
from train.convert.merge import interpolate, merge_adapter
from train.convert.quantize import quantize
from train.model_folder import new_card
from train.taught import Taught, apart, inherited, wordings

CMEXAM, ZH = {"prompt": "cmexam", "chat_template": "auto"}, {"prompt": "zh", "chat_template": "plain"}


def model(folder: Path, taught: dict[str, str] | None = None) -> Path:
    """A model that a card says was taught so, or not at all."""
    byte_tokenizer(folder)
    llama(501).save_pretrained(folder)
    recipe: dict[str, Any] = {"examples": {**taught, "max_tokens": 256}} if taught else {"model": {"size": "tiny"}}
    card = new_card(folder.name, {}, recipe, "train.taught", ("torch",))
    write_card(folder, card.model_copy(update={"outputs": hash_outputs(folder)}))
    return folder


def of(folder: Path) -> tuple[Taught, ...]:
    return wordings(read_card(folder))


def test_a_merge_is_taught_as_those_that_were_where_they_agree(tmp_path: Path) -> None:
    base, tuned, again = model(tmp_path / "base"), model(tmp_path / "one", CMEXAM), model(tmp_path / "two", CMEXAM)
    for name, pair in (("of-base", (base, tuned)), ("of-two", (tuned, again))):
        (made,) = interpolate(*pair, tmp_path / name, (0.5,))
        assert of(made.out) == (Taught("cmexam", "auto"),)
        assert made.card.counts["warnings"] == []
    (neither,) = interpolate(base, model(tmp_path / "other"), tmp_path / "of-none", (0.5,))
    assert of(neither.out) == ()
    assert "taught" not in neither.card.recipe


def test_a_merge_of_different_wordings_says_so_and_keeps_both(tmp_path: Path) -> None:
    (made,) = interpolate(model(tmp_path / "a", CMEXAM), model(tmp_path / "b", ZH), tmp_path / "out", (0.5,))
    assert of(made.out) == (Taught("cmexam", "auto"), Taught("zh", "plain"))
    (told,) = made.card.counts["warnings"]
    assert "cmexam with chat template auto and zh with chat template plain" in told
    (further,) = interpolate(made.out, model(tmp_path / "c", ZH), tmp_path / "further", (0.5,))
    assert of(further.out) == of(made.out)


def test_what_is_quantized_is_taught_as_its_source_through_a_merge_before_it(tmp_path: Path) -> None:
    pytest.importorskip("torchao")
    tuned, base = model(tmp_path / "tuned", CMEXAM), model(tmp_path / "base")
    (merged,) = interpolate(base, tuned, tmp_path / "merged", (0.5,))
    for source in (tuned, merged.out):
        made = quantize(source, tmp_path / f"int8-{source.name}", "int8", ["A text of some length to be measured on."])
        assert of(made.out) == (Taught("cmexam", "auto"),)
    plain = quantize(base, tmp_path / "int8-base", "int8", ["A text of some length to be measured on."])
    assert of(plain.out) == ()


def test_an_adapters_wording_is_that_of_the_run_that_trained_it_wherever_its_card_lies(tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model

    base = model(tmp_path / "base", ZH)
    run = tmp_path / "run"
    get_peft_model(llama(501), LoraConfig(r=2, target_modules="all-linear")).save_pretrained(str(run / "adapter"))
    bare = merge_adapter(base, run / "adapter", tmp_path / "bare")
    assert of(bare.out) == (Taught("zh", "plain"),)
    known = read_card(base)
    assert known is not None
    write_card(run, new_card("run", {"base": known.identity}, {"examples": CMEXAM}, "train.taught", ("torch",)))
    for name, adapter in (("run", run), ("inside", run / "adapter")):
        assert of(merge_adapter(base, adapter, tmp_path / f"out-{name}").out) == (Taught("cmexam", "auto"),)


def test_without_a_card_nothing_is_known() -> None:
    assert wordings(None) == ()
    assert inherited([None, None]) == {}
    assert apart([None]) == []
    card = Card(kind="model", name="x", identity="", recipe={"examples": {}}, code="", versions={})
    assert wordings(card) == (Taught("auto", "auto"),)
