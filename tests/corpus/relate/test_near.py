"""Copies in a whole build: which pages become one, which stay two, and every dropped one recomputed by plain Python."""

from __future__ import annotations

import itertools
from pathlib import Path

import opencc
import polars as pl
import pytest

from corpus.relate.difference import difference
from corpus.text.fold import folded
from tests.corpus.relate.built import chinese, english, jaccard, kept, ledger, made, pieces, relations, write
from tests.corpus.small import build


def page(seed: int, last: str = "", **changed: str) -> str:
    """An English page; `changed` puts other sentences at places s0, s1 and so on."""
    sentences = english(seed)
    for place, sentence in changed.items():
        sentences[int(place[1:])] = sentence
    return "\n".join([*sentences, last]).strip()


DOSE = "Take aspirin {} mg for {} days after every meal and drink a glass of water."
ZH = "".join(chinese(1))
FOOTER = "All rights reserved by the publisher of these pages, and no part may be copied without a letter of consent."

# Two pages each; whether they become one, and by which relation.
PAIRS: dict[str, tuple[str, str, str]] = {
    "same": (page(1), page(1), "exact"),
    "case and width": (page(2), page(2).upper().replace(".", "．"), "exact"),
    "script": (ZH, opencc.OpenCC("s2t").convert(ZH), "exact"),
    "spaces": (page(3), page(3).replace(" ", "  ").replace("\n", "\r\n\r\n"), "exact"),
    "english counter": (page(4, "1,203 views"), page(4, "4,511 views"), "near"),
    "chinese counter": ("浏览次数:1203 " + "".join(chinese(2)), "浏览次数:45118 " + "".join(chinese(2)), "near"),
    "date": (page(5, "Posted on May 3, 2021."), page(5, "Posted on June 13, 2023."), "near"),
    "typing error": (page(6), page(6).replace("patient", "pateint", 1), "near"),
    "footer": (page(7), page(7, FOOTER), "near"),
    "order": (page(8), "\n".join([*english(8)[12:], *english(8)[:12]]), "near"),
    "page number": (page(9, "Page 3 of 10"), page(9, "Page 4 of 10"), "near"),
    "dose": (page(10, s12=DOSE.format(81, 7)), page(10, s12=DOSE.format(325, 14)), ""),
    "chinese dose": ("".join([*chinese(3), "甘草三钱。"]), "".join([*chinese(3), "甘草五钱。"]), ""),
    "negation": (page(11, s5="It is safe in children."), page(11, s5="It is not safe in children."), ""),
    "opposite": ("".join([*chinese(4), "饭前服用。"]), "".join([*chinese(4), "饭后服用。"]), ""),
    "other content": ("\n".join([*english(12), FOOTER]), "\n".join([*english(13), FOOTER]), ""),
    "half": ("\n".join(english(14)), "\n".join([*english(14)[:12], *english(15)[:12]]), ""),
    "three characters": ("阿司匹", "阿司匹", "exact"),
    "three letters": ("abc", "ABC", "exact"),
    "three others": ("阿司林", "阿司木", ""),
    "short": ("Take 5 mg of it daily.", "Take 5 mg of it daily!", ""),
}
TEXTS = {f"{name} {side}": pair[side] for name, pair in PAIRS.items() for side in (0, 1)}
# The middle one is near both ends, and these are not near each other.
CHAIN = english(20, 42)
TEXTS |= {
    "chain a": "\n".join(CHAIN[:33]),
    "chain b": "\n".join(CHAIN[3:36])[:-40],
    "chain c": "\n".join(CHAIN[6:39])[:-80],
    "part": "\n".join(english(21)[:11]),
    "whole": "\n".join(english(21)),
}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("near"), TEXTS)


@pytest.mark.parametrize("name", PAIRS)
def test_two_pages_become_one_or_stay_two(out, name):
    rows = [ledger(out)[f"{name} {side}"] for side in (0, 1)]
    expected = PAIRS[name][2]
    assert sorted(row["fate"] for row in rows) == (["duplicate", "kept"] if expected else ["kept", "kept"])
    assert {row["rule"] for row in rows} == ({None, expected} if expected else {None})


def test_the_report_of_two_that_stay_two_says_why(out):
    found = {row["one"].rpartition(" ")[0]: row for row in relations(out).to_dicts()}
    assert (found["dose"]["kind"], found["dose"]["veto"]) == ("variant", "quantity")
    assert found["chinese dose"]["veto"] == "quantity"
    assert found["negation"]["veto"] == found["opposite"]["veto"] == "negation"
    assert found["english counter"]["veto"] == ""


def test_the_evidence_stands_in_the_order_of_the_two_documents(out):
    found = {row["one"].rpartition(" ")[0]: row["evidence"] for row in relations(out).to_dicts()}
    assert found["dose"] == "81 mg → 325 mg"
    assert found["chinese dose"] == "3 钱 → 5 钱"
    assert found["negation"] == "∅ → not"
    assert found["opposite"] == "前 → 后"
    assert found["english counter"] == "1,203 → 4,511"


def test_a_chain_is_not_followed_to_its_end(out):
    a, b, c = (TEXTS[f"chain {name}"] for name in "abc")
    assert min(jaccard(a, b), jaccard(b, c)) >= 0.8 > jaccard(a, c)
    rows = ledger(out)
    assert [rows[f"chain {name}"]["fate"] for name in "abc"] == ["kept", "duplicate", "kept"]


