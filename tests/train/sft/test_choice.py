"""The head that scores options: what is filled up changes no score, what is saved comes back, and it learns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from corpus.errors import UserError
from corpus.exams.item import ExamItem
from tests.train import tiny_chat as tiny
from train.sft.choice import (
    NO_OPTION,
    SEVERAL,
    TOO_LONG,
    WEIGHTS,
    ChoiceModel,
    choice_examples,
    choice_model,
    collate,
    load_choice,
    named,
    padded_with,
    save_choice,
)

SIZE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
KINDS = {"bert": "own", "modernbert": "own", "llama": "last", "gpt2": "last", "esm": "first"}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A tiny random model of each architecture, as a folder."""
    from transformers import AutoConfig, AutoModel

    folders = {}
    for name in KINDS:
        size = {"n_embd": 32, "n_layer": 2, "n_head": 2} if name == "gpt2" else SIZE
        more: dict[str, Any] = {"bos_token_id": 0, "eos_token_id": 0} if name in ("gpt2", "llama") else {}
        more |= {"num_key_value_heads": 2} if name == "llama" else {}
        more |= (
            {"cls_token_id": 2, "sep_token_id": 3, "eos_token_id": 3, "bos_token_id": 2} if name == "modernbert" else {}
        )
        more |= {"position_embedding_type": "absolute", "mask_token_id": 4} if name == "esm" else {}
        config = AutoConfig.for_model(name, **size, vocab_size=420, max_position_embeddings=128, pad_token_id=1, **more)
        torch.manual_seed(0)
        folders[name] = tmp_path_factory.mktemp(name)
        auto: Any = AutoModel
        auto.from_config(config).save_pretrained(folders[name])
    return folders


def item(number: int, options: tuple[str, ...] = ("Gold", "Iron"), answers: tuple[int, ...] = (1,)) -> ExamItem:
    return ExamItem(f"e:{number}", "e", "train", "en", "", "", f"Which metal rusts {number}?", options, answers, "", "")


def tokenizer_of(name: str) -> Any:
    return tiny.byte_level() if KINDS[name] == "last" else tiny.word_pieces()


def batch_of(name: str, *items: ExamItem) -> dict[str, torch.Tensor]:
    return collate(choice_examples(items, tokenizer_of(name), 128).examples, 1)


@pytest.mark.parametrize("name", KINDS)
def test_each_architecture_gets_the_head_it_should(bases: dict[str, Path], name: str) -> None:
    model = choice_model(bases[name], 0).eval()
    assert model.kind == KINDS[name]
    out = model(**batch_of(name, item(1), item(2, ("Gold", "Iron", "Tin"))))
    assert out.logits.shape == (2, 3)
    assert out.logits[0, 2] == NO_OPTION
    assert torch.isfinite(out.loss)


