"""Example sentences: which are chosen."""

from __future__ import annotations

from pathlib import Path

from tests.tokenizer.compare.made import byte_level, opened
from tokenizer.compare.examples import Sentences

LONG = "Every patient of this invented ward has had a measurement of the blood pressure"


def test_the_most_different_come_first_each_of_another_document(tmp_path: Path) -> None:
    held = [
        opened(tmp_path / "a", byte_level([])),
        opened(tmp_path / "b", byte_level([" pressure", " zzzzzzzzzzzzzzzzzz"])),
    ]
    texts = [f"{LONG}. {LONG} zzzzzzzzzzzzzzzzzz.", f"{LONG} taken. No.", f"{LONG} taken.", f"{LONG} once more?"]
    sentences = Sentences()
    sentences.add("abcd", ["en"] * 4, texts)
    (chosen,) = sentences.choose(held).values()
    assert chosen[0].text.endswith("zzzzzzzzzzzzzzzzzz.")
    assert len({one.id for one in chosen[:2]}) == 2
    assert len({one.text for one in chosen}) == len(chosen)
    for one in chosen:
        for place, pieces in enumerate(one.pieces):
            assert len(pieces) == len(held[place].encode([one.text])[0])


def test_headings_fragments_and_tables_make_no_example(tmp_path: Path) -> None:
    sentences = Sentences()
    sentences.add(
        "abc", ["en", "en", "zh"], [LONG, "1.2 3.4 5.6 7.8 9.0 1.2 3.4 5.6 7.8 9.0 1.2 3.4 5.6 mg.", "太短。"]
    )
    assert sentences.choose([opened(tmp_path, byte_level([]))]) == {}