def test_what_is_contained_stays_unless_the_recipe_says_otherwise(out, tmp_path):
    row = relations(out).filter(one="part").to_dicts()[0]
    assert row["kind"] == "contained"
    assert row["of_one"] == 1.0
    assert {"part", "whole"} <= kept(out)
    recipe = write(tmp_path / "in", TEXTS)
    build(recipe, tmp_path / "out", 'decide.drop=["contained"]')
    rows = ledger(tmp_path / "out")
    assert {name for name, row in rows.items() if row["fate"] == "duplicate"} == {"part"}
    assert (rows["part"]["rule"], rows["part"]["other"]) == ("contained", "table:rows/whole")
    assert (rows["part"]["similarity"], rows["part"]["threshold"]) == (1.0, ">= 0.9")


def test_with_nothing_to_drop_all_stay_and_the_relations_are_told_all_the_same(out, tmp_path):
    build(write(tmp_path / "in", TEXTS), tmp_path / "out", "decide.drop=[]")
    assert kept(tmp_path / "out") == set(TEXTS)
    assert relations(tmp_path / "out").equals(relations(out))


@pytest.mark.parametrize("threshold", [0.7, 0.8, 0.95])
def test_every_dropped_copy_is_as_alike_as_its_row_says_to_a_document_that_stays(tmp_path, threshold):
    build(write(tmp_path / "in", TEXTS), tmp_path / "out", f"decide.near={threshold}")
    rows = ledger(tmp_path / "out")
    dropped = {name: row for name, row in rows.items() if row["fate"] == "duplicate"}
    assert len(dropped) >= 10
    for name, row in dropped.items():
        other = row["other"].removeprefix("table:rows/")
        assert rows[other]["fate"] == "kept"
        if row["rule"] == "exact":
            assert folded(TEXTS[name]) == folded(TEXTS[other])
            assert (row["similarity"], row["threshold"]) == (1.0, None)
        else:
            assert row["similarity"] == pytest.approx(jaccard(TEXTS[name], TEXTS[other]), abs=1e-6)
            assert row["similarity"] >= threshold
            assert difference(folded(TEXTS[name]), folded(TEXTS[other])).veto == ""
            assert row["threshold"] == f">= {threshold}"


def test_every_pair_that_is_alike_by_comparing_all_with_all_is_related_with_its_true_measures(out):
    long = {name: text for name, text in TEXTS.items() if len(pieces(text)) > 128}
    found = {frozenset((row["one"], row["other"])): row for row in relations(out).to_dicts()}
    told = ledger(out)
    alike = 0
    for one, other in itertools.combinations(sorted(long), 2):
        left, right = pieces(long[one]), pieces(long[other])
        both = len(left & right)
        row = found.get(frozenset((one, other)))
        if folded(long[one]) != folded(long[other]) and both / len(left | right) >= 0.75:
            alike += 1
            assert row is not None, (one, other)
        if row and row["kind"] != "exact":
            assert row["jaccard"] == pytest.approx(both / len(left | right), abs=1e-6)
            assert row["of_one"] == pytest.approx(both / len(left), abs=1e-6)
            assert row["of_other"] == pytest.approx(both / len(right), abs=1e-6)
            assert row["jaccard"] >= 0.5 or max(row["of_one"], row["of_other"]) >= 0.8
        if row and row["kind"] == "near":
            assert not told[one]["fate"] == told[other]["fate"] == "kept"
    assert alike >= 12


def test_relations_stand_once_with_the_smaller_id_first_and_in_order(out):
    table = pl.read_parquet(out / "relations" / "relations-*.parquet")
    assert (table["one"] < table["other"]).all()
    assert table.select("one", "other").is_duplicated().sum() == 0
    assert table.equals(table.sort("one", "other"))


def test_related_pages_stand_on_one_side_of_the_split(tmp_path):
    build(write(tmp_path / "in", TEXTS), tmp_path / "out", "decide.held_out=0.4", "decide.drop=[]")
    rows = ledger(tmp_path / "out")
    for one, other in relations(tmp_path / "out").select("one", "other").rows():
        assert rows[one]["split"] == rows[other]["split"], (one, other)
    assert {row["split"] for row in rows.values()} == {"train", "held_out"}


def test_a_list_of_terms_keeps_pages_about_two_drugs_apart(tmp_path):
    texts = {"a": page(30, s7="Give metformin to them."), "b": page(30, s7="Give glipizide to them.")}
    assert len(kept(made(tmp_path / "without", texts))) == 1
    recipe = write(tmp_path / "with" / "in", texts, '[relate]\nterms = "drugs.txt"\n')
    (recipe.parent / "drugs.txt").write_text("Metformin\nGlipizide\n", encoding="utf-8")
    build(recipe, tmp_path / "with" / "out")
    assert kept(tmp_path / "with" / "out") == {"a", "b"}
    row = relations(tmp_path / "with" / "out").to_dicts()[0]
    assert (row["kind"], row["veto"], row["evidence"]) == ("variant", "term", "metformin → glipizide")
    (recipe.parent / "drugs.txt").write_text("Metformin\n", encoding="utf-8")
    assert build(recipe, tmp_path / "with" / "out")["built"]
    assert len(kept(tmp_path / "with" / "out")) == 1
