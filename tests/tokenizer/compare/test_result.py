"""A whole comparison of small tokenizers on a small corpus: what its figures must be, and what may not change them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from corpus.errors import UserError
from corpus.progress import Silent
from corpus.report.folder import open_build
from tests.tokenizer.small import corpus_of, documents
from tokenizer.compare.as_json import as_json
from tokenizer.compare.documents import draw
from tokenizer.compare.measures import MEASURES, OF_PIECES
from tokenizer.compare.result import Compared, compare
from tokenizer.opened import open_tokenizer


def held_out(corpus: Path) -> pl.DataFrame:
    files = sorted((corpus / "data").glob("*-held_out-*.parquet"))
    return pl.concat([pl.read_parquet(file) for file in files])


def test_the_totals_are_those_of_the_held_out_documents_and_no_others(
    compared: Compared, corpus: Path, four: list[str]
) -> None:
    texts = held_out(corpus)
    assert sorted(compared.languages) == sorted(texts["language"].unique())
    for language, one in compared.languages.items():
        mine = texts.filter(pl.col("language") == language)["text"].to_list()
        assert (one.whole.documents, one.available) == (len(mine), len(mine))
        assert one.whole.bytes == sum(len(text.encode()) for text in mine)
        for name, totals in zip(four, one.totals, strict=True):
            assert totals["tokens"] == sum(map(len, open_tokenizer(name).encode(mine)))


def test_parts_add_up_to_the_whole(compared: Compared) -> None:
    for one in compared.languages.values():
        for parts in (one.sources, one.tiers):
            assert sum(part.documents for part in parts.values()) == one.whole.documents
            assert sum(part.bytes for part in parts.values()) == one.whole.bytes


def test_ratios_are_those_of_the_totals(compared: Compared) -> None:
    for one in compared.languages.values():
        for place, totals in enumerate(one.totals):
            value = one.whole.measures["bytes_per_token"][place].value
            assert value is not None
            assert value.value == one.whole.bytes / totals["tokens"]
            assert set(totals) == set(OF_PIECES)


def test_bytes_alone_take_a_token_a_byte_and_give_everything_back(compared: Compared) -> None:
    for one in compared.languages.values():
        first = {name: each[0].value for name, each in one.whole.measures.items()}
        assert first["bytes_per_token"] == (1.0, 1.0, 1.0)
        assert first["round_trip"] == (1.0, 1.0, 1.0)


def test_what_does_not_come_back_is_told_with_its_first_place(compared: Compared, corpus: Path) -> None:
    texts = dict(held_out(corpus).select("id", "text").iter_rows())
    wordpiece = [place.label for place in compared.tokenizers].index("wordpiece")
    places = [place for one in compared.languages.values() for place in one.broken[wordpiece]]
    assert places
    for place in places:
        assert texts[place.id][place.at :].startswith(place.text)
        assert place.text[:1] != place.decoded[:1]
    assert not any(one.broken[0] for one in compared.languages.values())


def test_the_same_comparison_gives_the_same_figures(compared: Compared, four: list[str], corpus: Path, terms: Path,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "true")
    again = as_json(compare(four, corpus, [terms], 0, 0, Silent(), timed=False))
    first = as_json(compared)
    for told in (first, again):
        assert told.pop("run")
    assert json.dumps(again, sort_keys=True) == json.dumps(first, sort_keys=True)


def test_how_the_corpus_is_cut_into_files_changes_no_figure(four: list[str], corpus: Path, tmp_path: Path) -> None:
    turned = tmp_path / "turned"
    shutil.copytree(corpus, turned)
    card = json.loads((turned / "card.json").read_bytes())
    for file in sorted((turned / "data").glob("*-held_out-*.parquet")):
        pl.read_parquet(file).reverse().write_parquet(file)
        del card["outputs"][f"data/{file.name}"]
    (turned / "card.json").write_text(json.dumps(card), encoding="utf-8")
    figures = [compare(four[:2], each, [], 25, 3, Silent(), timed=False).languages for each in (corpus, turned)]
    assert figures[0].keys() == figures[1].keys()
    for language, one in figures[0].items():
        assert one.whole == figures[1][language].whole
        assert one.totals == figures[1][language].totals


def test_a_tokenizer_beside_itself_differs_by_exactly_nothing(four: list[str], corpus: Path) -> None:
    found = compare([four[1], four[1]], corpus, [], 10, 0, Silent(), timed=False)
    assert [one.label for one in found.tokenizers] == ["words#1", "words#2"]
    assert not found.warnings
    for one in found.languages.values():
        for first, second in one.whole.measures.values():
            assert first.value == second.value
            assert second.difference is None or set(second.difference) == {0.0}


def test_terms_of_lists_and_terms_in_the_text_are_both_told(compared: Compared) -> None:
    (listed,) = [one for one in compared.terms if one.name == "terms.txt"]
    values = [one.value and one.value.value for one in listed.measures["one_token"]]
    assert values[0] == 0.0
    assert values[1] is not None
    assert values[1] > 0.8
    for one in compared.languages.values():
        inside = [each.value and each.value.value for each in one.whole.measures["whole_terms"]]
        assert inside[0] == 0.0
        assert inside[1] == 1.0 or (inside[1] is not None and inside[1] > 0.5)


def test_different_sizes_of_vocabularies_are_warned_of(compared: Compared) -> None:
    assert any("larger" in warning for warning in compared.warnings)


def test_fewer_documents_are_drawn_by_a_hash_and_a_larger_draw_holds_the_smaller(corpus: Path) -> None:
    build = open_build(corpus)
    few, more, other = draw(build, 5, 0), draw(build, 9, 0), draw(build, 5, 1)
    assert few.rows.height == 5 * len(few.available)
    assert set(few.rows["id"]) < set(more.rows["id"])
    assert set(few.rows["id"]) != set(other.rows["id"])


def test_a_long_document_is_measured_to_a_limit_and_told(
    corpus: Path, four: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokenizer.compare.documents.LONGEST", 50)
    found = compare(four[:1], corpus, [], 4, 0, Silent(), timed=False)
    for one in found.languages.values():
        assert one.cut == 4
        assert one.totals[0]["tokens"] == one.whole.bytes <= 4 * 50 * 3


def test_a_corpus_without_a_held_out_split_is_refused_with_the_cure(tmp_path: Path, four: list[str]) -> None:
    corpus = corpus_of(tmp_path / "all", documents(8), "decide.held_out=0")
    with pytest.raises(UserError, match="no held-out documents") as told:
        compare(four, corpus, [], 0, 0, Silent())
    assert "decide.held_out" in told.value.mend


def test_every_measure_is_told_of_some_language(compared: Compared) -> None:
    told = {name for one in compared.languages.values() for name in one.whole.measures}
    assert told == {measure.name for measure in MEASURES}
