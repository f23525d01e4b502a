"""A small corpus with labels, invented: sentences of medicine and of other matters, good ones and poor ones."""

from __future__ import annotations

import json
import random
from pathlib import Path

RECIPE = """
name = "taught"

[learn]
languages = ["en", "zh"]
per_label = 300
held_back = 0.4

[[source]]
name = "references"
kind = "table"
path = "references.jsonl"
id = "id"
genre = "reference"

[[source]]
name = "consultations"
kind = "table"
path = "consultations.jsonl"
id = "id"
genre = "consultation"

[[source]]
name = "news"
kind = "table"
path = "news.jsonl"
id = "id"
genre = "general"

[[label]]
name = "general"
task = "relevance"
value = "negative"
when = [{ signal = "document.genre", comparison = "==", threshold = "general" }]

[[label]]
name = "medical"
task = "relevance"
value = "positive"
when = [{ signal = "document.genre", comparison = "in", threshold = ["reference", "consultation"] }]

[[label]]
name = "edited"
task = "quality"
value = "positive"
when = [{ signal = "document.genre", comparison = "==", threshold = "reference" }]

[[label]]
name = "chatter"
task = "quality"
value = "negative"
when = [{ signal = "document.genre", comparison = "in", threshold = ["consultation", "general"] }]

[[rule]]
name = "relevant"
signal = "learned.relevance"
comparison = ">="
threshold = 0.5
reason = "It is about medicine."

[[tier]]
name = "good"
tier = "high"
when = [{ signal = "learned.quality", comparison = ">=", threshold = 0.5 }]

[[tier]]
name = "rest"
tier = "basic"
"""

EN = {
    "references": "indication dosage contraindication adverse reaction hepatic renal clearance tablets administered "
    "interaction inhibitor pharmacokinetics plasma concentration hypersensitivity pregnancy lactation monitoring",
    "consultations": "hello doctor please help worried stomach hurts since yesterday should take medicine thanks pain "
    "fever cough what is wrong with me my mother pressure high pills better soon",
    "news": "football match goal minister election market shares film director music album prices government company "
    "season league budget profit growth actor festival award",
}
ZH = {
    "references": "适应证 用法用量 不良反应 禁忌 相互作用 肝功能 肾功能 血药浓度 口服 注射 妊娠期 过敏 监测",
    "consultations": "医生你好 请问 我最近 肚子疼 怎么办 谢谢 发烧 咳嗽 吃什么药 好得快 有点担心 妈妈 血压高 头晕",
    "news": "球队 比赛 进球 股市 上涨 电影 导演 票房 政府 会议 经济 增长 歌手 专辑 旅游 酒店 房间 服务员 早餐 价格",
}


def write(folder: Path, documents: int = 150, languages: tuple[str, ...] = ("en", "zh")) -> Path:
    """Write the sources, `documents` a language each, and the recipe; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    random_ = random.Random(7)
    for source in EN:
        rows = [{"id": f"{language}{number}", "text": text(random_, source, language)}
                for language in languages for number in range(documents)]  # fmt: skip
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        (folder / f"{source}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    recipe = folder / "taught.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    return recipe


def text(random_: random.Random, source: str, language: str) -> str:
    """A text of that source: the same small words everywhere, its own words among them."""
    if language == "en":
        words = EN[source].split()
        return " ".join(
            f"The {random_.choice(words)} of the {random_.choice(words)} was in the {random_.choice(words)} and "
            f"{random_.choice(words)} is with {random_.choice(words)}." for _ in range(6)
        )  # fmt: skip
    words = ZH[source].split()
    return "".join(
        f"这里的{random_.choice(words)}和{random_.choice(words)}，也有{random_.choice(words)}。" for _ in range(8)
    )
