"""Merging: an adapter in the weights does what it did beside them, and between two checkpoints lie models."""

from __future__ import annotations

import json
import math
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from corpus.card import hash_outputs, read_card, write_card
from corpus.errors import UserError
from tests.train.tiny import byte_tokenizer, llama, word_tokenizer
from train.convert.merge import interpolate, merge_adapter
from train.convert.merge_command import numbers
from train.convert.merge_tensors import METHODS, slerp
from train.model_folder import new_card, open_model
from train.noise import quiet_libraries

ROWS = 501


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two checkpoints of one model in several files, each with the same tokenizer."""
    folder = tmp_path_factory.mktemp("two")
    model = llama(ROWS)
    places = []
    for name in ("first", "second"):
        byte_tokenizer(folder / name)
        model.save_pretrained(folder / name, max_shard_size="60KB")
        with torch.no_grad():
            for value in model.parameters():
                value.add_(torch.randn(value.shape, generator=torch.Generator().manual_seed(value.numel())) * 0.01)
        places.append(folder / name)
    return places[0], places[1]


@pytest.fixture(scope="module")
def adapter(two: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA of the first that does something, with the embedding and the head trained whole."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    folder = tmp_path_factory.mktemp("adapter") / "adapter"
    base = AutoModelForCausalLM.from_pretrained(two[0])
    config = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", modules_to_save=["embed_tokens", "lm_head"])
    model = get_peft_model(base, config)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if "lora_B" in name or "modules_to_save" in name:
                value.add_(torch.randn(value.shape, generator=torch.Generator().manual_seed(1)) * 0.05)
    model.save_pretrained(str(folder))
    return folder


def weights(folder: Path) -> dict[str, torch.Tensor]:
    made: dict[str, torch.Tensor] = {}
    for shard in open_model(folder).shards:
        made |= load_file(shard)
    return made


def copied(folder: Path, to: Path, edit: Callable[[Path], None]) -> Path:
    shutil.copytree(folder, to)
    edit(to)
    return to


def logits(folder: Path) -> torch.Tensor:
    from transformers import AutoModelForCausalLM

    model: Any = AutoModelForCausalLM.from_pretrained(folder, use_safetensors=True)
    model.eval()
    with torch.no_grad():
        return torch.as_tensor(model(input_ids=torch.arange(1, 40)[None], use_cache=False).logits)


def test_an_adapter_in_the_weights_gives_the_logits_that_it_gave_beside_them(
    two: tuple[Path, Path], adapter: Path, tmp_path: Path
) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        quiet_libraries.__wrapped__()  # whoever called it before in this process
        made = merge_adapter(two[0], adapter, tmp_path / "out")
    assert [str(one.message) for one in told if one.category is FutureWarning] == []
    beside = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(two[0]), str(adapter)).eval()
    with torch.no_grad():
        expected = beside(input_ids=torch.arange(1, 40)[None], use_cache=False).logits
    assert torch.allclose(logits(made.out), expected, atol=1e-4)
    assert not torch.allclose(logits(two[0]), expected, atol=1e-2)
    assert made.card.kind == "model"
    assert made.card.parents["base"] == open_model(two[0]).identity
    assert set(made.card.parents) == {"base", "adapter"}
    assert (made.out / "tokenizer.json").is_file()


def test_what_is_merged_already_is_not_merged_again(two: tuple[Path, Path], adapter: Path, tmp_path: Path) -> None:
    assert merge_adapter(two[0], adapter, tmp_path / "out").fresh
    assert not merge_adapter(two[0], adapter, tmp_path / "out").fresh


def test_an_adapter_that_is_a_pickle_is_refused(two: tuple[Path, Path], adapter: Path, tmp_path: Path) -> None:
    def pickled(folder: Path) -> None:
        (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")

    with pytest.raises(UserError, match="could run code"):
        merge_adapter(two[0], copied(adapter, tmp_path / "adapter", pickled), tmp_path / "out")


def test_an_adapter_of_other_shapes_is_refused_and_nothing_is_left(adapter: Path, tmp_path: Path) -> None:
    llama(ROWS, hidden_size=64).save_pretrained(tmp_path / "other")
    with pytest.raises(UserError, match="does not fit this model"):
        merge_adapter(tmp_path / "other", adapter, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other"]


def test_an_adapter_whose_card_names_another_base_is_refused(
    two: tuple[Path, Path], adapter: Path, tmp_path: Path
) -> None:
    def carded(folder: Path) -> None:
        card = new_card("lora", {"base": "0" * 64}, {}, "train.convert.merge", ("torch",))
        write_card(folder, card.model_copy(update={"outputs": hash_outputs(folder)}))

    with pytest.raises(UserError, match="trained on another model"):
        merge_adapter(two[0], copied(adapter, tmp_path / "adapter", carded), tmp_path / "out")


def test_a_folder_without_an_adapter_is_told_of(two: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no adapter") as caught:
        merge_adapter(two[0], two[1], tmp_path / "out")
    assert "--second" in caught.value.mend


@pytest.mark.parametrize("method", list(METHODS))
def test_a_sweep_goes_from_the_first_model_to_the_second(method: str, two: tuple[Path, Path], tmp_path: Path) -> None:
    made = interpolate(*two, tmp_path / "out", (0, 0.25, 1), method)
    assert [one.out.name for one in made] == ["0", "0.25", "1"]
    first, second, between = weights(two[0]), weights(two[1]), weights(made[1].out)
    for one, same in ((made[0], first), (made[2], second)):
        assert all(torch.equal(tensor, same[name]) for name, tensor in weights(one.out).items())
    assert between.keys() == first.keys()
    if method == "linear":
        assert all(torch.allclose(between[name], 0.75 * first[name] + 0.25 * second[name], atol=1e-6) for name in first)
    assert torch.isfinite(logits(made[1].out)).all()
    card = read_card(made[1].out)
    assert card is not None
    assert card.parents == {"first": open_model(two[0]).identity, "second": open_model(two[1]).identity}
    assert card.recipe == {"method": method, "coefficient": 0.25}
    assert card.counts["parameters"] == sum(tensor.numel() for tensor in first.values())


def test_one_coefficient_fills_the_folder_itself_in_the_files_of_the_first(
    two: tuple[Path, Path], tmp_path: Path
) -> None:
    made = interpolate(*two, tmp_path / "out", (0.5,))[0]
    assert made.out == tmp_path / "out"
    assert [path.name for path in open_model(made.out).shards] == [path.name for path in open_model(two[0]).shards]
    assert len(open_model(made.out).shards) > 1


def test_half_precision_is_kept(two: tuple[Path, Path], tmp_path: Path) -> None:
    llama(ROWS).bfloat16().save_pretrained(tmp_path / "first")
    shutil.copyfile(two[0] / "tokenizer.json", tmp_path / "first" / "tokenizer.json")
    made = interpolate(tmp_path / "first", two[1], tmp_path / "out", (0.5,))[0]
    assert {tensor.dtype for tensor in weights(made.out).values()} == {torch.bfloat16}


@given(
    st.lists(st.floats(-10, 10, width=32), min_size=3, max_size=3), st.floats(0, 1),
    st.lists(st.floats(-10, 10, width=32), min_size=3, max_size=3),
)  # fmt: skip
@settings(max_examples=80)
def test_an_arc_between_vectors_of_one_length_keeps_it(one: list[float], share: float, other: list[float]) -> None:
    first, second = torch.tensor(one), torch.tensor(other)
    if min(first.norm(), second.norm()) < 0.1:
        return
    first, second = first / first.norm(), second / second.norm()
    if float(first @ second) < -0.99:  # opposite: there is no one arc
        return
    assert float(slerp(first, second, share).norm()) == pytest.approx(1, abs=1e-3)


def test_an_arc_is_the_one_of_the_formula() -> None:
    made = slerp(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), 1 / 3)
    assert made.tolist() == pytest.approx([math.cos(math.pi / 6), math.sin(math.pi / 6)])


@pytest.mark.parametrize("other", [[2.0, 4.0], [-1.0, -2.0], [0.0, 0.0]])
def test_parallel_opposite_and_empty_tensors_go_along_the_chord(other: list[float]) -> None:
    made = slerp(torch.tensor([1.0, 2.0]), torch.tensor(other), 0.25)
    assert torch.allclose(made, torch.tensor([1.0, 2.0]) * 0.75 + torch.tensor(other) * 0.25)


def test_models_of_unlike_shapes_are_refused_by_the_first_tensor(two: tuple[Path, Path], tmp_path: Path) -> None:
    def cut(folder: Path) -> None:
        shard = next(path for path in open_model(folder).shards if "model.norm.weight" in load_file(path))
        tensors = load_file(shard)
        tensors["model.norm.weight"] = tensors["model.norm.weight"][:-1].clone()
        save_file(tensors, shard, metadata={"format": "pt"})

    other = copied(two[1], tmp_path / "other", cut)
    with pytest.raises(UserError, match=r"tensor model\.norm\.weight: it is of \[32\] in the first, of \[31\]"):
        interpolate(two[0], other, tmp_path / "out", (0.5,))
    assert not (tmp_path / "out").exists()


def test_models_of_unlike_configs_are_refused_by_the_first_key(two: tuple[Path, Path], tmp_path: Path) -> None:
    def turned(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_bytes())
        (folder / "config.json").write_text(json.dumps({**config, "num_attention_heads": 8}), encoding="utf-8")

    with pytest.raises(UserError, match="num_attention_heads is 4 in the first, 8 in the second"):
        interpolate(two[0], copied(two[1], tmp_path / "other", turned), tmp_path / "out", (0.5,))


def test_models_of_unlike_tokenizers_are_refused_by_the_first_piece(two: tuple[Path, Path], tmp_path: Path) -> None:
    def renamed(folder: Path) -> None:
        shutil.rmtree(folder / "tokenizer", ignore_errors=True)
        word_tokenizer(folder / "made")
        shutil.copyfile(folder / "made" / "tokenizer.json", folder / "tokenizer.json")

    with pytest.raises(UserError, match="different tokenizers: the id of"):
        interpolate(two[0], copied(two[1], tmp_path / "other", renamed), tmp_path / "out", (0.5,))


def test_a_tokenizer_that_is_missing_is_a_warning(two: tuple[Path, Path], tmp_path: Path) -> None:
    other = copied(two[1], tmp_path / "other", lambda folder: (folder / "tokenizer.json").unlink())
    made = interpolate(two[0], other, tmp_path / "out", (0.5,))[0]
    assert "was not checked" in made.card.counts["warnings"][0]


def test_weights_that_are_pickles_are_refused(two: tuple[Path, Path], tmp_path: Path) -> None:
    def pickled(folder: Path) -> None:
        for path in [*folder.glob("*.safetensors"), folder / "model.safetensors.index.json"]:
            path.unlink()
        (folder / "pytorch_model.bin").write_bytes(b"")

    with pytest.raises(UserError, match="pickles, which run code"):
        interpolate(two[0], copied(two[1], tmp_path / "other", pickled), tmp_path / "out", (0.5,))


def test_a_weight_file_that_is_cut_short_is_told_of(two: tuple[Path, Path], tmp_path: Path) -> None:
    def cut(folder: Path) -> None:
        shard = open_model(folder).shards[0]
        shard.write_bytes(shard.read_bytes()[:-50])

    with pytest.raises(UserError, match="weight file is damaged"):
        interpolate(two[0], copied(two[1], tmp_path / "other", cut), tmp_path / "out", (0.5,))


@pytest.mark.parametrize("wrong", [(), (1.5,), (-0.1,), (0.5, 0.5), (float("nan"),)])
def test_coefficients_that_are_none_are_refused(
    wrong: tuple[float, ...], two: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="coefficient"):
        interpolate(*two, tmp_path / "out", wrong)


def test_a_method_that_is_none_is_refused(two: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no method 'dare'"):
        interpolate(*two, tmp_path / "out", (0.5,), "dare")


def test_a_folder_of_something_else_is_not_replaced(two: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match="not a model of ours"):
        interpolate(*two, tmp_path / "out", (0.5,))
    assert (tmp_path / "out" / "thesis.txt").is_file()


def test_a_finished_model_is_replaced_by_another_one_only_where_that_is_asked_for(
    two: tuple[Path, Path], tmp_path: Path
) -> None:
    kept = interpolate(*two, tmp_path / "out", (0.5,))[0].card
    with pytest.raises(UserError, match=r"of another run: coefficient \(0.5 before, 0.25 now\)") as caught:
        interpolate(*two, tmp_path / "out", (0.25,))
    assert "--replace" in caught.value.mend
    with pytest.raises(UserError, match="the name") as caught:
        interpolate(two[1], two[0], tmp_path / "out", (0.5,))
    assert "--replace" in caught.value.mend
    assert not interpolate(*two, tmp_path / "out", (0.5,))[0].fresh
    assert interpolate(*two, tmp_path / "out", (0.25,), replace=True)[0].card.identity != kept.identity


def test_a_refused_sweep_writes_nothing_and_none_is_written_into_a_model(
    two: tuple[Path, Path], tmp_path: Path
) -> None:
    interpolate(*two, tmp_path / "out" / "0.5", (0.25,))
    with pytest.raises(UserError, match="of another run"):
        interpolate(*two, tmp_path / "out", (0.25, 0.5, 0.75))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["0.5"]
    with pytest.raises(UserError, match="this one holds a model"):
        interpolate(*two, tmp_path / "out" / "0.5", (0.25, 0.75))


def test_no_output_takes_the_place_of_what_it_is_made_of(two: tuple[Path, Path], tmp_path: Path) -> None:
    copies = [shutil.copytree(one, tmp_path / f"model{place}" / "x") for place, one in enumerate(two)]
    for out in (copies[0], copies[1], copies[1].parent):
        with pytest.raises(UserError, match="take the place of what it is made of"):
            interpolate(copies[0], copies[1], out, (0.5,), replace=True)
    assert all(list(copy.glob("*.safetensors")) for copy in copies)


def command() -> Any:
    import typer

    from train.convert.merge_command import merge

    app = typer.Typer()
    app.command()(merge)
    return app


def test_the_command_merges_and_prints_a_line_a_model(two: tuple[Path, Path], tmp_path: Path) -> None:
    told = CliRunner().invoke(command(), [str(two[0]), "--second", str(two[1]), "--out", str(tmp_path / "out"),
                                          "--coefficients", "0.25,0.75"])  # fmt: skip
    assert told.exit_code == 0, told.output
    assert [line.split()[0] for line in told.stdout.splitlines()] == ["0.25", "0.75"]


def test_the_command_wants_an_adapter_or_a_second_model(two: tuple[Path, Path]) -> None:
    for options in ([], ["--adapter", "a", "--second", "b"]):
        told = CliRunner().invoke(command(), [str(two[0]), *options])
        assert isinstance(told.exception, UserError)


def test_what_is_no_number_is_told_of() -> None:
    assert numbers("0, 0.5,1,") == [0, 0.5, 1]
    with pytest.raises(UserError, match="no list of numbers"):
        numbers("half")
