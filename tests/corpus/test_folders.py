"""Every command that asks an output folder answers for an empty one, and refuses an older, newer or damaged one in a
sentence that says what mends it; and what it says does mend it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from corpus.card import FORMAT, Card, read_card
from corpus.compare import compare
from corpus.errors import UserError
from corpus.explain import explain
from corpus.report.folder import open_build, reading
from corpus.report.page import write_report
from corpus.similar import similar
from corpus.what_if import what_if
from tests.corpus.small import abstract, build, corpus, write_inputs

TEXT = abstract(5, 105)
COMMANDS: dict[str, Callable[[Path], Any]] = {
    "explain": lambda folder: explain(folder, "table:rows/5"),
    "similar": lambda folder: similar(folder, TEXT, 3),
    "what-if": lambda folder: what_if(folder, ("rule.long-enough.threshold=300",)),
    "diff": lambda folder: compare(folder, folder),
    "report": write_report,
}
EVERY = list(COMMANDS)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("folders")
    build(write_inputs(folder / "in"), folder / "out")
    return folder / "out"


@pytest.fixture
def out(built: Path, tmp_path: Path) -> Path:
    """A copy to do harm to."""
    return Path(shutil.copytree(built, tmp_path / "out"))


def refusal(name: str, folder: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        COMMANDS[name](folder)
    return caught.value


def change_card(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    card = json.loads((folder / "card.json").read_text())
    change(card)
    (folder / "card.json").write_text(json.dumps(card))


def relist(folder: Path) -> None:
    """Write into the card what now lies in the folder, as the build of another version would have."""
    from corpus.card import hash_outputs

    change_card(folder, lambda card: card.update(outputs=hash_outputs(folder)))


def cut(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def scramble(path: Path) -> None:
    """Other bytes, as many."""
    path.write_bytes(b"PAR1" + b"\x07" * (path.stat().st_size - 8) + b"PAR1")


def test_what_is_done_to_folders_here_is_what_the_commands_answer_for_otherwise(built: Path) -> None:
    assert explain(built, "table:rows/5")["documents"]
    assert similar(built, TEXT, 3)[0].id == "table:rows/5"
    assert what_if(built, ("rule.long-enough.threshold=300",)).kinds
    assert compare(built, built).kinds == {}


def test_a_corpus_of_no_documents_is_an_answer(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("")
    recipe = tmp_path / "none.toml"
    recipe.write_text(
        'name = "none"\n[[source]]\nname = "rows"\nkind = "table"\npath = "rows.jsonl"\n'
        '[[rule]]\nname = "long"\nsignal = "document.characters"\ncomparison = ">="\nthreshold = 5\nreason = "short"\n'
    )
    build(recipe, tmp_path / "out")
    out = tmp_path / "out"
    for found in (what_if(out, ("rule.long.threshold=9", "decide.near=0.9")), compare(out, out)):
        assert found.kinds == {}
        assert found.table.is_empty()
        assert sum(found.splits.values()) == 0
    assert similar(out, TEXT, 3) == []
    assert "none" in write_report(out).read_text("utf-8")
    assert "ever read" in refusal("explain", out).what
    assert "0 documents are kept" in corpus("what-if", str(out), "--set", "decide.near=0.9").stdout


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda card: card.update(format=99), "format 99, and this version reads format 1"),
        (lambda card: card.update(format=99, kind=["corpus"]), "format 99"),
        (lambda card: card.update(newfield=1), "a field 'newfield'"),
        (lambda card: card["recipe"]["decide"].update(oldkey=1), "'decide.oldkey', which this version does not know"),
        (lambda card: card["recipe"]["decide"].update(near="all"), "'decide.near', which this version reads otherwise"),
    ],
    ids=["format", "format and fields", "field", "key of the recipe", "value of the recipe"],
)
def test_a_folder_of_another_version_is_told_as_one(
    out: Path, name: str, change: Callable[[dict[str, Any]], object], told: str
) -> None:
    change_card(out, change)
    error = refusal(name, out)
    assert "made by another version" in error.what
    assert told in error.what
    assert f"format {FORMAT}" in error.what
    assert f"corpus build RECIPE --out {out}" in error.mend


@pytest.mark.parametrize("change", [{"format": 99}, {"newfield": 1}], ids=str)
def test_a_rebuild_mends_a_folder_of_another_version(out: Path, built: Path, change: dict[str, Any]) -> None:
    change_card(out, lambda card: card.update(change))
    assert build(built.parent / "in" / "small.toml", out, store=built.parent / ".store")["built"]
    assert compare(built, out).kinds == {}


def test_facts_without_the_columns_of_this_version_are_those_of_another(out: Path) -> None:
    path = out / "facts" / "facts-00000.parquet"
    pl.read_parquet(path).drop("sketch.high", "sketch.low", "sketch.shingles").write_parquet(path)
    relist(out)
    for name in ("what-if", "similar"):
        error = refusal(name, out)
        assert "another version" in error.what
        assert "no column 'sketch.high'" in error.what
        assert error.where == str(path)


NEEDED = {
    "facts/facts-00000.parquet": EVERY,
    "ledger/documents-00000.parquet": EVERY,
    "ledger/records-00000.parquet": ["explain", "report"],
    "ledger/samples.parquet": ["report"],
    "relations/relations-00000.parquet": ["explain", "what-if", "report"],
    "sketches/sketches-00000.parquet": ["similar"],
}
HARM: dict[str, Callable[[Path], object]] = {"gone": Path.unlink, "cut short": cut, "other bytes": scramble}
CASES = [(file, name, harm) for file, names in NEEDED.items() for name in names for harm in HARM]


@pytest.mark.parametrize(("file", "name", "harm"), CASES)
def test_a_damaged_file_is_named_with_its_cure(out: Path, file: str, name: str, harm: str) -> None:
    HARM[harm](out / file)
    error = refusal(name, out)
    assert ("is missing" if harm == "gone" else "is damaged") in error.what
    assert error.where == str(out / file)
    assert f"corpus build RECIPE --out {out}" in error.mend
    assert ("remove that file" in error.mend) == (harm != "gone")


def test_a_folder_that_lost_a_file_unlisted_is_refused_too(out: Path) -> None:
    change_card(out, lambda card: card.update(outputs={}))
    shutil.rmtree(out / "relations")
    assert "is missing" in refusal("what-if", out).what
    shutil.rmtree(out / "facts")
    assert "is missing" in refusal("diff", out).what


def test_the_cure_of_a_damaged_file_cures_it(out: Path, built: Path) -> None:
    path = out / "facts" / "facts-00000.parquet"
    scramble(path)
    assert "remove that file" in refusal("diff", out).mend
    path.unlink()
    assert build(built.parent / "in" / "small.toml", out, store=built.parent / ".store")["built"]
    assert compare(built, out).kinds == {}


def test_texts_may_be_missing_but_not_damaged(out: Path) -> None:
    shutil.move(out / "data", out / "elsewhere")
    assert similar(out, TEXT, 1)[0].id == "table:rows/5"
    assert explain(out, "table:rows/5")["data"] == {}
    shutil.move(out / "elsewhere", out / "data")
    for path in (out / "data").iterdir():
        cut(path)
    assert "is damaged" in refusal("similar", out).what


def test_a_fault_of_ours_stays_a_fault_of_ours(built: Path) -> None:
    with pytest.raises(ZeroDivisionError), reading(open_build(built)):
        1 / 0  # noqa: B018


def test_the_commands_end_with_a_sentence_and_exit_code_1(out: Path) -> None:
    cut(out / "facts" / "facts-00000.parquet")
    for arguments in (["diff", str(out), str(out)], ["report", str(out)], ["explain", "1", "--out", str(out)]):
        done = corpus(*arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert re.match(r"error: A file of this corpus is damaged", done.stderr)


def test_a_card_that_only_another_version_understands_can_still_be_replaced(out: Path) -> None:
    change_card(out, lambda card: card.update(newfield=1))
    card = read_card(out)
    assert isinstance(card, Card)
    assert "newfield" not in card.model_dump()
