"""A tokenizer's extension applied to models: new rows are made of the old pieces' rows, and nothing else changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from corpus.errors import UserError
from tests.train.tiny import byte_tokenizer, encoder, extended_by_hand, llama, word_tokenizer
from tokenizer.opened import Opened, open_tokenizer
from train.bits import bits_per_byte, chunks
from train.compare_rows import best, compare_methods
from train.embeddings import INPUT, OUTPUT, TIED, NewPieces, extend_model, new_pieces, output_bias, rows_of, tied
from train.new_rows import METHODS, new_rows

WORDS = ["bread market", "morning rain", "市场面包"]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return byte_tokenizer(tmp_path_factory.mktemp("base") / "base")


@pytest.fixture(scope="module")
def extended(base: Opened, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return extended_by_hand(base, tmp_path_factory.mktemp("extended") / "extended", WORDS)


@pytest.fixture(scope="module")
def pieces(base: Opened, extended: Opened) -> NewPieces:
    return new_pieces(base, extended)


def input_rows(model: Any) -> torch.Tensor:
    return torch.as_tensor(model.get_input_embeddings().weight).detach().clone()


def output_rows(model: Any) -> torch.Tensor:
    return torch.as_tensor(model.get_output_embeddings().weight).detach().clone()


def mean_of(rows: torch.Tensor, pieces: NewPieces) -> torch.Tensor:
    return torch.stack([rows[list(ids)].mean(0) for ids in pieces.old_ids])


def test_an_untied_model_gets_both_matrices_from_the_old_pieces(pieces: NewPieces) -> None:
    model = llama(pieces.first)
    before = input_rows(model), output_rows(model)
    told = extend_model(model, pieces, "mean")
    assert (told.rows_before, told.rows, told.tied) == (pieces.first, pieces.size, False)
    assert model.config.vocab_size == pieces.size
    for old, new in zip(before, (input_rows(model), output_rows(model)), strict=True):
        assert torch.equal(new[: pieces.first], old)
        assert torch.allclose(new[pieces.first :], mean_of(old, pieces))


def test_a_tied_model_stays_tied(pieces: NewPieces) -> None:
    model = llama(pieces.first, tied=True)
    assert extend_model(model, pieces, "mean").tied
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight


def test_the_output_matrix_may_go_by_another_method(pieces: NewPieces) -> None:
    model = llama(pieces.first)
    before = output_rows(model)
    told = extend_model(model, pieces, "mean", "first-piece")
    assert (told.method, told.output) == ("mean", "first-piece")
    assert torch.equal(output_rows(model)[pieces.first :], before[[ids[0] for ids in pieces.old_ids]])


@pytest.mark.parametrize("is_tied", [False, True])
def test_without_being_asked_a_model_gets_the_rows_that_lose_least(is_tied: bool, pieces: NewPieces) -> None:
    told, asked = llama(pieces.first, is_tied), llama(pieces.first, is_tied)
    made = extend_model(told, pieces)
    names = (TIED, TIED) if is_tied else (INPUT, OUTPUT)
    assert (made.method, made.output) == names
    extend_model(asked, pieces, *names)
    assert torch.equal(input_rows(told), input_rows(asked))
    assert torch.equal(output_rows(told), output_rows(asked))


def test_new_ids_inside_the_padding_are_written_there_and_rows_beyond_stay(pieces: NewPieces) -> None:
    model = llama(pieces.size + 20)
    before = input_rows(model), output_rows(model)
    assert extend_model(model, pieces, "mean").rows == pieces.size + 20
    assert model.config.vocab_size == pieces.size + 20
    for old, new in zip(before, (input_rows(model), output_rows(model)), strict=True):
        assert torch.equal(new[: pieces.first], old[: pieces.first])
        assert torch.allclose(new[pieces.first : pieces.size], mean_of(old, pieces))
        assert torch.equal(new[pieces.size :], old[pieces.size :])


def test_new_ids_that_begin_in_the_padding_and_end_behind_it_are_written_whole(pieces: NewPieces) -> None:
    model = llama(pieces.first + 1)
    before = input_rows(model)
    assert extend_model(model, pieces, "mean").rows == pieces.size
    assert torch.allclose(input_rows(model)[pieces.first :], mean_of(before, pieces))


@pytest.mark.parametrize("kind", ["bert", "modernbert"])
def test_an_encoder_keeps_its_tied_head_and_gets_a_bias_for_each_piece(
    kind: str, base: Opened, pieces: NewPieces
) -> None:
    model = encoder(pieces.first, kind)
    bias = output_bias(model)
    assert bias is not None
    with torch.no_grad():
        bias.copy_(torch.arange(float(len(bias))))
    before = bias.tolist()
    extend_model(model, pieces, "mean")
    after = output_bias(model)
    assert tied(model)
    assert after is not None
    assert after.tolist()[: pieces.first] == before
    assert torch.allclose(after[pieces.first :], torch.tensor([sum(ids) / len(ids) for ids in pieces.old_ids]))
    logits = model(input_ids=torch.tensor([[pieces.size - 1, 5]])).logits
    assert logits.shape == (1, 2, pieces.size)


def test_an_extended_encoder_is_written_and_read_with_its_bias(pieces: NewPieces, tmp_path: Path) -> None:
    from transformers import BertForMaskedLM

    model = encoder(pieces.first)
    with torch.no_grad():
        model.cls.predictions.bias.copy_(torch.arange(float(pieces.first)))
    extend_model(model, pieces, "mean")
    model.save_pretrained(tmp_path / "model")
    again: Any = BertForMaskedLM.from_pretrained(tmp_path / "model", use_safetensors=True)
    again.eval()
    ids = torch.tensor([[1, pieces.first, pieces.size - 1]])
    assert torch.equal(again(input_ids=ids).logits, model(input_ids=ids).logits)


@pytest.mark.parametrize("method", list(METHODS))
def test_every_method_gives_the_same_rows_again_and_leaves_the_generator(method: str, pieces: NewPieces) -> None:
    made = []
    torch.manual_seed(5)
    state = torch.get_rng_state()
    for _ in range(2):
        model = llama(pieces.first)
        extend_model(model, pieces, method, seed=3)
        made.append(torch.cat([input_rows(model), output_rows(model)]))
    assert torch.equal(*made)
    assert torch.isfinite(made[0]).all()
    assert torch.equal(torch.get_rng_state(), state)


def test_transformers_own_rows_are_those_of_the_method_normal() -> None:
    matrix = torch.randn(500, 8, generator=torch.Generator().manual_seed(0)) + 3
    rows = new_rows(matrix, NewPieces(500, 504, ((1,),) * 4, ((1,),) * 4), "normal", 0.02, 0)
    assert torch.allclose(rows, matrix.mean(0).expand(4, 8), atol=1e-3)
    assert not torch.equal(rows[0], rows[1])


@given(st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=5), min_size=1))
@settings(max_examples=50)
def test_means_are_means(made: list[list[tuple[int, int]]]) -> None:
    matrix = torch.arange(30.0).view(10, 3) ** 2
    old = tuple(tuple(one for one, _ in row) for row in made)
    sizes = tuple(tuple(size for _, size in row) for row in made)
    pieces = NewPieces(10, 10 + len(made), old, sizes)
    weighted = new_rows(matrix, pieces, "weighted-mean", 0.02, 0)
    for row, piece in zip(weighted, made, strict=True):
        whole = sum(size for _, size in piece)
        assert torch.allclose(row, sum((matrix[one] * size / whole for one, size in piece), torch.zeros(3)))
    assert torch.allclose(new_rows(matrix, pieces, "mean", 0.02, 0), mean_of(matrix, pieces))
    assert torch.equal(new_rows(matrix, pieces, "last-piece", 0.02, 0), matrix[[row[-1] for row in old]])


def test_half_precision_stays_and_means_are_taken_in_single(pieces: NewPieces) -> None:
    model = llama(pieces.first).bfloat16()
    before = input_rows(model)
    extend_model(model, pieces, "mean")
    assert input_rows(model).dtype == torch.bfloat16
    assert torch.equal(input_rows(model)[pieces.first :], mean_of(before.float(), pieces).bfloat16())


def test_the_bytes_of_old_pieces_add_up_to_the_piece(base: Opened, pieces: NewPieces) -> None:
    assert [sum(sizes) for sizes in pieces.bytes] == [len(word.encode()) for word in WORDS]


def test_a_piece_made_of_an_earlier_new_piece_is_read_as_ids_of_the_base(base: Opened, tmp_path: Path) -> None:
    chained = extended_by_hand(base, tmp_path / "chained", ["abcd", "abcdabcd"], [[7, 8], [base.size, 9]])
    assert new_pieces(base, chained).old_ids == ((7, 8), (7, 8, 9))


def test_a_real_extension_is_applied(tmp_path: Path) -> None:
    from corpus.progress import Silent
    from tests.tokenizer.extend.bases import bert, general_lines
    from tests.tokenizer.small import corpus_of, documents
    from tokenizer.extend.run import Asked, extend

    (tmp_path / "base").mkdir()
    bert(general_lines(300)).save(str(tmp_path / "base" / "tokenizer.json"))
    (tmp_path / "lines.txt").write_text("\n".join(general_lines(1000, seed=1)), encoding="utf-8")
    corpus = corpus_of(tmp_path / "corpus", documents(60))
    asked = Asked(str(tmp_path / "base"), corpus, tmp_path / "lines.txt", pieces=20, multiple=1)
    extend(asked, tmp_path / "out", Silent())
    base, extended = open_tokenizer(tmp_path / "base"), open_tokenizer(tmp_path / "out")
    pieces = new_pieces(base, extended)
    model = encoder(base.size)
    before = input_rows(model)
    extend_model(model, pieces, "mean")
    assert torch.allclose(input_rows(model)[base.size :], mean_of(before, pieces))
    assert len(pieces.old_ids) == extended.size - base.size > 0


def test_a_tokenizer_whose_ids_moved_is_refused(base: Opened, tmp_path: Path) -> None:
    other = word_tokenizer(tmp_path / "other")
    with pytest.raises(UserError, match="no extension of the model's") as caught:
        new_pieces(base, other)
    assert "tokenizer extend" in caught.value.mend


def test_a_missing_table_is_told_of(base: Opened, tmp_path: Path) -> None:
    made = extended_by_hand(base, tmp_path / "made", WORDS)
    (made.folder / "new_pieces.parquet").unlink()
    with pytest.raises(UserError, match=r"no new_pieces\.parquet") as caught:
        new_pieces(base, made)
    assert "tokenizer extend" in caught.value.mend


def test_a_file_that_is_no_table_is_told_of(base: Opened, tmp_path: Path) -> None:
    made = extended_by_hand(base, tmp_path / "made", WORDS)
    for content in (b"", b"PAR1 and nothing", pl_bytes(pl.DataFrame({"id": [1]}))):
        (made.folder / "new_pieces.parquet").write_bytes(content)
        with pytest.raises(UserError, match="not as `tokenizer extend` writes it"):
            new_pieces(base, made)


def pl_bytes(table: pl.DataFrame) -> bytes:
    import io

    table.write_parquet(buffer := io.BytesIO())
    return buffer.getvalue()


def test_a_table_that_leaves_out_a_new_id_is_refused(base: Opened, tmp_path: Path) -> None:
    made = extended_by_hand(base, tmp_path / "made", WORDS)
    backend = Tokenizer.from_str(made.backend.to_str())
    backend.add_tokens(["one more"])
    backend.save(str(made.folder / "tokenizer.json"))
    with pytest.raises(UserError, match="do not follow on the model's tokenizer") as caught:
        new_pieces(base, open_tokenizer(made.folder))
    assert f"{base.size:,}" in caught.value.what


def test_an_extension_of_an_extension_is_no_extension_of_the_first_model(base: Opened, tmp_path: Path) -> None:
    once = extended_by_hand(base, tmp_path / "once", WORDS)
    twice = extended_by_hand(once, tmp_path / "twice", ["and more"])
    with pytest.raises(UserError, match="do not follow on"):
        new_pieces(base, twice)


@pytest.mark.parametrize("ids", [[], [10_000]])
def test_a_piece_of_ids_that_are_none_is_refused(ids: list[int], base: Opened, tmp_path: Path) -> None:
    made = extended_by_hand(base, tmp_path / "made", ["abcd"], [ids])
    with pytest.raises(UserError, match="neither ids of the base nor earlier pieces"):
        new_pieces(base, made)


def test_a_vocabulary_larger_than_the_embedding_is_refused_and_the_model_left(pieces: NewPieces) -> None:
    model = llama(pieces.first - 1)
    with pytest.raises(UserError, match="do not belong together") as caught:
        extend_model(model, pieces, "mean")
    assert caught.value.mend
    assert rows_of(model) == pieces.first - 1


def test_a_method_that_is_none_is_refused(pieces: NewPieces) -> None:
    with pytest.raises(UserError, match="no method 'best'") as caught:
        extend_model(llama(pieces.first), pieces, "best")
    assert "weighted-mean" in caught.value.mend


@pytest.mark.parametrize(("padding", "is_tied"), [(0, False), (1, True), (50, False)])
def test_methods_are_compared_and_the_model_comes_back_as_it_was(
    padding: int, is_tied: bool, base: Opened, extended: Opened
) -> None:
    model = llama(base.size + padding, is_tied)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    table = compare_methods(model, base, extended, ["bread market 市场面包 and morning rain"] * 3)
    assert table["input"][0] == "before"
    assert set(table["input"][1:]) == set(METHODS)
    assert table["bits_per_byte"][1:].is_sorted()
    assert (table["tokens"][1:] < table["tokens"][0]).all()
    assert best(table) == table.select("input", "output").row(1)
    after = model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert model.config.vocab_size == base.size + padding


def test_methods_are_compared_for_an_encoder(tmp_path: Path) -> None:
    base = word_tokenizer(tmp_path / "base")
    extended = extended_by_hand(base, tmp_path / "extended", ["breadmilk", "traintea"])
    table = compare_methods(encoder(base.size), base, extended, ["bread milk breadmilk traintea"], ["mean", "random"])
    assert table["input"].to_list()[0] == "before"
    assert set(table["input"]) == {"before", "mean", "random"}


def test_the_loss_in_bits_per_byte_is_that_of_the_model(base: Opened) -> None:
    model, text = llama(base.size), "people waited near a market"
    ids = torch.tensor([[0, *base.encode([text])[0]]])
    with torch.no_grad():
        loss = model(input_ids=ids, labels=ids, use_cache=False).loss.item()
    told = bits_per_byte(model, base, [text])
    assert told.per_token == pytest.approx(loss, rel=1e-5)
    assert (told.bytes, told.tokens) == (len(text), ids.shape[1] - 1)


def test_batches_of_unlike_length_have_the_loss_of_their_texts(base: Opened) -> None:
    model, texts = llama(base.size), ["rain", "people waited near a market 我们一起去市场", "tea"]
    alone = [bits_per_byte(model, base, [text]).nats for text in texts]
    assert bits_per_byte(model, base, texts).nats == pytest.approx(sum(alone), rel=1e-5)


def test_a_model_that_has_no_start_does_not_count_what_it_cannot_predict(base: Opened) -> None:
    model = llama(base.size, bos_token_id=None, eos_token_id=None)
    told = bits_per_byte(model, base, ["people waited"])
    first = base.decode(base.encode(["people waited"])[0][:1])
    assert told.bytes == len("people waited") - len(first)


def test_no_text_to_measure_on_is_told_of(base: Opened) -> None:
    with pytest.raises(UserError, match="no held-out text"):
        bits_per_byte(llama(base.size), base, [""])


def test_a_model_of_too_few_positions_for_any_text_is_refused(base: Opened) -> None:
    model = llama(base.backend.get_vocab_size())
    model.config.max_position_embeddings = 8
    with pytest.raises(UserError, match="reads 8 ids at once"):
        bits_per_byte(model, base, ["bread"])


@given(st.text(max_size=40), st.integers(4, 20))
@settings(max_examples=50)
def test_chunks_are_the_text_and_none_is_too_large(text: str, size: int) -> None:
    raw = text.encode(errors="ignore").decode()
    parts = list(chunks(raw, size))
    assert "".join(parts) == raw
    assert all(0 < len(part.encode()) <= size for part in parts)
