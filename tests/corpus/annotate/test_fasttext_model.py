"""fastText models: a tiny one written here, its damaged copies, and what a user reads when there is none."""

from __future__ import annotations

import functools
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from corpus.annotate import fasttext_model, language
from corpus.annotate.fasttext_format import check
from corpus.annotate.settings import LanguageSettings
from corpus.errors import UserError
from tests.corpus.annotate import tiny_model


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder with `plain.bin` and `quantized.ftz`."""
    (tmp_path / "plain.bin").write_bytes(tiny_model.plain())
    (tmp_path / "quantized.ftz").write_bytes(tiny_model.quantized())
    return tmp_path


def asked(path: Path | str = "", download: bool = False) -> LanguageSettings:
    return LanguageSettings(method="fasttext", model=str(path), download=download)


@pytest.mark.parametrize("name", ["plain.bin", "quantized.ftz"])
def test_a_model_tells_languages_and_scripts_tell_chinese(models: Path, name: str) -> None:
    texts = [
        "the patient\nthe patient the patient",
        "der Kranke der Kranke",
        "患者 用药",
        "",
        "Unknown words, all of them",
    ]
    facts = language.annotate(pl.DataFrame({"text": texts, "language": ["und"] * 5}), asked(models / name))
    assert facts["language.tag"].to_list() == ["en", "de", "zh-Hans", "und", "und"]
    assert facts["language.confidence"].is_between(0, 1).all()


def test_labels_of_one_language_add_up_and_one_is_kept_per_script() -> None:
    found = fasttext_model._guess(
        ["__label__cmn_Hani", "__label__eng_Latn", "__label__zho_Hani", "__label__deu_Latn"], [0.4, 0.3, 0.35, 0.1]
    )
    assert [tag for tag, _ in found.languages] == ["zh", "en"]
    assert [share for _, share in found.languages] == pytest.approx([0.75, 0.3])
    assert not found.weak


def test_a_probability_above_one_is_one() -> None:
    assert fasttext_model._guess(["__label__yue"], [1.00004]).confidence == 1.0


def test_the_identity_of_facts_follows_the_content_of_the_model(models: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.bin"
    copy.write_bytes((models / "plain.bin").read_bytes())
    assert language.resources(asked(copy)) == language.resources(asked(models / "plain.bin"))
    assert language.resources(asked(copy)) != language.resources(asked(models / "quantized.ftz"))


@pytest.mark.parametrize("name", ["plain.bin", "quantized.ftz"])
def test_a_model_cut_anywhere_or_with_more_behind_it_is_refused(models: Path, tmp_path: Path, name: str) -> None:
    content = (models / name).read_bytes()
    check(models / name)
    damaged = tmp_path / "damaged"
    for size in [*range(0, 120, 7), *range(120, len(content), max(1, len(content) // 25)), len(content) - 1]:
        damaged.write_bytes(content[:size])
        with pytest.raises(ValueError, match=r"^its? "):
            check(damaged)
    damaged.write_bytes(content + b"\0")
    with pytest.raises(ValueError, match="1 bytes follow its end"):
        check(damaged)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (tiny_model.plain(rows=5), "want 6 rows, and its first matrix has 5"),
        (tiny_model.plain(rows=0), "want 6 rows, and its first matrix has 0"),
        (tiny_model.plain(rows=9, ngrams=2, bucket=4), "want 10 rows, and its first matrix has 9"),
        (tiny_model.plain(ngrams=2), "n-grams in 0 buckets"),
        (tiny_model.plain(labels=2), "3 labels, and its second matrix has 2 rows"),
        (tiny_model.quantized(rows=5), "want 6 rows, and its first matrix has 5"),
        (tiny_model.quantized(codes_left_out=1), "11 codes for 6 rows"),
        (tiny_model.quantized(ngrams=2, bucket=4), "want 10 rows, and its first matrix has 6"),
        (tiny_model.quantized(7, ngrams=2, bucket=4, pruned=(0, 1)), "want 8 rows, and its first matrix has 7"),
        (tiny_model.quantized(8, ngrams=2, bucket=4, pruned=(0, -7)), "a row below 0"),
    ],
)  # fmt: skip
def test_a_model_whose_matrices_lack_rows_that_are_looked_up_is_refused(
    tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "short.bin").write_bytes(content)
    with pytest.raises(UserError, match=said):
        language.resources(asked(tmp_path / "short.bin"))


@pytest.mark.parametrize(
    "content",
    [
        tiny_model.plain(bucket=2_000_000),  # named among the arguments, and not used
        tiny_model.plain(rows=10, ngrams=2, bucket=4), tiny_model.quantized(rows=10, ngrams=2, bucket=4),
        tiny_model.quantized(8, ngrams=2, bucket=4, pruned=(0, 1)), tiny_model.quantized(ngrams=2, bucket=4, pruned=()),
    ],
)  # fmt: skip
def test_n_grams_that_nobody_looks_up_or_that_were_thinned_out_need_no_rows(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "whole.bin").write_bytes(content)
    facts = language.annotate(
        pl.DataFrame({"text": ["the patient the", "der Kranke der"], "language": ["und"] * 2}),
        asked(tmp_path / "whole.bin"),
    )
    assert facts["language.tag"].to_list() == ["en", "de"]


def test_a_label_among_the_words_is_refused(models: Path, tmp_path: Path) -> None:
    content = (models / "plain.bin").read_bytes()
    word = b"patient\0" + (10).to_bytes(8, "little")
    (tmp_path / "mixed.bin").write_bytes(content.replace(word + b"\0", word + b"\1"))
    with pytest.raises(UserError, match="entry 2 is not what its place says"):
        language.resources(asked(tmp_path / "mixed.bin"))


def test_a_text_file_given_as_a_model_is_an_error_and_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a model\n" * 100, encoding="utf-8")
    with pytest.raises(UserError, match="not a whole fastText classifier: it does not begin like a fastText model"):
        language.resources(asked(path))


def test_word_vectors_are_no_classifier(models: Path, tmp_path: Path) -> None:
    content = bytearray((models / "plain.bin").read_bytes())
    content[8 + 7 * 4] = 2  # args.model: skipgram
    path = tmp_path / "vectors.bin"
    path.write_bytes(content)
    with pytest.raises(UserError, match="holds word vectors and no labels"):
        language.resources(asked(path))


def test_a_missing_model_names_its_path_and_the_cure(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        language.resources(asked(tmp_path / "lid.176.ftz"))
    assert caught.value.where == str(tmp_path / "lid.176.ftz")
    assert 'method = "cld2"' in caught.value.mend
    with pytest.raises(UserError, match="needs a model"):
        language.annotate(pl.DataFrame({"text": ["some words"], "language": ["en"]}), asked())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The url of a folder `tmp_path/served` on this machine."""
    (tmp_path / "served").mkdir()
    handler = functools.partial(_Quiet, directory=str(tmp_path / "served"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None: ...


def test_a_download_is_kept_only_if_it_has_the_pinned_hash(
    models: Path, tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = (models / "quantized.ftz").read_bytes()
    (tmp_path / "served" / "lid.176.ftz").write_bytes(content)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(fasttext_model, "URL", f"{server}/lid.176.ftz")
    with pytest.raises(UserError, match="not the known one"):
        fasttext_model.downloaded()
    assert not list((tmp_path / "cache" / "materia").iterdir())
    monkeypatch.setattr(fasttext_model, "SHA256", hashlib.sha256(content).hexdigest())
    path = fasttext_model.model_path(asked(download=True))
    assert path.read_bytes() == content
    (tmp_path / "served" / "lid.176.ftz").unlink()
    assert fasttext_model.downloaded() == path  # from the cache now


def test_without_a_network_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(fasttext_model, "URL", "http://127.0.0.1:9/lid.176.ftz")
    with pytest.raises(UserError, match="could not be fetched") as caught:
        fasttext_model.downloaded()
    assert str(tmp_path / "materia" / "lid.176.ftz") in caught.value.mend
