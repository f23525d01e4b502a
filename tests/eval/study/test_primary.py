"""A primary metric that nothing scores is refused before anything is made; one that is scored is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpus.errors import UserError
from corpus.progress import Silent
from eval.study.arms import Places
from eval.study.carry_out import How, carry_out_all, ground
from eval.study.primary import refuse_unheld, refuse_unscored
from eval.study.recipe import LoadedStudy, load_study


def asking(primary: str, study: str = "tiers-smoke", *sets: str) -> LoadedStudy:
    return load_study(study, (f"primary=[{{{primary}}}]", *sets))


def suite_of(folder: Path, more: str, **items: list[dict[str, object]]) -> str:
    """A suite of exams in the plain form, asked by letters; its file."""
    text = 'name = "mine"\n' + more
    for name, rows in items.items():
        (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
        text += f'[[task]]\nname = "{name}"\nform = "plain"\npath = ["{name}.jsonl"]\nsplit = "test"\n'
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    return str(folder / "mine.toml")


def item(number: int, language: str = "en", subject: str = "", explanation: str = "") -> dict[str, object]:
    return {"id": str(number), "exam": "e", "split": "test", "language": language, "subject": subject, "context": "",
            "question": f"Which is number {number}?", "options": ["one", "two"], "answer": "A",
            "explanation": explanation, "source_id": ""}  # fmt: skip


@pytest.mark.parametrize(
    ("study", "primary", "what", "mend"),
    [
        ("tiers-smoke", "task='smoke', formulation='letters', metric='accuracy', part='language fr'",
         "No part 'language fr' of 'smoke letters accuracy'", "name one of all"),
        ("tiers-smoke", "task='explanation', metric='bits_per_byte', part='tier high'", "No part 'tier high'", "all"),
        ("tiers-smoke", "task='held-out', metric='bits_per_byte', part='languages en'", "No part 'languages en'",
         "language ..."),
        ("tiers-smoke", "task='smoke', formulation='generated', metric='accuracy'", "names no recipe of fine-tuning",
         "write tune"),
        ("reasoning-smoke", "task='smoke', formulation='generated', metric='acuracy'", "smoke generated acuracy",
         "name one of accuracy, f1, failed, ended"),
        ("reasoning-smoke", "task='smoke', formulation='generated', metric='accuracy_lora'", "scores nothing",
         "name one of accuracy, f1, failed, ended"),
    ],
)  # fmt: skip
def test_what_nothing_scores_is_refused_before_anything_is_made(
    tmp_path: Path, study: str, primary: str, what: str, mend: str
) -> None:
    with pytest.raises(UserError) as caught:
        carry_out_all(asking(primary, study), tmp_path / "out", How(), Silent())
    assert what in caught.value.what
    assert mend in caught.value.mend
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("primary", "more", "what"),
    [
        ("task='explanation', metric='bits_per_byte'", "[bits]\nexplanations = 0\n", "bits.explanations is 0"),
        ("task='explanation', metric='bits_per_byte'", "", "no exam of the suite 'mine' has an explanation"),
        ("task='held-out', metric='bits_per_byte'", "[bits]\nbytes = 0\n", "bits.bytes is 0"),
    ],
)
def test_texts_that_a_suite_does_not_measure_are_refused(tmp_path: Path, primary: str, more: str, what: str) -> None:
    suite = suite_of(tmp_path, more, plain=[item(1), item(2)])
    with pytest.raises(UserError, match=what):
        refuse_unscored(asking(primary, "tiers-smoke", f"suite={suite}"))


def test_parts_are_those_of_the_items_where_there_are_several_of_a_kind(tmp_path: Path) -> None:
    rows = [item(1, "en", "skin", "Since."), item(2, "zh-Hans", "heart"), item(3, "en", "heart")]
    suite = f"suite={suite_of(tmp_path, '', mixed=rows, other=[item(4, 'fr', '', 'So.')])}"
    letters = "task='mixed', formulation='letters', metric='accuracy'"
    other, bits = letters.replace("mixed", "other"), "task='explanation', metric='bits_per_byte'"
    for good in ((letters, "language zh-Hans"), (letters, "subject heart"), (bits, "source mixed"),
                 (bits, "language fr")):  # fmt: skip
        refuse_unscored(asking("{}, part='{}'".format(*good), "tiers-smoke", suite))
    for wrong in ((letters, "language fr"), (letters, "subject lung"), (bits, "language zh-Hans"),
                  (other, "language fr")):  # fmt: skip
        with pytest.raises(UserError, match="No part") as caught:
            refuse_unscored(asking("{}, part='{}'".format(*wrong), "tiers-smoke", suite))
    assert caught.value.mend == "name one of all"  # of one language alone there is no part


def test_a_choice_head_is_scored_by_its_options_alone() -> None:
    head = ("arm=[{name='a', tune=['epochs=2']}, {name='b', tune=['epochs=3']}]", "sets.tune=['head=choice']")
    refuse_unscored(asking("task='smoke', formulation='choice', metric='accuracy'", "reasoning-smoke", *head))
    with pytest.raises(UserError, match="tells nothing of text"):
        refuse_unscored(asking("task='held-out', metric='bits_per_byte'", "reasoning-smoke", *head))
    with pytest.raises(UserError, match="scores nothing that is called") as caught:
        refuse_unscored(asking("task='smoke', formulation='letters', metric='accuracy'", "reasoning-smoke", *head))
    assert "smoke (choice)" in caught.value.mend
    with pytest.raises(UserError, match="scores nothing that is called"):
        refuse_unscored(asking("task='smoke', formulation='choice', metric='accuracy'", "reasoning-smoke"))


def test_of_an_exam_that_is_not_there_parts_are_not_refused() -> None:
    refuse_unscored(asking("task='smoke', formulation='letters', metric='accuracy', part='subject x'", "tiers-smoke",
                           "exams=nowhere"))  # fmt: skip


def test_parts_of_held_out_text_are_looked_at_when_its_corpora_stand(tmp_path: Path) -> None:
    bits = "task='held-out', metric='bits_per_byte'"
    loaded, places = asking(f"{bits}, part='language fr'"), Places(tmp_path / "out")
    refuse_unscored(loaded)
    ground(loaded, places, Silent())
    with pytest.raises(UserError, match="No part 'language fr' of 'held-out bits_per_byte'") as caught:
        refuse_unheld(loaded, places)
    assert "language en" in caught.value.mend
    refuse_unheld(asking(f"{bits}, part='language en'"), places)
    refuse_unheld(asking(bits), places)
