"""`tokenizer show` as a user runs it: what may come in, and what a reader sees of it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from corpus.terminal import run
from tests.tokenizer.compare.made import byte_level, opened, unigram, word_piece
from tokenizer.cut import Piece
from tokenizer.show import MOST, clean
from tokenizer.show import show as look
from tokenizer.show_command import show, spelt


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("shown")
    opened(place / "bytes", byte_level([" cat", "糖", "尿"]))
    opened(place / "words", word_piece(["cat", "糖"]))
    opened(place / "unigram", unigram(["_cat"]))
    return place


def command(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command()(show)
    monkeypatch.setattr(sys, "argv", ["show", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        run(app)
    return int(ended.value.code or 0)


def test_pieces_ids_and_bytes_are_readable_without_colour(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert command(monkeypatch, "a cat é糖尿\n", "--tokenizer", folder / "bytes") == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "|a|␣cat|␣|<C3>|<A9>|糖|尿|␊|" in shown
    assert "8 tokens for 10 characters" in shown
    assert "20 63 61 74" in shown


def test_several_tokenizers_come_one_after_the_other_and_a_loss_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert command(monkeypatch, "Cat é", "--tokenizer", folder / "bytes", "--tokenizer", folder / "words") == 0
    first, second = capsys.readouterr().out.split(str(folder / "words"))
    assert "not give this text back" not in first
    assert "not give this text back" in second
    assert "[UNK]" in second


def test_json_holds_every_piece(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert command(monkeypatch, "a糖", "--tokenizer", folder / "bytes", "--json") == 0
    (one,) = json.loads(capsys.readouterr().out)["tokenizers"]
    assert (one["tokens"], one["given_back"]) == (2, True)
    assert [(piece["bytes"], piece["start"], piece["end"]) for piece in one["pieces"]] == [
        ("61", 0, 1),
        ("e7 b3 96", 1, 2),
    ]


def test_standard_input_and_bytes_that_are_no_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\xff\xfeb")))
    assert command(monkeypatch, "-", "--tokenizer", folder / "bytes") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("2 code units are no character")
    assert "|a|<EF>|<BF>|<BD>|<EF>|<BF>|<BD>|b|" in shown


def test_a_lone_surrogate_is_told_and_replaced(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert command(monkeypatch, "a\ud800b", "--tokenizer", folder / "unigram") == 0
    assert "U+FFFD" in capsys.readouterr().out


def test_an_empty_text(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    for name in ("bytes", "words", "unigram"):
        assert command(monkeypatch, "", "--tokenizer", folder / name) == 0
        assert "0 tokens for 0 characters" in capsys.readouterr().out


def test_controls_cannot_steer_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert command(monkeypatch, "\x1b[31m\x07\u202e\u200b\x9b[bold]x[/bold]", "--tokenizer", folder / "unigram") == 0
    shown = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\u202e", "\u200b", "\x9b"} & set(shown)


def test_marks_and_format_characters_are_visible() -> None:
    assert spelt(Piece(0, "x", "\u0301".encode(), 0, 1)) == "◌\u0301"
    assert spelt(Piece(0, "x", " \u200d\u2028".encode(), 0, 1)) == "␣[U+200D][U+2028]"
    assert spelt(Piece(0, "x", "糖".encode() + b"\xe5", 0, 2)) == "糖<E5>"


def test_without_a_tokenizer_the_quick_start_is_taken_and_its_absence_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command(monkeypatch, "text") == 1
    assert "run `tokenizer fit` first" in capsys.readouterr().err
    opened(tmp_path / "materia-tokenizer" / "quick-start", byte_level([]))
    assert command(monkeypatch, "text") == 0
    assert "4 tokens" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["病" * 333_000, "a cat 糖 " * 100_000, "x" * 1_000_000], ids=["han", "words", "line"])
@pytest.mark.parametrize("name", ["bytes", "unigram"])
def test_a_megabyte_shows_its_beginning_and_counts_to_the_end(folder: Path, name: str, text: str) -> None:
    began = time.monotonic()
    (found,) = look(text, [str(folder / name)])
    assert time.monotonic() - began < 30
    assert 0 < len(found.pieces) <= MOST < found.tokens
    ids = opened_ids(folder / name, text)
    assert found.tokens == len(ids)
    assert [piece.id for piece in found.pieces] == ids[: len(found.pieces)]


def opened_ids(place: Path, text: str) -> list[int]:
    from tokenizer.opened import open_tokenizer

    return open_tokenizer(place).encode([text])[0]


@given(st.text(alphabet=st.one_of(st.characters(), st.characters(categories=["Cs"])), max_size=20))
def test_a_cleaned_text_has_no_surrogate_and_is_as_long(text: str) -> None:
    cleaned = clean(text)
    cleaned.text.encode()
    assert len(cleaned.text) == len(text)


def test_a_shell_may_hand_over_bytes_and_colours_are_given_up_where_nobody_sees_them(folder: Path) -> None:
    code = "import typer\nfrom tokenizer.show_command import show\napp = typer.Typer()\napp.command()(show)\napp()"
    made = subprocess.run(
        [sys.executable.encode(), b"-c", code.encode(), b"a\xff", b"--tokenizer", str(folder / "bytes").encode()],
        capture_output=True, check=True, env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert b"U+FFFD" in made.stdout
    assert b"\x1b" not in made.stdout
