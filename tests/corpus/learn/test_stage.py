"""Classifiers from labels, at build time and beforehand: what they learn, what they refuse, that they are the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from corpus.card import read_card
from corpus.errors import UserError
from corpus.progress import Silent
from corpus.quality import fit
from corpus.recipe_file import load_recipe
from corpus.store import Store, sha256_file
from tests.corpus.learn.taught import write
from tests.corpus.small import build, hashes
from tests.killed import killed_at

TASKS = {"relevance-en", "relevance-zh", "quality-en", "quality-zh"}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("taught"))


@pytest.fixture(scope="module")
def out(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("learned")
    build(inputs, folder / "out")
    return folder / "out"


@pytest.fixture(scope="module")
def models(inputs: Path, out: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "classifiers"
    fit(load_recipe(inputs), folder, Store(out.parent / ".store"), 1, Silent())
    return folder


def told(out: Path) -> dict[str, dict[str, object]]:
    return {path.stem: json.loads(path.read_bytes()) for path in (out / "learned").glob("*.json")}


def facts(out: Path) -> pl.DataFrame:
    return pl.read_parquet(out / "facts" / "*.parquet")


def test_every_task_and_language_gets_a_classifier_that_tells_its_labels_apart(out: Path) -> None:
    found = told(out)
    assert set(found) == TASKS
    for one in found.values():
        area = one["auc"]
        assert isinstance(area, dict)
        assert 0.98 < area["low"] <= area["value"] <= area["high"] <= 1
        assert one["calibration_error"] < 0.1  # type: ignore[operator]


def test_the_scores_part_the_sources_and_rules_and_tiers_use_them(out: Path) -> None:
    medians = facts(out).group_by("document.source").agg(pl.col("learned.relevance", "learned.quality").median())
    found = {row[0]: row[1:] for row in medians.iter_rows()}
    assert found["news"][0] < 0.2
    assert min(found["references"][0], found["consultations"][0]) > 0.8
    assert found["references"][1] > 0.8 > 0.2 > found["consultations"][1]
    ledger = pl.read_parquet(out / "ledger" / "documents-*.parquet")
    dropped = ledger.filter(rule="relevant")["source"].value_counts()
    assert dict(dropped.iter_rows())["news"] > 280
    assert set(ledger.filter(tier="high")["source"]) == {"references"}


def test_what_is_told_of_a_classifier_comes_from_documents_it_never_saw(out: Path) -> None:
    for one in told(out).values():
        labels = one["labels"]
        assert isinstance(labels, list)
        for label in labels:
            assert label["documents"]["test"] >= 20
            assert label["documents"]["train"] > label["documents"]["calibrate"] > 0
        bins = one["reliability"]
        assert isinstance(bins, list)
        assert sum(one["documents"] for one in bins) == sum(label["documents"]["test"] for label in labels)


def test_the_telling_n_grams_are_the_words_of_the_labels(out: Path) -> None:
    telling = told(out)["relevance-en"]["telling"]
    assert isinstance(telling, dict)
    assert {"football", "election", "market"} & {one["text"] for one in telling["negative"]}
    assert not {"the", "of", "was"} & {one["text"] for one in telling["positive"]}


def test_another_store_and_other_workers_give_the_same_bytes(inputs: Path, out: Path, tmp_path: Path) -> None:
    build(inputs, tmp_path / "out", store=tmp_path / "store", workers=2)
    assert hashes(tmp_path / "out") == hashes(out)


@pytest.mark.parametrize("point", ["learn:trained", "learn:committed", "choice:written"])
def test_killed_while_learning_a_rerun_finishes_with_identical_output(
    inputs: Path, out: Path, tmp_path: Path, point: str
) -> None:
    killed_at(point, build, inputs, tmp_path / "out")
    build(inputs, tmp_path / "out")
    assert hashes(tmp_path / "out") == hashes(out)


@pytest.mark.parametrize("name", ["model.bin", "told.json"])
def test_a_damaged_classifier_of_the_store_is_named_once_and_learned_again(
    inputs: Path, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    shutil.copytree(out.parent / ".store", tmp_path / ".store")
    path = sorted((tmp_path / ".store" / "learn").glob(f"*/*/{name}"))[0]
    content = bytearray(path.read_bytes())
    content[500] ^= 1
    path.write_bytes(content)
    monkeypatch.setattr("corpus.store._CHECKED", set())  # as in a new process
    with pytest.raises(UserError, match="run again, and it is made anew"):
        build(inputs, tmp_path / "out")
    build(inputs, tmp_path / "out")
    assert hashes(tmp_path / "out") == hashes(out)


def test_learning_counts_examples_for_a_document_can_be_one_of_two_tasks(out: Path) -> None:
    learn = json.loads((out / "run.json").read_bytes())["stages"]["learn"]
    labels = [label for one in told(out).values() for label in one["labels"]]  # type: ignore[attr-defined]
    assert learn["examples"] == sum(sum(label["documents"].values()) for label in labels)
    assert "documents" not in learn


def test_a_threshold_changes_without_learning_again(inputs: Path, out: Path, tmp_path: Path) -> None:
    again = build(inputs, tmp_path / "out", "rule.relevant.threshold=0.9", store=out.parent / ".store")
    assert not {"learn", "score", "annotate", "relate"} & set(again["run"]["stages"])


def test_classifiers_fitted_beforehand_score_as_those_of_the_build(
    inputs: Path, out: Path, models: Path, tmp_path: Path
) -> None:
    card = read_card(models)
    assert card is not None
    assert card.kind == "classifier"
    assert set(card.parents) == {"source:references", "source:consultations", "source:news"}
    recipe = tmp_path / "later.toml"
    text = inputs.read_text().split("[[label]]")[0].replace('path = "', f'path = "{inputs.parent}/')
    rules = "[[rule]]" + inputs.read_text().partition("[[rule]]")[2]
    recipe.write_text(f"{text}{rules}\n[annotate.learned]\nmodels = '{models}'\n")
    build(recipe, tmp_path / "out")
    same = ("id", "learned.relevance", "learned.quality")
    assert facts(tmp_path / "out").select(same).equals(facts(out).select(same))
    later = read_card(tmp_path / "out")
    assert later is not None
    assert later.parents == {"classifiers": card.identity}
    assert told(tmp_path / "out") == told(out)


def damaged(models: Path, tmp_path: Path, change: object, rules: str = "") -> UserError:
    """The error of a build with a copy of the models that `change` has been at."""
    folder = tmp_path / "classifiers"
    shutil.copytree(models, folder)
    change(folder)  # type: ignore[operator]
    (tmp_path / "rows.jsonl").write_text('{"id": "1", "text": "The dosage of the tablets was in the plasma and is."}\n')
    recipe = tmp_path / "later.toml"
    recipe.write_text('name = "later"\n[[source]]\nname = "rows"\nkind = "table"\npath = "rows.jsonl"\nid = "id"\n'
                      '[annotate.learned]\nmodels = "classifiers"\n' + rules)  # fmt: skip
    with pytest.raises(UserError) as caught:
        build(recipe, tmp_path / "out")
    assert "corpus quality fit" in str(caught.value)
    return caught.value


def recarded(folder: Path) -> None:
    """Write the hashes of the files into the card, as somebody would who hides that he changed them."""
    card = json.loads((folder / "card.json").read_bytes())
    for path in folder.glob("*-*"):
        card["outputs"][path.name] = [sha256_file(path), path.stat().st_size]
    (folder / "card.json").write_text(json.dumps(card))


def rewritten(folder: Path, **values: object) -> None:
    """Change what is told of a classifier."""
    path = folder / "relevance-en.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | values))


def test_a_truncated_model_is_refused_by_its_hash(models: Path, tmp_path: Path) -> None:
    def truncate(folder: Path) -> None:
        path = folder / "relevance-en.bin"
        path.write_bytes(path.read_bytes()[:-1000])

    assert "not the file that its card describes" in str(damaged(models, tmp_path, truncate))


def test_a_foreign_model_is_refused_though_its_hash_was_written_into_the_card(models: Path, tmp_path: Path) -> None:
    from tests.corpus.annotate.tiny_model import plain

    def exchange(folder: Path) -> None:
        path = folder / "relevance-en.bin"
        path.write_bytes(plain())
        rewritten(folder, sha256=sha256_file(path))
        recarded(folder)

    assert "labels that are not ours" in str(damaged(models, tmp_path, exchange))


def test_a_model_that_is_no_fasttext_file_is_refused(models: Path, tmp_path: Path) -> None:
    def replace(folder: Path) -> None:
        path = folder / "relevance-en.bin"
        path.write_bytes(b"\x80\x04\x95pickle" * 100)
        rewritten(folder, sha256=sha256_file(path))
        recarded(folder)

    assert "not a whole fastText classifier" in str(damaged(models, tmp_path, replace))


def test_a_model_that_the_card_does_not_list_is_refused(models: Path, tmp_path: Path) -> None:
    def add(folder: Path) -> None:
        one = json.loads((folder / "quality-en.json").read_bytes()) | {"language": "de"}
        (folder / "quality-de.json").write_text(json.dumps(one))

    assert "not one that the card" in str(damaged(models, tmp_path, add))


@pytest.mark.parametrize("name", ["relevance-en.json", "relevance-en.bin"])
def test_a_file_that_the_card_lists_and_that_is_gone_is_refused(models: Path, tmp_path: Path, name: str) -> None:
    error = damaged(models, tmp_path, lambda folder: (folder / name).unlink())
    assert "is not there" in error.what
    assert error.where.endswith(name)


def test_a_changed_calibration_is_refused_by_the_hash_of_what_is_told(models: Path, tmp_path: Path) -> None:
    error = damaged(models, tmp_path, lambda folder: rewritten(folder, slope=-1.0))
    assert "not the file that its card describes" in error.what


@pytest.mark.parametrize(
    "values",
    [{"slope": float("nan")}, {"slope": -1.0}, {"intercept": float("inf")}, {"task": "worth"}, {"language": "../en"}],
)
def test_what_no_calibration_can_be_is_refused_though_the_card_agrees(
    models: Path, tmp_path: Path, values: dict[str, object]
) -> None:
    def change(folder: Path) -> None:
        rewritten(folder, **values)
        recarded(folder)

    assert "cannot be read" in damaged(models, tmp_path, change).what


def test_a_description_under_the_name_of_another_classifier_is_refused(models: Path, tmp_path: Path) -> None:
    def change(folder: Path) -> None:
        shutil.copyfile(folder / "relevance-zh.json", folder / "relevance-en.json")
        recarded(folder)

    assert "describes a classifier of relevance in 'zh'" in damaged(models, tmp_path, change).what


def test_a_build_is_not_up_to_date_when_a_calibration_changed_under_the_same_identity(
    models: Path, tmp_path: Path
) -> None:
    shutil.copytree(models, tmp_path / "classifiers")
    (tmp_path / "classifiers" / ".listing").write_text("what a file manager hides is no file of ours")
    (tmp_path / "rows.jsonl").write_text('{"id": "1", "text": "The dosage of the tablets was in the plasma and is."}\n')
    recipe = tmp_path / "later.toml"
    recipe.write_text('name = "later"\n[[source]]\nname = "rows"\nkind = "table"\npath = "rows.jsonl"\nid = "id"\n'
                      '[annotate.learned]\nmodels = "classifiers"\n')  # fmt: skip
    first = build(recipe, tmp_path / "out")
    assert not build(recipe, tmp_path / "out")["built"]
    before = facts(tmp_path / "out")["learned.relevance"].to_list()
    rewritten(tmp_path / "classifiers", slope=0.01)
    recarded(tmp_path / "classifiers")
    again = build(recipe, tmp_path / "out")
    assert again["built"]
    assert again["identity"] != first["identity"]
    assert facts(tmp_path / "out")["learned.relevance"].to_list() != before


def test_a_folder_without_the_classifier_that_a_rule_asks_for_is_refused_before_work(
    models: Path, tmp_path: Path
) -> None:
    def only_quality(folder: Path) -> None:
        card = json.loads((folder / "card.json").read_bytes())
        for path in folder.glob("relevance-*"):
            path.unlink()
            del card["outputs"][path.name]
        (folder / "card.json").write_text(json.dumps(card))

    rule = ('[[rule]]\nname = "relevant"\nsignal = "learned.relevance"\ncomparison = ">="\nthreshold = 0.5\n'
            'reason = "It is about medicine."\n')  # fmt: skip
    error = damaged(models, tmp_path, only_quality, rule)
    assert "No classifier gives learned.relevance" in error.what
    assert "The folder classifiers holds none" in error.what
    assert error.where == "[[rule]] relevant: signal"
    assert not (tmp_path / ".store" / "ingest").exists()


def test_a_folder_without_classifiers_is_refused(tmp_path: Path) -> None:
    recipe = write(tmp_path / "in", 3)
    recipe.write_text(recipe.read_text().split("[[label]]")[0] + '[annotate.learned]\nmodels = "nowhere"\n')
    with pytest.raises(UserError, match="holds no classifiers"):
        build(recipe, tmp_path / "out")


def test_labels_of_one_value_are_refused_with_the_task_the_language_and_a_cure(tmp_path: Path) -> None:
    recipe = write(tmp_path / "in")
    (tmp_path / "in" / "news.jsonl").write_text("")
    with pytest.raises(UserError) as caught:
        build(recipe, tmp_path / "out")
    assert "relevance in 'en' 300 positive documents and 0 negative" in str(caught.value)
    assert "learn.languages" in str(caught.value)


def test_a_language_that_no_classifier_is_asked_for_is_left_out(tmp_path: Path) -> None:
    recipe = write(tmp_path / "in")
    build(recipe, tmp_path / "out", 'learn.languages=["zh"]')
    assert set(told(tmp_path / "out")) == {"relevance-zh", "quality-zh"}


def test_a_rule_on_a_learned_signal_that_nothing_teaches_is_refused_before_work(tmp_path: Path) -> None:
    recipe = write(tmp_path / "in", 3)
    before, _, after = recipe.read_text().partition("[[label]]")
    recipe.write_text(before + "[[rule]]" + after.partition("[[rule]]")[2])
    with pytest.raises(UserError, match="nothing teaches it"):
        build(recipe, tmp_path / "out")


def test_a_label_that_asks_for_what_it_teaches_is_refused(tmp_path: Path) -> None:
    recipe = write(tmp_path / "in", 3)
    recipe.write_text(recipe.read_text().replace('signal = "document.genre"', 'signal = "learned.quality"', 1)
                      .replace('threshold = "general"', "threshold = 0.5", 1).replace('"=="', '">="', 1))  # fmt: skip
    with pytest.raises(UserError, match="learned from labels"):
        build(recipe, tmp_path / "out")


def test_related_documents_are_never_on_both_sides_of_training_and_test(out: Path, tmp_path: Path) -> None:
    recipe = write(tmp_path / "in")
    path = tmp_path / "in" / "references.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    long = " ".join(f"Chapter {n} of the handbook explains topic {n * n} with care." for n in range(10, 40))
    copies = [{"id": f"copy{n}", "text": f"{long} Viewed {n} times."} for n in range(40)]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in [*rows, *copies]) + "\n")
    build(recipe, tmp_path / "out", 'learn.languages=["en"]')
    before, after = edited(out), edited(tmp_path / "out")
    assert sorted(after[part] - before[part] for part in before) == [0, 0, 40]


def edited(out: Path) -> dict[str, int]:
    """The English documents of the label `edited`, by part."""
    labels = told(out)["quality-en"]["labels"]
    assert isinstance(labels, list)
    documents: dict[str, int] = next(one["documents"] for one in labels if one["label"] == "edited")
    return documents
