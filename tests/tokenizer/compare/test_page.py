"""The report of a comparison: nothing of a document or a tokenizer speaks in it, and it loads nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from corpus.progress import Silent
from tests.corpus.report.made import HOSTILE
from tests.corpus.report.test_html import Reader
from tests.tokenizer.compare.made import byte_level, opened
from tests.tokenizer.small import corpus_of, documents
from tokenizer.compare.page import page, write_page
from tokenizer.compare.result import Compared, compare

SENTENCE = "<script>alert</script> is a hostile sentence that must stand in the page as text."
# What may stand in the page; whatever loads or runs is not among it.
ELEMENTS = set(
    "html head meta title style body header nav main section footer h1 h2 h3 p ul ol li a div span b strong small code "
    "table caption thead tbody tfoot tr th td figure figcaption svg rect details summary article dl dt dd".split()
)


@pytest.fixture(scope="module")
def text(compared: Compared) -> str:
    return page(compared)


def test_every_language_and_every_tokenizer_is_in_the_page(text: str, compared: Compared) -> None:
    read = Reader(text)
    for language in compared.languages:
        assert language in read.text
    for one in compared.tokenizers:
        assert one.label in read.text
    anchors = {attributes["id"] for _, attributes in read.tags if "id" in attributes}
    assert {attributes["href"] for name, attributes in read.tags if name == "a"} == {f"#{one}" for one in anchors}


def test_the_page_loads_and_runs_nothing(text: str) -> None:
    read = Reader(text)
    assert {name for name, _ in read.tags} <= ELEMENTS
    assert "default-src 'none'" in text
    assert not [
        key for _, attributes in read.tags for key in attributes if key.startswith("on") or key in ("src", "style")
    ]
    assert not re.search(r"url\(|@import|https?://", text)


def test_only_the_footer_differs_from_run_to_run(text: str, compared: Compared) -> None:
    slower = compared._replace(speed=[speed and speed._replace(one=0.1) for speed in compared.speed])
    assert page(slower) != text
    assert re.sub("<footer>.*</footer>", "", page(slower)) == re.sub("<footer>.*</footer>", "", text)


def test_hostile_documents_pieces_and_names_stay_text(tmp_path: Path) -> None:
    rows = [{"id": row["id"], "text": f"{HOSTILE}\n{SENTENCE}\n" + row["text"]} for row in
            documents(80)]  # fmt: skip
    corpus = corpus_of(tmp_path / "corpus", rows)
    evil = tmp_path / "<script>alert(1)<" / "b onclick=x"
    made = byte_level(["<script>", "</script>", " onerror", "&amp;"])
    opened(evil, made)
    opened(tmp_path / "plain", byte_level([]))
    found = compare([str(evil), str(tmp_path / "plain")], corpus, [], 0, 0, Silent(), timed=False)
    assert any(one.text == SENTENCE for each in found.languages.values() for one in each.examples)
    write_page(found, tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    read = Reader(text)
    assert {name for name, _ in read.tags} <= ELEMENTS
    assert not [key for _, attributes in read.tags for key in attributes if key.startswith("on")]
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert [path.name for path in tmp_path.glob("*.tmp")] == []


def test_a_page_of_one_tokenizer_and_of_languages_without_sentences(corpus: Path, four: list[str]) -> None:
    found = compare(four[:1], corpus, [], 1, 0, Silent(), timed=False)
    assert "1 tokenizer on small" in page(found)
