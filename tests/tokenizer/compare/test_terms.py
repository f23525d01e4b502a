"""Lists of terms: where they come from, and what a term costs where it would stand in a text."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from corpus.errors import UserError
from corpus.report.folder import open_build
from tests.corpus.small import RECIPE, build, citation, citations, write_inputs
from tests.tokenizer.compare.made import byte_level, opened, unigram, word_piece
from tokenizer.compare import terms as terms_module
from tokenizer.compare.measures import OF_TERM_PIECES
from tokenizer.compare.terms import HEADWORDS, MESH, count_terms, read_terms, term_lists

HEADINGS = """<?xml version="1.0"?><PubmedArticleSet><PubmedArticle><MeshHeadingList>
<MeshHeading><DescriptorName UI="D1" MajorTopicYN="N">Cardiomyopathy, Dilated</DescriptorName></MeshHeading>
<MeshHeading><DescriptorName MajorTopicYN="N">DNA &amp; Vitamins</DescriptorName></MeshHeading>
<MeshHeading><DescriptorName>Death, Sudden, Cardiac</DescriptorName></MeshHeading>
</MeshHeadingList></PubmedArticle></PubmedArticleSet>"""


def test_a_file_with_one_term_a_line_in_any_encoding(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("糖尿病\r\n高血压\n\n 糖尿病 \n".encode("gb18030"))
    assert read_terms(tmp_path / "a.txt").terms == ("糖尿病", "高血压")


@pytest.mark.parametrize("packed", [False, True])
def test_the_headings_of_a_pubmed_file_turned_back_and_written_small(tmp_path: Path, packed: bool) -> None:
    raw = HEADINGS.encode()
    (tmp_path / "a.xml").write_bytes(gzip.compress(raw) if packed else raw)
    assert read_terms(tmp_path / "a.xml").terms == ("DNA & vitamins", "dilated cardiomyopathy")


def test_headings_are_found_across_the_pieces_in_which_a_file_is_read(tmp_path: Path) -> None:
    many = "".join(f"<DescriptorName>term{n} x</DescriptorName>" + " " * 700 for n in range(4000))
    (tmp_path / "a.xml").write_text(f"<PubmedArticleSet>{many}</PubmedArticleSet>")
    assert len(read_terms(tmp_path / "a.xml").terms) == 4000


def test_of_too_many_terms_the_same_are_drawn_whatever_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terms_module, "MOST", 10)
    names = [f"term {n}" for n in range(100)]
    (tmp_path / "a.txt").write_text("\n".join(names))
    (tmp_path / "b.txt").write_text("\n".join(reversed(names)))
    drawn = read_terms(tmp_path / "a.txt")
    assert drawn.terms == read_terms(tmp_path / "b.txt").terms
    assert (len(drawn.terms), drawn.found) == (10, 100)


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\x00\xff\x00\x01\x02" * 50, gzip.compress(b"x" * 5000)[:-9]])
def test_a_file_without_terms_or_that_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(UserError) as told:
        read_terms(tmp_path / "a.txt")
    assert told.value.mend


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file of terms"):
        read_terms(tmp_path / "a.txt")


def test_the_corpus_gives_headings_that_have_a_name_and_chinese_headwords_of_reference_works(tmp_path: Path) -> None:
    recipe = write_inputs(tmp_path)
    old = "<MeshHeadingList><MeshHeading><DescriptorName>Coronary Disease</DescriptorName></MeshHeading></MeshHeadingList>"
    text = "Old records name their headings, and this invented one is long enough to be kept by every rule there is."
    citations(tmp_path / "pubmed" / "pubmed26n0003.xml", citation(77, text, extra=old))
    (tmp_path / "rows" / "b.jsonl").write_text('{"id": "d", "text": "安心片\\n药品类型：这是虚构的药品，成人每日服用两次，每次一片。"}\n',
                                               encoding="utf-8")  # fmt: skip
    recipe.write_text(RECIPE, encoding="utf-8")
    build(recipe, tmp_path / "out")
    found = {one.name: one.terms for one in term_lists(open_build(tmp_path / "out"), [])}
    assert found == {MESH: ("coronary disease",), HEADWORDS: ("安心片",)}


def test_what_terms_cost_by_hand(tmp_path: Path) -> None:
    terms = ["cat", "cat scan", "糖尿病", "糖尿病足", "-"]
    made = {
        "byte": byte_level([" cat", " scan", "糖尿病"]), "piece": word_piece(["cat", "scan", "糖", "of", "in", "-"]),
        "uni": unigram(["_of", "_in", "_cat", "_cat_scan", "糖尿病", "足", "_-"]),
    }  # fmt: skip
    found = {name: count_terms(terms, opened(tmp_path / name, each)).tolist() for name, each in made.items()}
    assert OF_TERM_PIECES == ("pieces", "one", "parts_whole")
    assert found["byte"] == [[1, 1, 1], [2, 0, 1], [1, 1, 1], [4, 0, 0], [1, 1, 1]]
    assert found["piece"] == [[1, 1, 1], [2, 0, 1], [3, 0, 0], [4, 0, 0], [1, 1, 1]]
    assert found["uni"] == [[1, 1, 1], [1, 1, 1], [1, 1, 1], [2, 0, 0], [1, 1, 1]]
