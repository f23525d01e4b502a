"""Of thousands of candidates `similar` names those that are most like the text, and an exact copy before all others."""

from __future__ import annotations

import random
from collections.abc import Collection
from pathlib import Path

import polars as pl
import pytest

from corpus.annotate.sketch import SCHEME, annotate
from corpus.asked import looks_like_a_path
from corpus.card import Card, hash_outputs, write_card
from corpus.errors import UserError
from corpus.ledger import LEDGER_DOCUMENTS
from corpus.recipe import Recipe
from corpus.similar import similar
from corpus.text.fold import fold
from corpus.text.shingles import distinct, shared, shingles
from tests.corpus.small import corpus

VARIANTS, WORDS = 400, 150


def words(seed: int, number: int) -> list[str]:
    chance = random.Random(seed)
    return [
        "".join(chance.choice("abcdefghijklmnoprstu") for _ in range(chance.randrange(3, 9))) for _ in range(number)
    ]


def variant(number: int, changed: int = 1) -> str:
    """The same page with a few words changed."""
    page, chance = words(5, WORDS), random.Random(number)
    for new in words(1000 + number, changed):
        page[chance.randrange(WORDS)] = new
    return " ".join(page)


def folder_of(folder: Path, texts: dict[str, str], gone: Collection[str] = ()) -> Path:
    """An output folder as a build leaves it, as far as `similar` reads it; of `gone` it has no text."""
    table = pl.DataFrame({"id": list(texts), "text": list(texts.values())})
    facts = pl.concat([table.select("id"), annotate(table)], how="horizontal")
    fate = pl.when(pl.col("id").is_in(sorted(gone))).then(pl.lit("duplicate")).otherwise(pl.lit("kept"))
    known = table.select("id", stage=pl.lit("decide"), fate=fate, tier=pl.lit("all"), title=pl.lit(""))
    rest = [pl.lit(None, dtype).alias(name) for name, dtype in LEDGER_DOCUMENTS.items() if name not in known.columns]
    half = table.height // 2  # two files: the best of both have to be found
    for name, rows in {
        "facts/facts": facts.drop("sketch.minhash"), "sketches/sketches": facts.select("id", minhash="sketch.minhash"),
        "ledger/documents": known.with_columns(rest), "data/all-train": table.filter(~pl.col("id").is_in(sorted(gone))),
    }.items():  # fmt: skip
        (folder / name).parent.mkdir(parents=True)
        rows[:half].write_parquet(folder / f"{name}-00000.parquet")
        rows[half:].write_parquet(folder / f"{name}-00001.parquet")
    counts = {"documents": {"kept": table.height - len(gone), "duplicate": len(gone)}}
    recipe = Recipe(name="made").model_dump(mode="json", exclude={"engine"})
    write_card(folder, Card(kind="corpus", name="made", identity="0", code="0", recipe=recipe, counts=counts,
                            schemes=SCHEME, versions={}, outputs=hash_outputs(folder)))  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {f"d{number:03d}": variant(number) for number in range(VARIANTS)}


@pytest.fixture(scope="module")
def out(texts: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of(tmp_path_factory.mktemp("similar"), texts)


def test_a_document_of_a_large_family_is_always_the_most_like_its_own_text(texts: dict[str, str], out: Path) -> None:
    asked = list(texts)[::9]
    found = {name: similar(out, texts[name], 1) for name in asked}
    assert {name: [(one.id, one.jaccard) for one in alike] for name, alike in found.items()} == {
        name: [(name, 1.0)] for name in asked
    }


def test_the_others_come_in_the_order_of_their_true_similarity(texts: dict[str, str], out: Path) -> None:
    asked = variant(9, 4) + " and a word more"
    sets = {name: distinct(shingles(fold([text])).of(0)) for name, text in {**texts, "asked": asked}.items()}
    mine = sets.pop("asked")
    true = {
        name: shared(mine, theirs) / len(set(mine.tolist()) | set(theirs.tolist())) for name, theirs in sets.items()
    }
    best = sorted(true, key=lambda name: (-true[name], name))[:5]
    found = similar(out, asked, 5)
    assert [one.id for one in found] == best
    assert [one.jaccard for one in found] == pytest.approx([true[name] for name in best])


def test_more_exact_copies_than_are_shown_leave_room_for_nothing_else_and_the_kept_one_is_first(
    texts: dict[str, str], tmp_path: Path
) -> None:
    same = {f"a{number:02d}": variant(7).upper() for number in range(80)} | {"z": variant(7)}
    out = folder_of(tmp_path, {**texts, **same}, gone=set(same) - {"z"})
    found = similar(out, variant(7), 4)
    assert [(one.id, one.fate, one.jaccard) for one in found] == [
        ("d007", "kept", 1.0), ("z", "kept", 1.0), ("a00", "duplicate", 1.0), ("a01", "duplicate", 1.0)
    ]  # fmt: skip
    assert found[3].contained == 1.0


@pytest.mark.parametrize(
    "asked", ["nosuch/page.txt", "page.txt", "./page", "my notes/page 1.txt", "Page.TXT", "语料/页面", "/nosuch/x"]
)
def test_a_path_that_leads_nowhere_is_no_text(out: Path, asked: str) -> None:
    with pytest.raises(UserError, match="no such file") as caught:
        similar(out, asked, 3)
    assert caught.value.where == asked
    assert caught.value.mend


@pytest.mark.parametrize(
    "asked",
    [
        "5 mg/kg of weight",
        "The blood pressure/pulse was taken.",
        "每日5mg/kg，分两次服用。",
        "See page.txt for more",
        "aspirin",
    ],
)
def test_a_text_with_a_slash_or_a_dot_is_a_text(asked: str) -> None:
    assert not looks_like_a_path(asked)


def test_a_folder_is_no_text(out: Path) -> None:
    with pytest.raises(UserError, match="a folder"):
        similar(out, str(out), 3)


def test_a_mistyped_path_ends_with_exit_code_1(out: Path) -> None:
    done = corpus("similar", "nosuch/page.txt", "--out", str(out))
    assert done.returncode == 1
    assert "no such file" in done.stderr
    assert done.stdout == ""
