"""Whole builds with exams: fates, cuts, books, caching, what explain, what-if and the report say, and bad exams."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest

from corpus.errors import UserError
from corpus.leaks.settings import ExamSettings
from corpus.leaks.stage import exam_index
from corpus.store import Store
from corpus.summary import funnel_rows
from tests.corpus.leaks.made import (
    CHINESE,
    ENGLISH,
    PAPER,
    SHORT,
    VIGNETTE,
    built,
    lettered,
    page,
    write_exam,
    write_recipe,
)
from tests.corpus.small import build, corpus, hashes

LONG = page(f"{ENGLISH.question}\n{lettered(ENGLISH.options)}", times=8)
HAN = page(f"{CHINESE.question}\n{lettered(CHINESE.options)}", language="zh", times=14)
DOCUMENTS = {
    "clean": page(times=6),
    "textbook": LONG,
    "han": HAN,
    "note": f"Question of the day.\n{VIGNETTE}\nThink about it.",
    "paper": page("The same work, told anew.", times=2),
}
PMIDS = {"paper": PAPER.source_id}


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    return write_recipe(tmp_path, DOCUMENTS, PMIDS)


def test_a_textbook_loses_the_passage_and_a_note_that_is_the_question_goes(recipe: Path) -> None:
    printed, ledger, texts = built(recipe, "decide.drop=[]")
    fates = {name: row["fate"] for name, row in ledger.items()}
    assert fates == {"clean": "kept", "textbook": "kept", "han": "kept", "note": "leaked", "paper": "leaked"}
    assert printed["counts"]["documents"] == {"kept": 3, "leaked": 2}
    assert ENGLISH.question not in texts["textbook"]
    assert "nasturtium" not in texts["textbook"]
    assert CHINESE.question not in texts["han"]
    assert CHINESE.options[2] not in texts["han"]
    assert texts["clean"] == DOCUMENTS["clean"]
    assert set(texts) == {"clean", "textbook", "han"}


def test_the_ledger_names_item_part_and_span(recipe: Path) -> None:
    _, ledger, _ = built(recipe, "decide.drop=[]")
    for name, item in (("textbook", ENGLISH), ("han", CHINESE)):
        leaks = {leak["part"]: leak for leak in ledger[name]["leaks"]}
        assert set(leaks) == {"question", "options"}
        assert all(leak["item"] == f"made/{item.id}" and leak["score"] == 1 for leak in leaks.values())
        question = DOCUMENTS[name][leaks["question"]["start"] : leaks["question"]["end"]]
        assert question == item.question.rstrip("?")
    assert ledger["note"]["rule"] == "leaks"
    assert ledger["note"]["other"] == f"made/{ENGLISH.id}"
    assert ledger["note"]["value"].endswith("of the text")
    assert ledger["note"]["threshold"] == "<= 0.2"
    assert ledger["paper"]["other"] == f"made/{PAPER.id}"
    assert ledger["paper"]["leaks"][0]["part"] == "source"
    assert ledger["clean"]["leaks"] is None
    assert ledger["clean"]["cut"] == 0


def test_bytes_balance_when_passages_are_cut(recipe: Path) -> None:
    printed, ledger, texts = built(recipe, "decide.drop=[]")
    for name, text in texts.items():
        row = ledger[name]
        assert row["bytes"] == len(text.encode())
        assert row["bytes"] + row["cut"] == len(DOCUMENTS[name].encode())
    assert printed["counts"]["kept_bytes"] == sum(len(text.encode()) for text in texts.values())
    cut = [row["cut"] for row in ledger.values() if row["cut"]]
    assert len(cut) == 2
    assert printed["counts"]["cut"] == {"documents": 2, "bytes": sum(cut)}


def test_what_is_left_of_a_text_is_the_text_without_the_passages(recipe: Path) -> None:
    _, ledger, texts = built(recipe, "decide.drop=[]")
    leaks = ledger["textbook"]["leaks"]
    first, last = min(leak["start"] for leak in leaks), max(leak["end"] for leak in leaks)
    assert texts["textbook"] == LONG[:first] + LONG[last:]


def test_no_number_and_no_letter_is_left_of_what_was_cut(tmp_path: Path) -> None:
    text = page(f"12. {SHORT.question}", lettered(SHORT.options), f"13. {VIGNETTE}", times=6)
    _, ledger, texts = built(write_recipe(tmp_path, {"book": text}), "decide.drop=[]")
    assert [leak["part"] for leak in ledger["book"]["leaks"]] == ["question", "options", "question"]
    assert not re.search(r"^\W*(?:\d+|[A-J])\W*$", texts["book"], re.MULTILINE)
    assert SHORT.options[0] not in texts["book"]


def test_a_passage_that_a_page_break_parts_is_cut_whole(tmp_path: Path) -> None:
    middle = VIGNETTE.index(" because")
    torn = f"{VIGNETTE[:middle]}\nPage 37\nThe Keeper's Internal Medicine\n{VIGNETTE[middle:].strip()}"
    _, ledger, texts = built(write_recipe(tmp_path, {"book": page(torn, times=8)}), "decide.drop=[]")
    (leak,) = ledger["book"]["leaks"]
    assert (leak["part"], leak["score"]) == ("question", 1)
    assert "boots. Which" not in texts["book"]
    assert "lighthouse keeper" not in texts["book"]
    assert "Page 37" not in texts["book"]


def test_drop_takes_the_document_and_keep_takes_nothing(recipe: Path) -> None:
    printed, ledger, _ = built(recipe, "decide.drop=[]", "decide.leaks=drop")
    assert printed["counts"]["documents"] == {"kept": 1, "leaked": 4}
    assert printed["counts"]["holding"] == 0
    assert (ledger["han"]["value"], ledger["han"]["threshold"]) == ("question 1", "< 0.8")
    printed, ledger, texts = built(recipe, "decide.drop=[]", "decide.leaks=keep")
    assert printed["counts"]["documents"] == {"kept": 5}
    assert texts["textbook"] == LONG
    assert ("  with exam items", 4, 'left in, as leaks = "keep" says') in funnel_rows(printed["counts"])
    assert {leak["part"] for leak in ledger["textbook"]["leaks"]} == {"question", "options"}


def test_a_copy_of_a_leaked_document_is_not_kept_in_its_place(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, {"one": DOCUMENTS["note"], "two": DOCUMENTS["note"].upper(), "clean": page()})
    _, ledger, _ = built(recipe)
    assert [ledger[name]["fate"] for name in ("one", "two", "clean")] == ["leaked", "leaked", "kept"]


def test_a_document_that_breaks_a_rule_and_leaks_counts_as_leaked_and_lists_the_rule(tmp_path: Path) -> None:
    rule = ('\n[[rule]]\nname = "long"\nsignal = "document.characters"\ncomparison = ">="\nthreshold = 9000\n'
            'reason = "A test."\n')  # fmt: skip
    _, ledger, _ = built(write_recipe(tmp_path, DOCUMENTS, PMIDS, rule), "decide.drop=[]")
    assert ledger["note"]["fate"] == "leaked"
    assert ledger["note"]["broken"][0]["rule"] == "long"
    assert ledger["textbook"]["fate"] == "dropped"
    assert ledger["textbook"]["cut"] == 0


def test_without_exams_nothing_is_looked_for(recipe: Path) -> None:
    text = recipe.read_text(encoding="utf-8")
    start, end = text.index("[[exam]]"), text.index("[decide]")
    recipe.write_text(text[:start] + text[end:], encoding="utf-8")
    printed, ledger, _ = built(recipe, "decide.drop=[]")
    assert printed["counts"]["documents"] == {"kept": 5}
    assert all(row["leaks"] is None for row in ledger.values())
    facts = pl.read_parquet(recipe.parent / "out" / "facts" / "*.parquet")
    assert facts["exam_overlap.count"].null_count() == 5


def test_another_exam_file_annotates_anew_and_the_same_one_does_not(recipe: Path) -> None:
    first, _, _ = built(recipe, "decide.drop=[]")
    again, _, _ = built(recipe, "decide.drop=[]")
    assert first["built"]
    assert not again["built"]
    write_exam(recipe.parent / "exam.jsonl", SHORT)
    changed, ledger, texts = built(recipe, "decide.drop=[]")
    assert changed["built"]
    assert changed["identity"] != first["identity"]
    assert "annotate" in changed["run"]["stages"]
    assert "ingest" not in changed["run"]["stages"]
    assert {row["fate"] for row in ledger.values()} == {"kept"}
    assert texts["textbook"] == LONG


def test_another_threshold_asks_no_document_again(recipe: Path) -> None:
    built(recipe, "decide.drop=[]")
    changed, ledger, _ = built(recipe, "decide.drop=[]", "decide.leak_share=0.95")
    assert changed["built"]
    assert "annotate" not in changed["run"]["stages"]
    assert ledger["note"]["fate"] == "kept"
    assert ledger["note"]["cut"] > 0


def test_the_output_does_not_depend_on_the_number_of_workers(recipe: Path) -> None:
    one = recipe.parent / "one"
    two = recipe.parent / "two"
    build(recipe, one, store=recipe.parent / "store1")
    build(recipe, two, store=recipe.parent / "store2", workers=2)
    assert hashes(one) == hashes(two)


def test_explain_tells_item_place_and_what_was_cut(recipe: Path) -> None:
    built(recipe, "decide.drop=[]")
    out = str(recipe.parent / "out")
    told = corpus("explain", "table:rows/textbook", "--out", out).stdout
    assert f"leaks  made/{ENGLISH.id}: question at characters" in told
    assert "options at characters" in told
    assert "bytes: the passages of these items" in told
    told = corpus("explain", "table:rows/note", "--out", out).stdout
    assert "fate     leaked: " in told
    assert f"must be <= 0.2; it gives away made/{ENGLISH.id}" in told


def test_what_if_says_what_dropping_would_cost(recipe: Path) -> None:
    built(recipe, "decide.drop=[]")
    told = corpus("what-if", str(recipe.parent / "out"), "--set", "decide.leaks=drop", "--json")
    assert told.returncode == 0, told.stderr
    lost = json.loads(told.stdout)
    assert "table:rows/textbook" in json.dumps(lost)
    assert "table:rows/clean" not in json.dumps(lost)


def test_the_report_shows_exams_and_cases(recipe: Path) -> None:
    built(recipe, "decide.drop=[]")
    page_text = (recipe.parent / "out" / "report.html").read_text(encoding="utf-8")
    assert '<section id="leaks">' in page_text
    assert "Exam items in standing documents, by exam" in page_text
    assert f"made/{ENGLISH.id}" in page_text
    assert "2 documents lost passages" in page_text


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.unlink(), "There is no such file or folder"),
        (lambda path: path.write_text(""), "holds no entry"),
        (lambda path: path.write_text('{"question": "Q?"}\n'), "option"),
        (lambda path: path.write_text('{"question": "Q?", "options": ["a", "b"], "answer": "D"}\n'), "answer"),
        (lambda path: path.write_text("{broken"), "cannot be read"),
    ],
)
def test_a_bad_exam_stops_the_build_before_anything_is_read(recipe: Path, spoil: object, said: str) -> None:
    assert callable(spoil)
    spoil(recipe.parent / "exam.jsonl")
    with pytest.raises(UserError) as told:
        built(recipe)
    assert said in str(told.value)
    assert "[[exam]] made" in str(told.value)
    assert not (recipe.parent / "out").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [('form = "plain"', 'form = "plane"', "no form of exams"), ('split = "test"', 'spilt = "test"', "did you mean"),
     ("[decide]", "[decide]\nleaks = 'maybe'", "leaks"), ("[decide]", "[decide]\nleak_score = 0.5", "leak_score"),
     ("[decide]", '[[exam]]\nname = "made"\nform = "plain"\npath = "exam.jsonl"\n[decide]', "names must differ")],
)  # fmt: skip
def test_a_mistake_in_the_recipe_is_told(recipe: Path, old: str, new: str, said: str) -> None:
    recipe.write_text(recipe.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(UserError) as told:
        built(recipe)
    assert said in str(told.value)


def test_an_option_that_stands_twice_is_told_when_the_exam_is_read(tmp_path: Path) -> None:
    twice = SHORT._replace(options=(*SHORT.options[:3], SHORT.options[0]))
    path = write_exam(tmp_path / "exam.jsonl", ENGLISH, twice)
    exam, store, said = (
        ExamSettings(name="made", form="plain", path="exam.jsonl"),
        Store(tmp_path / "store"),
        list[str](),
    )
    exam_index([exam], tmp_path, store, said.append)
    assert said == [f"[[exam]] made: 1 item has the same option twice; the first is in {path}, line 2"]
    exam_index([exam], tmp_path, store, said.append)
    assert len(said) == 1