@pytest.mark.parametrize("name", KINDS)
def test_a_score_does_not_depend_on_what_else_is_in_the_batch(bases: dict[str, Path], name: str) -> None:
    model = choice_model(bases[name], 0).eval()
    long = item(2, ("Iron rusts in wet air and gold does not", "Tin", "Zinc", "Lead"), (0,))
    alone = model(**batch_of(name, item(1))).logits
    among = model(**batch_of(name, item(1), long)).logits
    torch.testing.assert_close(among[0, :2], alone[0], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", KINDS)
def test_options_in_another_order_have_the_same_scores(bases: dict[str, Path], name: str) -> None:
    model = choice_model(bases[name], 0).eval()
    one, other = item(1, ("Gold", "Iron", "Tin"), (0,)), item(1, ("Tin", "Gold", "Iron"), (1,))
    first, second = (model(**batch_of(name, this)) for this in (one, other))
    torch.testing.assert_close(first.logits[0], second.logits[0][[1, 2, 0]], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(first.loss, second.loss, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", KINDS)
def test_what_is_saved_comes_back_bit_for_bit(bases: dict[str, Path], tmp_path: Path, name: str) -> None:
    model = choice_model(bases[name], 0).eval()
    save_choice(model, tmp_path / "saved")
    loaded = load_choice(tmp_path / "saved")
    batch = batch_of(name, item(1), item(2))
    assert torch.equal(model(**batch).logits, loaded(**batch).logits)
    assert not list((tmp_path / "saved").glob(".*"))
    assert not list((tmp_path / "saved").glob("*.bin"))


OPENS = {"own": "AutoModelForMultipleChoice", "last": "AutoModelForSequenceClassification", "first": "AutoModel"}


@pytest.mark.parametrize("name", KINDS)
def test_the_class_that_the_config_names_opens_it_and_gives_the_same_scores(
    bases: dict[str, Path], tmp_path: Path, name: str
) -> None:
    import transformers

    model, tokenizer = choice_model(bases[name], 0).eval(), tokenizer_of(name)
    padded_with(model, tokenizer.pad_token_id, tokenizer.eos_token_id)
    save_choice(model, tmp_path)
    auto: Any = getattr(transformers, OPENS[KINDS[name]])
    opened, info = auto.from_pretrained(tmp_path, output_loading_info=True)
    assert not info["missing_keys"]
    assert opened.config.architectures == [type(opened).__name__]
    assert set(info["unexpected_keys"]) == ({"score.weight"} if name == "esm" else set())
    asked = (item(1), item(2, ("Gold", "Iron rusts in wet air")))
    made = collate(choice_examples(asked, tokenizer, 128).examples, tokenizer.pad_token_id)
    wanted = model(**made).logits
    told = {key: value for key, value in made.items() if key not in ("options", "labels")}
    if name in ("llama", "gpt2"):
        flat = {key: value.flatten(0, 1) for key, value in told.items()}
        torch.testing.assert_close(opened(**flat).logits.reshape(2, 2), wanted, atol=1e-5, rtol=1e-4)
    elif name != "esm":
        told = told if name == "bert" else {key: told[key] for key in ("input_ids", "attention_mask")}
        torch.testing.assert_close(opened(**told).logits, wanted, atol=1e-5, rtol=1e-4)


def test_a_head_that_would_look_at_the_wrong_token_of_a_batch_refuses_batches(
    bases: dict[str, Path], tmp_path: Path
) -> None:
    """Where texts end with the id that fills up, transformers' head would score the token before the end."""
    from transformers import AutoModelForSequenceClassification

    model = choice_model(bases["gpt2"], 0).eval()
    padded_with(model, 0, 0)
    save_choice(model, tmp_path)
    opened = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    made = batch_of("gpt2", item(1))
    flat = {key: value.flatten(0, 1) for key, value in made.items() if key in ("input_ids", "attention_mask")}
    with pytest.raises(ValueError, match="batch sizes > 1"):
        opened(**flat)
    alone = opened(input_ids=flat["input_ids"][:1], attention_mask=flat["attention_mask"][:1]).logits
    torch.testing.assert_close(alone[0], model(**made).logits[0, :1], atol=1e-5, rtol=1e-4)


def test_it_is_no_model_that_tells_tokens_and_says_so(bases: dict[str, Path], tmp_path: Path) -> None:
    from train.model_folder import load_model, open_model

    save_choice(choice_model(bases["llama"], 0), tmp_path)
    with pytest.raises(UserError, match="scores the options of a question"):
        load_model(open_model(tmp_path))


def test_a_choice_model_is_gone_on_with_and_its_score_too(bases: dict[str, Path], tmp_path: Path) -> None:
    for name in ("llama", "esm"):
        model = choice_model(bases[name], 0).eval()
        save_choice(model, tmp_path / name)
        again = choice_model(tmp_path / name, 1, dtype="float32").eval()
        assert torch.equal(model(**batch_of(name, item(1))).logits, again(**batch_of(name, item(1))).logits)


@pytest.mark.parametrize("name", ["bert", "llama", "esm"])
def test_it_learns_which_option_is_right(bases: dict[str, Path], name: str) -> None:
    model = choice_model(bases[name], 0).train()
    batch = batch_of(name, *(item(number, ("Gold", "Iron", "Tin")) for number in range(4)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    losses = []
    for _ in range(30):
        loss = model(**batch).loss
        losses.append(float(loss.detach()))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[0] == pytest.approx(1.0986, abs=0.4)  # ln 3: it knows nothing
    assert losses[-1] < 0.2


def test_the_new_score_follows_from_the_seed_and_moves_no_other_chance(bases: dict[str, Path]) -> None:
    torch.manual_seed(7)
    wanted = torch.rand(1)
    torch.manual_seed(7)
    first, again, other = (choice_model(bases["llama"], seed) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(1), wanted)
    scores = [named(model.state_dict())["score.weight"] for model in (first, again, other)]
    assert torch.equal(scores[0], scores[1])
    assert not torch.equal(scores[0], scores[2])


def test_several_right_answers_and_too_long_are_dropped_and_counted() -> None:
    items = [item(1), item(2, ("Gold", "Iron", "Tin"), (0, 1)), item(3, ("Iron " * 200, "Gold"))]
    made = choice_examples(items, tiny.byte_level(), 64)
    assert made.ids == ["e:1"]
    assert made.dropped == {SEVERAL: ["e:2"], TOO_LONG: ["e:3"]}
    with pytest.raises(UserError, match="1 with several right answers"):
        choice_examples(items[1:2], tiny.byte_level(), 64)


def test_a_decoder_reads_question_option_and_the_end_and_an_encoder_a_pair() -> None:
    decoder, encoder = tiny.byte_level(), tiny.word_pieces()
    (one,) = choice_examples([item(1)], decoder, 64).examples
    assert decoder.decode(one.options[1]) == "<|endoftext|>Which metal rusts 1?\nIron<|endoftext|>"
    (one,) = choice_examples([item(1)._replace(context="Read this.")], encoder, 64).examples
    assert encoder.convert_ids_to_tokens(one.options[1])[0] == "[CLS]"
    assert encoder.convert_ids_to_tokens(one.options[1]).count("[SEP]") == 2
    assert one.types[1] == sorted(one.types[1])
    assert set(one.types[1]) == {0, 1}


@pytest.mark.parametrize("damage", ["truncated", "missing", "other"])
def test_a_model_that_is_not_whole_is_refused(bases: dict[str, Path], tmp_path: Path, damage: str) -> None:
    save_choice(choice_model(bases["llama"], 0), tmp_path)
    weights = tmp_path / WEIGHTS
    if damage == "truncated":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif damage == "missing":
        weights.unlink()
    else:
        from safetensors.torch import save_file

        save_file({"score.weight": torch.zeros(1, 32)}, weights)
    with pytest.raises(UserError):
        load_choice(tmp_path)


def test_pickled_weights_are_refused(bases: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes((bases["llama"] / "config.json").read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(UserError, match="cannot be opened"):
        choice_model(tmp_path, 0)


def test_it_is_a_module_with_the_config_of_its_body(bases: dict[str, Path]) -> None:
    model = choice_model(bases["gpt2"], 0)
    assert isinstance(model, ChoiceModel)
    assert model.config.model_type == "gpt2"
