"""Small builds of rows whose relations are tested: invented pages, a recipe that drops nothing else, and an oracle."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from corpus.text.fold import EAST_ASIAN, folded
from tests.corpus.small import build

RECIPE = """
name = "related"
[[source]]
name = "rows"
kind = "table"
path = "rows"
id = "id"
licence = "{licence}"
"""

WORDS = (
    "patient treatment therapy response outcome vessel muscle tissue marker sample cohort control placebo "
    "surgery clinic infusion tablet injection recovery relapse symptom fever cough fatigue swelling bleeding "
    "healing monitoring imaging ultrasound biopsy culture receptor enzyme hormone protein antibody vaccine "
    "virus bacteria fungus allergy asthma kidney liver heart lung brain spine bone joint skin retina cornea "
    "stomach colon bladder thyroid pancreas spleen"
).split()
CHARACTERS = (
    "患者治疗反应结果血管肌肉组织标志样本队列对照手术门诊输液胶囊注射恢复复发症状发热咳嗽乏力水肿出血愈合监测"
    "影像超声活检培养受体酶激素蛋白抗体疫苗病毒细菌真菌过敏哮喘肾肝心肺脑脊骨关节皮肤视网膜角膜胃结肠膀胱甲状"
    "腺胰脾"
)


def english(seed: int, sentences: int = 24) -> list[str]:
    """Sentences of an invented page; those of two seeds have nothing in common but words."""
    drawn = random.Random(seed)
    return [" ".join(drawn.choices(WORDS, k=10)).capitalize() + "." for _ in range(sentences)]


def chinese(seed: int, sentences: int = 24) -> list[str]:
    drawn = random.Random(seed)
    return ["".join(drawn.choices(CHARACTERS, k=16)) + "。" for _ in range(sentences)]


def write(folder: Path, texts: Mapping[str, str], extra: str = "", licence: str = "CC-BY-4.0") -> Path:
    """Rows and recipe; returns the recipe."""
    (folder / "rows").mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"id": name, "text": text}, ensure_ascii=False) for name, text in texts.items()]
    (folder / "rows" / "a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    recipe = folder / "related.toml"
    recipe.write_text(RECIPE.format(licence=licence) + extra, encoding="utf-8")
    return recipe


def ledger(out: Path) -> dict[str, dict[str, Any]]:
    """The ledger's row of every standing document, by id without its source."""
    table = pl.read_parquet(out / "ledger" / "documents-*.parquet").filter(pl.col("stage") == "decide")
    return {row["id"].removeprefix("table:rows/"): row for row in table.to_dicts()}


def relations(out: Path) -> pl.DataFrame:
    names = [pl.col(name).str.strip_prefix("table:rows/") for name in ("one", "other")]
    return pl.read_parquet(out / "relations" / "relations-*.parquet").with_columns(names)


def kept(out: Path) -> set[str]:
    return {name for name, row in ledger(out).items() if row["fate"] == "kept"}


def made(folder: Path, texts: Mapping[str, str], *sets: str, extra: str = "", workers: int = 1) -> Path:
    """Build those texts; returns the output folder."""
    build(write(folder / "in", texts, extra), folder / "out", *sets, workers=workers)
    return folder / "out"


def compared(store: Path) -> int:
    """How many pairs of texts were compared in full by the builds of a store."""
    notes = [json.loads(path.read_bytes()) for path in store.glob("verify/*/*/done.json")]
    return sum(note["counts"]["pairs"] for note in notes)


def pieces(text: str) -> set[str]:
    """The shingles of a text, by definition."""
    view = folded(text)
    sizes = [4 if EAST_ASIAN <= ord(character) < 0x40000 else 7 for character in view]
    return {view[at : at + size] for at, size in enumerate(sizes) if at + size <= len(view)}


def jaccard(one: str, other: str) -> float:
    left, right = pieces(one), pieces(other)
    return len(left & right) / len(left | right)
