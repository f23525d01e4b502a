"""What cannot be extended, and text that is no text, is told in a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from typer.testing import CliRunner

from corpus.errors import UserError
from corpus.progress import Silent
from tests.tokenizer.extend.bases import general_lines
from tests.tokenizer.small import corpus_of, documents
from tokenizer.cli import app
from tokenizer.extend.run import Asked, extend
from tokenizer.extend.texts import general_text


def refused(base: Path, corpus: Path, general: Path, out: Path, **asked: object) -> str:
    with pytest.raises(UserError) as raised:
        extend(Asked(str(base), corpus, general, **asked), out, Silent())  # type: ignore[arg-type]
    assert not out.exists()
    return str(raised.value)


def test_without_general_text_it_says_why_that_is_needed(bases: dict[str, Path], corpus: Path) -> None:
    result = CliRunner().invoke(app, ["extend", "--base", str(bases["gpt-2"]), "--corpus", str(corpus)])
    assert isinstance(result.exception, UserError)
    assert "needs general text" in str(result.exception)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (models.WordLevel({"a": 0, "[UNK]": 1}, unk_token="[UNK]"), "whole words"),
        (models.BPE({"a": 0, "b</w>": 1}, [], end_of_word_suffix="</w>"), "end_of_word_suffix"),
        (models.BPE({"a": 0, "##b": 1}, [], continuing_subword_prefix="##"), "continuing_subword_prefix"),
        (models.BPE({"a": 0, "b": 1}, []), "neither bytes"),
    ],
)
def test_a_base_of_another_kind_is_refused(
    model: models.Model, told: str, corpus: Path, general: Path, tmp_path: Path
) -> None:
    backend = Tokenizer(model)
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    backend.save(str(tmp_path / "tokenizer.json"))
    assert told in refused(tmp_path / "tokenizer.json", corpus, general, tmp_path / "out")


def test_a_folder_that_is_no_tokenizer_is_told(corpus: Path, general: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "holds no tokenizer" in refused(tmp_path / "empty", corpus, general, tmp_path / "out")


def test_a_size_that_the_base_has_already_is_told(
    bases: dict[str, Path], corpus: Path, general: Path, tmp_path: Path
) -> None:
    assert "501 ids already" in refused(bases["gpt-2"], corpus, general, tmp_path / "out", size=500)


def test_a_corpus_without_the_language_is_told(
    bases: dict[str, Path], corpus: Path, general: Path, tmp_path: Path
) -> None:
    said = refused(bases["gpt-2"], corpus, general, tmp_path / "out", languages=("fr",))
    assert "no text" in said
    assert "fr" in said


def test_a_corpus_without_a_held_out_split_is_told(bases: dict[str, Path], general: Path, tmp_path: Path) -> None:
    folder = corpus_of(tmp_path / "corpus", documents(40), "decide.held_out=0")
    assert "held-out" in refused(bases["gpt-2"], folder, general, tmp_path / "out")


def test_too_little_general_text_is_told(bases: dict[str, Path], corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "few.txt").write_text("one line\n", encoding="utf-8")
    assert "too little general text" in refused(bases["gpt-2"], corpus, tmp_path / "few.txt", tmp_path / "out")


def test_a_general_file_that_is_not_there_is_told(bases: dict[str, Path], corpus: Path, tmp_path: Path) -> None:
    assert "cannot be read" in refused(bases["gpt-2"], corpus, tmp_path / "gone.txt", tmp_path / "out")


def test_a_broken_line_of_json_is_told_with_what_it_holds(tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text('{"text": "a"}\n{"words": "b"}\n', encoding="utf-8")
    with pytest.raises(UserError, match="words"):
        general_text(file, ("en",), 0)


def test_surrogates_controls_and_endless_lines_are_taken_as_they_are(
    bases: dict[str, Path], corpus: Path, tmp_path: Path
) -> None:
    odd = ["\ud800 half a pair", "\x00\x1b[31m controls \u202e", "a" * 100_000, "糖" * 100_000]
    file = tmp_path / "odd.jsonl"
    file.write_text("\n".join(json.dumps({"text": line}) for line in [*general_lines(3000), *odd]), encoding="utf-8")
    for name in ("gpt-2", "llama-2", "bert"):
        assert extend(Asked(str(bases[name]), corpus, file, pieces=20), tmp_path / name, Silent()).fresh


def test_a_domain_that_gives_too_few_pieces_is_told(bases: dict[str, Path], general: Path, tmp_path: Path) -> None:
    folder = corpus_of(tmp_path / "corpus", documents(30))
    said = refused(bases["gpt-2"], folder, general, tmp_path / "out", multiple=100_000)
    assert "No 100000 new pieces" in said


def test_a_folder_of_somebody_else_is_not_replaced(
    bases: dict[str, Path], corpus: Path, general: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(UserError, match="not be replaced"):
        extend(Asked(str(bases["gpt-2"]), corpus, general), out, Silent())


def test_the_command_prints_what_changed_and_what_was_gained(
    bases: dict[str, Path], corpus: Path, general: Path, tmp_path: Path
) -> None:
    told = ["extend", "--base", str(bases["gpt-2"]), "--corpus", str(corpus), "--general", str(general), "--pieces",
            "60", "--out", str(tmp_path / "out")]  # fmt: skip
    shown = CliRunner().invoke(app, told)
    assert shown.exit_code == 0
    for word in ("general text", "held-out text", "gain", "new_pieces.parquet"):
        assert word in shown.output
    again = CliRunner().invoke(app, [*told, "--json"])
    assert json.loads(again.stdout)["extended"] is False
