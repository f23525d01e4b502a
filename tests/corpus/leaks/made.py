"""Invented exams and documents for the tests of decontamination, and a build of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from corpus.exams.item import ExamItem
from tests.corpus.small import build

VIGNETTE = (
    "A 52-year-old lighthouse keeper comes to the clinic because of a burning pain in both heels that began after he "
    "changed his boots. Which of the following plants is most likely to have caused the rash on his left ankle?"
)
ENGLISH = ExamItem(
    "made:test:en1", "made", "test", "en", "", "", VIGNETTE,
    ("Giant hogweed", "Garden nasturtium", "Common chickweed", "Sea buckthorn"), (0,), "", "",
)  # fmt: skip
SHORT = ExamItem(
    "made:test:en2", "made", "test", "en", "", "", "The lamp reflex is absent in",
    ("Keeper's palsy", "Foghorn syndrome", "Tidal ataxia", "Harbour fever"), (2,), "", "",
)  # fmt: skip
CHINESE = ExamItem(
    "made:test:zh1", "made", "test", "zh-Hans", "", "",
    "某灯塔管理员连续三个月夜间值班后出现视物重影，检查发现左侧灯塔反射减弱，最可能的诊断为",
    ("灯塔性眼病", "海雾综合征", "潮汐性共济失调", "港口热", "船缆性关节炎"), (1,), "", "",
)  # fmt: skip
CHINESE_SHORT = ExamItem(
    "made:test:zh2", "made", "test", "zh-Hans", "", "", "港口热的首发症状不包括",
    ("夜间鸣笛", "双侧听雾减退", "掌心潮红", "舌苔带盐", "缆绳样步态"), (4,), "", "",
)  # fmt: skip
PAPER = ExamItem(
    "made:test:p1", "made", "test", "en", "",
    "", "Do lighthouse keepers who sleep under red lamps report fewer dreams about drowning than others do?",
    ("yes", "no", "maybe"), (0,), "", "90000123",
)._replace(context=(
    "Two hundred keepers of coastal lights kept diaries through one winter. Half of them slept under a red lamp and "
    "half under a white one; a clerk who knew nothing of the lamps counted the dreams in which somebody drowned. "
    "Keepers under red lamps wrote down three such dreams in a hundred nights, the others seven."
))  # fmt: skip
ITEMS = (ENGLISH, SHORT, CHINESE, CHINESE_SHORT, PAPER)

PROSE = {
    "en": (
        "Night work on the coast is hard on the feet and on the eyes. The authors followed keepers over two winters "
        "and asked them about boots, lamps and the food that the supply vessel brought. Most of them were content. "
        "A third complained of noise from the horn in fog, and one in ten of the damp in the lower rooms. "
    ),
    "zh": (
        "海边的夜班工作对双脚和眼睛都是考验。作者随访了两个冬季的值守人员，询问他们的靴子、灯具和补给船送来的食物。"
        "多数人表示满意，三分之一的人抱怨雾天的号声，十分之一的人抱怨底层房间潮湿。"
    ),
}


def lettered(options: tuple[str, ...], form: str = "{}. {}") -> str:
    """Options as an exam prints them."""
    return "\n".join(form.format("ABCDE"[number], text) for number, text in enumerate(options))


def page(*passages: str, language: str = "en", times: int = 4) -> str:
    """Passages within prose."""
    prose = PROSE[language[:2]]
    return (prose * times + "".join(f"\n{passage}\n{prose * times}" for passage in passages)).strip()


def write_exam(path: Path, *items: ExamItem) -> Path:
    """Items in the plain form."""
    rows: list[dict[str, Any]] = []
    for item in items:
        row: dict[str, Any] = {**item._asdict(), "options": list(item.options), "answer": item.letters}
        rows.append({name: value for name, value in row.items() if name != "answers" and value not in ("", False)})
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


RECIPE = """
name = "guarded"

[[source]]
name = "rows"
kind = "table"
path = "rows.jsonl"
id = "id"
genre = "reference"
meta = ["pmid"]

[[exam]]
name = "made"
form = "plain"
path = "exam.jsonl"
split = "test"

[decide]
held_out = 0
"""


def write_recipe(folder: Path, documents: dict[str, str], pmids: dict[str, str] | None = None, more: str = "") -> Path:
    """A recipe, its exam and its documents; returns the recipe's path."""
    folder.mkdir(parents=True, exist_ok=True)
    write_exam(folder / "exam.jsonl", *ITEMS)
    rows = [{"id": name, "text": text, "pmid": (pmids or {}).get(name, "")} for name, text in documents.items()]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "rows.jsonl").write_text(lines, encoding="utf-8")
    (folder / "recipe.toml").write_text(RECIPE + more, encoding="utf-8")
    return folder / "recipe.toml"


def built(recipe: Path, *sets: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]], dict[str, str]]:
    """What a build prints, its ledger and its texts, by the id of the row."""
    out = recipe.parent / "out"
    printed = build(recipe, out, *sets)
    ledger = pl.read_parquet(out / "ledger" / "documents-*.parquet").to_dicts()
    files = sorted((out / "data").glob("*.parquet"))
    texts = pl.read_parquet(files) if files else pl.DataFrame({"id": [], "text": []})
    short = {row["id"].rpartition("/")[2]: row for row in ledger}
    return (
        printed,
        short,
        {name.rpartition("/")[2]: text for name, text in zip(texts["id"], texts["text"], strict=True)},
    )
