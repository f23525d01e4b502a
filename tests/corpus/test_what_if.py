"""What-if answers as a build would, reads no text, and refuses what only a build can tell; diff and similar too."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from corpus.changes import STATE, changes
from corpus.compare import compare, state
from corpus.decide import LARGEST_GROUP
from corpus.errors import UserError
from corpus.report.folder import open_build
from corpus.similar import similar
from corpus.tables import show_changes
from corpus.what_if import changed, decided, what_if
from tests.corpus.small import RETRACTION, build, citation, citations, corpus, write_inputs

LONG = (
    "Oral rehydration replaces the water and salts that are lost with diarrhoea, and a child who drinks little needs "
    "it sooner than a child who drinks well. Mix one sachet with boiled water as the label of the sachet says, let it "
    "cool, and give it in small sips over the whole day, after every loose stool some more. Go to a clinic when the "
    "eyes look sunken, when no urine comes for half a day, or when there is blood in the stool."
)


def with_copies(folder: Path) -> Path:
    """The small build's inputs and copies of every kind: exact, near, a variant, and a work that is retracted."""
    recipe = write_inputs(folder)
    rows = [
        {"id": "copy-a", "text": LONG}, {"id": "copy-b", "text": LONG.upper()},
        {"id": "copy-c", "text": LONG + " Viewed 1,204 times."}, {"id": "copy-d", "text": LONG + " Viewed 77 times."},
        {"id": "dose-a", "text": LONG + " The dose is 81 mg for 7 days."},
        {"id": "dose-b", "text": LONG + " The dose is 325 mg for 14 days."},
    ]  # fmt: skip
    lines = "\n".join(json.dumps(row) for row in rows)
    (folder / "rows" / "copies.jsonl").write_text(lines + "\n", encoding="utf-8")
    return recipe


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_copies(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(scope="module")
def out(recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("what-if") / "out"
    build(recipe, folder)
    return folder


SETS = [
    ("rule.long-enough.threshold=300",),
    ("rule.en-words.threshold=40", "decide.near=1.0"),
    ("decide.drop=[]",),
    ('decide.drop=["exact"]',),
    ('decide.tiers=["basic", "high"]', "decide.held_out=0.3"),
    ('decide.retracted="keep"',),
    ('tier.trials.tier="middle"',),
]


@pytest.mark.parametrize("sets", SETS, ids=" ".join)
def test_the_answer_is_that_of_a_build(recipe: Path, out: Path, tmp_path: Path, sets: tuple[str, ...]) -> None:
    build(recipe, tmp_path / "out", *sets, store=out.parent / ".store")
    here = open_build(out)
    told = decided(here, changed(here, sets), state(here)).sort("id")
    assert told.equals(state(open_build(tmp_path / "out")).sort("id"))
    assert not told.equals(state(here).sort("id"))


def test_a_value_as_it_is_changes_nothing(out: Path) -> None:
    found = what_if(out, ("decide.near=0.8",))
    assert found.kinds == {}
    assert found.samples.is_empty()
    assert found.table["documents_gained"].sum() == found.table["documents_lost"].sum() == 0


def test_gains_and_losses_are_counted_by_source_and_tier_and_balance(out: Path) -> None:
    found = what_if(out, ("rule.long-enough.threshold=300",))
    for what in ("documents", "characters"):
        left = found.table[f"{what}_before"] + found.table[f"{what}_gained"] - found.table[f"{what}_lost"]
        assert left.to_list() == found.table[f"{what}_after"].to_list()
    assert found.kinds["lost"] == found.table["documents_lost"].sum() > 30
    sample = found.samples.filter(kind="lost").to_dicts()[0]
    assert sample["before"].startswith("kept in ")
    assert sample["after"] == "dropped: long-enough"


def test_what_needs_a_build_is_refused(out: Path) -> None:
    with pytest.raises(UserError, match="not only what is chosen"):
        what_if(out, ("relate.terms=drugs.txt",))
    with pytest.raises(UserError, match="not only what is chosen"):
        what_if(out, ('source.rows.genre="web"',))


def test_nothing_asked_an_unknown_value_and_a_folder_without_a_corpus_are_told(out: Path, tmp_path: Path) -> None:
    for folder, sets, said in (
        (out, (), "Nothing is changed"), (out, ("rule.long-enuff.threshold=3",), "did you mean"),
        (out, ("decide.near=0.1",), "must be at least"), (tmp_path, ("decide.near=0.9",), "no corpus"),
    ):  # fmt: skip
        with pytest.raises(UserError) as caught:
            what_if(folder, sets)
        assert said in str(caught.value)


def test_a_value_that_does_not_fit_is_told_where_it_was_given(out: Path) -> None:
    with pytest.raises(UserError) as caught:
        what_if(out, ("decide.held_out=0.2", "decide.near=0.5"))
    assert caught.value.where == "--set decide.near=0.5"
    assert "card.json" not in str(caught.value)
    with pytest.raises(UserError) as caught:
        what_if(out, ('decide.tiers=["best"]', "decide.near=0.9"))
    assert caught.value.where == '--set decide.tiers=["best"] --set decide.near=0.9'  # either may be at fault


def test_no_text_is_needed(out: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(out, tmp_path / "out")
    shutil.rmtree(tmp_path / "out" / "data")
    assert what_if(tmp_path / "out", SETS[0]).kinds == what_if(out, SETS[0]).kinds


def test_the_command_prints_what_changes_as_a_table_and_as_json(out: Path) -> None:
    done = corpus("what-if", str(out), "--set", "rule.long-enough.threshold=300")
    assert done.returncode == 0
    assert "lost" in done.stdout
    assert "dropped: long-enough" in done.stdout
    told = json.loads(corpus("what-if", str(out), "--set", "decide.drop=[]", "--json").stdout)
    assert told["kinds"] == {"gained": 4}  # the copies of the two that also give a dose
    assert {row["id"] for row in told["samples"]} <= {f"table:rows/copy-{one}" for one in "abcd"}


def test_diff_tells_documents_that_only_one_side_has(recipe: Path, out: Path, tmp_path: Path) -> None:
    other = with_copies(tmp_path / "in")
    (tmp_path / "in" / "rows" / "copies.jsonl").unlink()
    (tmp_path / "in" / "notes" / "new.txt").write_text(LONG.replace("child", "patient"))
    build(other, tmp_path / "out")
    found = compare(out, tmp_path / "out")
    assert found.kinds == {"gained": 1, "lost": 2}
    shown = corpus("diff", str(out), str(tmp_path / "out")).stdout
    assert "not there  →  kept in basic" in shown
    assert "kept in basic, train  →  not there" in shown


def test_a_change_of_tier_or_split_is_no_loss_of_documents() -> None:
    def one(tier: str, split: str) -> pl.DataFrame:
        row = {"id": "a", "source": "s", "title": "t", "fate": "kept", "tier": tier, "split": split, "characters": 10}
        return pl.DataFrame([row], schema=STATE)

    assert changes(one("high", "train"), one("low", "train")).kinds == {"moved to another tier": 1}
    found = changes(one("high", "train"), one("high", "held_out"))
    assert found.kinds == {"moved to another split": 1}
    assert found.table["documents_lost"].sum() == 0


def test_documents_that_change_sides_of_the_held_out_split_are_counted_and_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def those(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
        whole = [{"id": name, "source": "s", "title": "t", "fate": fate, "tier": tier, "split": split, "characters": 1}
                 for name, fate, tier, split in rows]  # fmt: skip
        return pl.DataFrame(whole, schema=STATE)

    before = those(("a", "kept", "high", "held_out"), ("b", "kept", "high", "held_out"), ("c", "kept", "high", "train"),
                   ("d", "kept", "high", "held_out"), ("e", "kept", "high", "held_out"))  # fmt: skip
    after = those(("a", "kept", "high", "train"), ("b", "kept", "low", "train"), ("c", "kept", "high", "held_out"),
                  ("d", "dropped", "high", "train"), ("f", "kept", "high", "train"))  # fmt: skip
    found = changes(before, after)
    assert found.splits == {"held_out_to_train": 2, "train_to_held_out": 1}  # b has another tier besides, d and e went
    show_changes(found)
    assert "held-out split: 2 went from held out to train, 1 from train to held out" in capsys.readouterr().out
    show_changes(changes(before, before))
    show_changes(changes(before, those(("g", "kept", "high", "train"))))
    assert "held-out split" not in capsys.readouterr().out


def test_a_family_that_outgrows_the_held_out_text_is_told_by_diff(tmp_path: Path) -> None:
    for number, name in ((LARGEST_GROUP, "before"), (LARGEST_GROUP + 1, "after")):
        folder = tmp_path / name
        folder.mkdir()
        rows = [{"id": str(n), "text": LONG + f" Viewed {n} times by {n + 7} readers."} for n in range(number)]
        (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
        (folder / "r.toml").write_text('name = "r"\n[decide]\nheld_out = 0.5\ndrop = []\n[[source]]\nname = "rows"\n'
                                       'kind = "table"\npath = "rows.jsonl"\nid = "id"\n')  # fmt: skip
        build(folder / "r.toml", tmp_path / name / "out")
    arguments = ["diff", str(tmp_path / "before" / "out"), str(tmp_path / "after" / "out")]
    told = json.loads(corpus(*arguments, "--json").stdout)
    assert told["splits"] == {"held_out_to_train": LARGEST_GROUP, "train_to_held_out": 0}
    assert f"held-out split: {LARGEST_GROUP} went from held out to train, 0" in corpus(*arguments).stdout


def test_similar_names_the_document_itself_its_copies_and_its_variants_with_what_differs(out: Path) -> None:
    found = similar(out, LONG + " The dose is 81 mg for 7 days.", 10)
    assert found[0].id == "table:rows/dose-a"
    assert found[0].jaccard == 1.0
    names = [one.id for one in found]
    assert {"table:rows/dose-b", "table:rows/copy-a"} <= set(names)
    assert next(one for one in found if one.id == "table:rows/dose-b").veto == "quantity"


def test_similar_reads_a_file_and_answers_for_a_text_like_nothing_else(out: Path, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_bytes(LONG.encode("utf-16"))
    found = similar(out, str(tmp_path / "page.txt"), 6)
    # What was not kept has no text in the folder: exact copies are told by their hash, others by their sketch alone.
    assert [(one.id, one.fate, one.jaccard) for one in found][:2] == [
        ("table:rows/copy-a", "duplicate", 1.0), ("table:rows/copy-b", "duplicate", 1.0)
    ]  # fmt: skip
    assert any(one.jaccard is None and one.fate == "duplicate" for one in found)
    dose = next(one for one in found if one.id == "table:rows/dose-a")
    assert dose.jaccard is not None
    assert 0.8 < dose.jaccard < dose.contained == 1.0  # type: ignore[operator]
    assert similar(out, "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.", 3) == []


def test_similar_refuses_what_it_cannot_compare(out: Path, tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4)
    with pytest.raises(UserError, match="no text"):
        similar(out, str(tmp_path / "picture.png"), 3)
    with pytest.raises(UserError, match="too short"):
        similar(out, "abc", 3)


def test_a_retracted_work_takes_its_full_text_along(tmp_path: Path) -> None:
    citations(tmp_path / "pubmed" / "pubmed26n0001.xml", citation(3, LONG, types=("D016441",), extra=RETRACTION))
    article = (
        '<article xmlns:xlink="http://www.w3.org/1999/xlink" article-type="research-article"><front><article-meta>'
        '<article-id pub-id-type="pmid">{pmid}</article-id><article-id pub-id-type="pmcid">PMC{pmid}</article-id>'
        "<title-group><article-title>Rehydration {pmid}</article-title></title-group></article-meta></front>"
        "<body><p>{text}</p></body></article>"
    )
    (tmp_path / "pmc").mkdir()
    for pmid in (3, 4):
        (tmp_path / "pmc" / f"PMC{pmid}.xml").write_text(article.format(pmid=pmid, text=f"Arm {pmid}. " + LONG[::-1]))
    recipe = tmp_path / "r.toml"
    recipe.write_text('name = "r"\n[[source]]\nname = "pubmed"\nkind = "pubmed"\npath = "pubmed"\n'
                      '[[source]]\nname = "pmc"\nkind = "pmc"\npath = "pmc"\n')  # fmt: skip
    build(recipe, tmp_path / "out")
    rows = {row["id"]: row for row in pl.read_parquet(tmp_path / "out" / "ledger" / "documents-*.parquet").to_dicts()}
    assert rows["pmc:PMC3.1"]["fate"] == "retracted"
    assert rows["pmc:PMC3.1"]["value"] == "the same work as pubmed:3, which is retracted"
    assert rows["pmc:PMC4.1"]["fate"] == "kept"
    build(recipe, tmp_path / "kept", 'decide.retracted="keep"')
    kept = pl.read_parquet(tmp_path / "kept" / "ledger" / "documents-*.parquet").filter(fate="kept")
    assert "pmc:PMC3.1" in kept["id"]
