"""Where no classifier reads: rules that nothing teaches stop a build, languages without one are told of everywhere."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from corpus.build import build as run_build
from corpus.card import read_card
from corpus.errors import UserError
from corpus.explain import explain, tell
from corpus.learn.unread import told
from corpus.progress import Silent
from corpus.quality import fit
from corpus.recipe_file import load_recipe
from corpus.store import Store
from corpus.summary import summary
from tests.corpus.learn.taught import EN, write
from tests.corpus.small import build

REASON = "It is about medicine."
SENTENCE = "The rule relevant dropped 1 document in zh unread: no classifier gives learned.relevance in that language."


def refused(recipe: Path, folder: Path) -> tuple[UserError, UserError]:
    """The errors of a build and of fitting beforehand; neither leaves anything."""
    with pytest.raises(UserError) as built:
        build(recipe, folder / "out")
    with pytest.raises(UserError) as fitted:
        fit(load_recipe(recipe), folder / "models", Store(folder / ".store"), 1, Silent())
    assert not (folder / "out").exists()
    assert not (folder / "models").exists()
    return built.value, fitted.value


def test_a_rule_stops_the_build_where_both_values_have_too_few_examples(tmp_path: Path) -> None:
    built, fitted = refused(write(tmp_path / "in", 10), tmp_path)
    assert "No classifier gives learned.relevance" in built.what
    assert "in 'en' 20 positive and 10 negative examples (50 of each are needed)" in built.what
    assert "in 'zh' " in built.what
    assert built.where == "[[rule]] relevant: signal"
    assert "leave the rule out" in built.mend
    assert "No classifier can be trained" in fitted.what
    assert "relevance in 'en' 20 positive and 10 negative examples (50 of each are needed)" in fitted.what
    assert "quality in 'en' 10 positive and 20 negative" in fitted.what


def test_the_reason_is_the_same_when_the_choice_of_examples_comes_from_the_store(tmp_path: Path) -> None:
    recipe = write(tmp_path / "in", 10)
    told = []
    for _ in range(2):
        with pytest.raises(UserError) as caught:
            build(recipe, tmp_path / "out")
        told.append(str(caught.value))
    assert told[0] == told[1]


def test_examples_of_one_family_stop_the_build_for_that_reason_and_not_for_their_number(tmp_path: Path) -> None:
    recipe = write(tmp_path / "in", 3, ("en",))
    words = [f"chapter {number} of the handbook explains topic {number * number} with care" for number in range(40)]
    for place, source in enumerate(EN):
        rows = [{"id": f"{source}{n}", "text": f"{'. '.join(words)}. Read {n + 100 * place} times."} for n in range(60)]
        (tmp_path / "in" / f"{source}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    built, fitted = refused(recipe, tmp_path)
    for error in (built, fitted):
        assert "in 'en' 120 positive and 60 negative examples in 1 family of related documents" in error.what
        assert "not related to each other" in error.mend


def test_without_a_rule_that_asks_too_few_examples_train_nothing_and_the_build_goes_on(tmp_path: Path) -> None:
    recipe = write(tmp_path / "in", 10)
    recipe.write_text(recipe.read_text().partition("[[rule]]")[0])
    assert build(recipe, tmp_path / "out")["counts"]["unread"] == []
    assert not (tmp_path / "out" / "learned").exists()


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labels in English only, and one document in Chinese."""
    recipe = write(tmp_path_factory.mktemp("english") / "in", languages=("en",))
    chinese = {"id": "zh", "text": "高血压患者应当每日监测血压，并在医生指导下服用降压药物。" * 4}
    with open(recipe.parent / "references.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(chinese, ensure_ascii=False) + "\n")
    build(recipe, recipe.parents[1] / "out")
    return recipe


@pytest.fixture
def out(english: Path) -> Path:
    return english.parents[1] / "out"


def test_labels_in_one_language_only_teach_that_one_and_leave_the_other_without_scores(out: Path) -> None:
    assert {path.stem for path in (out / "learned").glob("*.json")} == {"relevance-en", "quality-en"}
    rows = pl.read_parquet(out / "facts" / "*.parquet").filter(id="table:references/zh")
    assert rows["learned.relevance"].to_list() == [None]


def test_what_a_rule_dropped_unread_is_counted_in_the_card_by_rule_and_language(out: Path) -> None:
    card = read_card(out)
    assert card is not None
    entry = {"rule": "relevant", "signal": "learned.relevance", "language": "zh", "documents": 1}
    assert card.counts["unread"] == [entry]
    assert card.counts["rules"]["relevant"] > 1  # those that were read are not told of


@pytest.mark.parametrize("name", ["README.md", "report.html"])
def test_what_a_rule_dropped_unread_is_said_in_readme_and_report(out: Path, name: str) -> None:
    assert SENTENCE in (out / name).read_text(encoding="utf-8")


def test_what_a_rule_dropped_unread_is_said_on_the_terminal(
    english: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    built = run_build(load_recipe(english, ()), out, Store(out.parent / ".store"), 1, Silent())
    summary(built, "out")
    assert f"warning: {SENTENCE} Restrict the rule's `language`, or label documents in zh." in capsys.readouterr().out


def test_explain_says_that_no_classifier_read_it_and_not_what_the_rule_says_of_those_that_were_read(out: Path) -> None:
    story = tell(explain(out, "table:references/zh"))
    assert "relevant: is unknown, must be >= 0.5" in story
    assert "no classifier read it: none gives learned.relevance in its language (zh-Hans)" in story
    assert REASON not in story
    rows = pl.read_parquet(out / "ledger" / "documents-*.parquet").filter(rule="relevant")
    read = rows.filter(pl.col("value") != "unknown")["id"][0]
    assert REASON in tell(explain(out, read))


def test_a_rule_for_the_languages_that_are_read_drops_nothing_unread(english: Path, out: Path, tmp_path: Path) -> None:
    built = build(english, tmp_path / "out", 'rule.relevant.language=["en"]', store=out.parent / ".store")
    assert built["counts"]["unread"] == []
    rows = pl.read_parquet(tmp_path / "out" / "ledger" / "documents-*.parquet").filter(id="table:references/zh")
    assert rows["fate"].to_list() == ["kept"]


def test_labels_are_advised_only_for_languages_that_can_be_learned() -> None:
    entry = {"rule": "relevant", "signal": "learned.relevance", "documents": 1200}
    german, english = told(entry | {"language": "de"}), told(entry | {"language": "en"})
    assert german.startswith("The rule relevant dropped 1,200 documents in de unread")
    assert german.endswith("Restrict the rule's `language`.")
    assert english.endswith("or label documents in en.")
