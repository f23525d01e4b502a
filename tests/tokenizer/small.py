"""A small corpus for tests of tokenizers: invented English and Chinese documents, built by the real `corpus build`.

The words are put together from parts, so that there are enough of them for a vocabulary and none comes from a real
text. Two languages, two tiers, a held-out split.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

from tests.corpus.small import build

STARTS = "cardi neur hepat nephr gastr derm oste hemat pneum angi arthr cyst enter my rhin thorac".split()
MIDDLES = "o a i op ol oid".split()
ENDS = "itis osis oma ectomy ology pathy algia emia plasty scopy gram tomy".split()
PLAIN = "the of and in with for were was patients treatment after daily dose showed group less than mean risk".split()
CHINESE = (
    "患者 高血压 糖尿病 治疗 服用 每日 血压 剂量 药物 不良反应 症状 咳嗽 发热 检查 医院 手术 心脏 肝脏 肾脏".split()
)

RECIPE = """
name = "small"

[[source]]
name = "rows"
kind = "table"
path = "rows.jsonl"
id = "id"
genre = "reference"

[[tier]]
name = "even"
tier = "high"
when = [{ signal = "document.characters", comparison = ">=", threshold = 400 }]

[[tier]]
name = "rest"
tier = "basic"

[decide]
held_out = 0.1
drop = []
"""


def english(rng: random.Random, words: int) -> str:
    """An invented English text of that many words."""
    made = [
        rng.choice(PLAIN) if rng.random() < 0.6 else rng.choice(STARTS) + rng.choice(MIDDLES) + rng.choice(ENDS)
        for _ in range(words)
    ]
    made[::7] = [f"{rng.randrange(500)} mg/d" for _ in made[::7]]
    return " ".join(made).capitalize() + ".\n\nµg/mL (n = 12), p < 0.05.\n"


def chinese(rng: random.Random, words: int) -> str:
    """An invented Chinese text of that many words."""
    return "".join(rng.choice(CHINESE) + ("，" if rng.random() < 0.15 else "") for _ in range(words)) + "。\n"


def documents(count: int, seed: int = 0) -> list[dict[str, str]]:
    """Documents, English and Chinese in turn."""
    rng = random.Random(seed)
    makers = (english, chinese)
    return [{"id": str(n), "text": makers[n % 2](rng, rng.randrange(40, 120))} for n in range(count)]


def corpus_of(folder: Path, rows: list[dict[str, str]], *sets: str) -> Path:
    """Build a corpus of these rows below the folder; returns its output folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "rows.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "small.toml").write_text(RECIPE, encoding="utf-8")
    build(folder / "small.toml", folder / "out", *sets)
    return folder / "out"
