"""From written answers to what each scorer reads in them: a row an item, as `answers.parquet` has it.

Takes items and `Answer`s (`eval/generate/greedy.py`); gives rows to `eval/generate/answer_tasks.py`. Our strict scorer
reads every exam, the two published ones CMExam alone, for which they were made (`eval/cmexam`). Explanations are
compared with the exam's own on characters, and on words where jieba is installed; without it those columns are null.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from corpus.exams.item import LETTERS, ExamItem
from eval.cmexam.answers import explanation, parse, unread
from eval.cmexam.differences import differences
from eval.cmexam.legacy_lora import NONE
from eval.cmexam.overlap import Cut, characters, overlap, words
from eval.cmexam.strict import Answer as Set
from eval.generate.greedy import Answer

STRICT, LORA, GPT = "strict", "lora", "gpt"
SCORERS = (STRICT, LORA, GPT)
CHARACTERS, WORDS = "characters", "words"
UNITS = (CHARACTERS, WORDS)
ROUGES = ("rouge_1", "rouge_2", "rouge_l")
PUBLISHED = "cmexam"  # the form of the exam that the published scorers are for
OVERLAP: dict[str, Any] = {
    **{f"{name}_{unit}": pl.Float64 for unit in UNITS for name in (*ROUGES, "sentence_bleu")},
    **{f"counts_{unit}": pl.List(pl.UInt32) for unit in UNITS},  # `bleu_counts`, which corpus BLEU sums
}
ROW: dict[str, Any] = {
    "item": pl.String, "exam": pl.String, "split": pl.String, "language": pl.String, "subject": pl.String,
    "prompt_tokens": pl.UInt32, "new_tokens": pl.UInt32, "text": pl.String,
    "ended": pl.Boolean,  # by the model itself, and not by the room for an answer
    "options": pl.UInt8, "right": pl.String,  # letters
    "chance": pl.Float64,  # of one letter, drawn, being right
    **dict.fromkeys(SCORERS, pl.String),  # what each reads, null where it reads none or leaves the item out
    **{f"correct_{name}": pl.Boolean for name in SCORERS},  # null where the GPT scorer leaves the item out
    **{f"failed_{name}": pl.Boolean for name in SCORERS},  # whether it found no answer
    "unread": pl.String,  # why the strict one found none
    "causes": pl.List(pl.String),  # why the published ones read another answer than the strict one
    "explanation": pl.String,  # what is written beside the answer, "" for none
    **OVERLAP,
}  # fmt: skip


def rows(
    items: Sequence[ExamItem], prompts: Sequence[int], answers: Sequence[Answer], explained: bool, cut: Cut | None
) -> pl.DataFrame:
    """A table as ROW. `prompts`: tokens of each prompt. `explained`: whether explanations are compared. `cut`: text to
    words, None without jieba."""
    texts = [answer.text for answer in answers]
    read = [parse(text, item.options) for item, text in zip(items, texts, strict=True)]
    published = _published(items, texts)
    compared = _compared(items, texts, cut) if explained else [_empty()] * len(items)
    made = [
        {**_item(item), "prompt_tokens": prompt, "new_tokens": answer.tokens, "text": answer.text,
         "ended": answer.ended, **_strict(item, found, answer.text), **theirs,
         "explanation": explanation(answer.text), **overlaps}
        for item, prompt, answer, found, theirs, overlaps in zip(items, prompts, answers, read, published, compared,
                                                                 strict=True)
    ]  # fmt: skip
    return pl.DataFrame(made, schema=ROW)


def segmenter() -> tuple[Cut | None, str]:
    """A function that cuts text into words, and what it is; None and "" where jieba is not installed."""
    import importlib.metadata
    import importlib.util

    if importlib.util.find_spec("jieba") is None:
        return None, ""
    return words(), f"jieba {importlib.metadata.version('jieba')}"


def _item(item: ExamItem) -> dict[str, Any]:
    return {"item": item.id, "exam": item.exam, "split": item.split, "language": item.language,
            "subject": item.subject, "options": len(item.options), "right": item.letters,
            "chance": 1 / len(item.options) if len(item.answers) == 1 else 0.0}  # fmt: skip


def _strict(item: ExamItem, found: Set | None, text: str) -> dict[str, Any]:
    letters = None if found is None else "".join(LETTERS[place] for place in found)
    return {STRICT: letters, "correct_strict": found == item.answers, "failed_strict": found is None,
            "unread": unread(text) if found is None else None}  # fmt: skip


def _published(items: Sequence[ExamItem], texts: Sequence[str]) -> list[dict[str, Any]]:
    """What the published scorers read of CMExam's items, and why it differs."""
    ours = [place for place, item in enumerate(items) if item.exam == PUBLISHED]
    found: list[dict[str, Any]] = [{}] * len(items)
    if not ours:
        return found
    told = differences([items[place] for place in ours], [texts[place] for place in ours])
    causes = {one.item: list(one.causes) for one in told.items}
    for place, theirs, other, right, kept in zip(ours, told.lora.answers, told.gpt.answers, told.lora.correct,
                                                 told.gpt.correct, strict=True):  # fmt: skip
        found[place] = {
            LORA: None if theirs == NONE else theirs, "correct_lora": right, "failed_lora": theirs == NONE,
            GPT: other or None, "correct_gpt": kept, "failed_gpt": not other,
            "causes": causes.get(items[place].id, []),
        }  # fmt: skip
    return found


def _compared(items: Sequence[ExamItem], texts: Sequence[str], cut: Cut | None) -> list[dict[str, Any]]:
    """BLEU and ROUGE of each item with an explanation to compare with."""
    found = [_empty() for _ in items]
    for unit, by in ((CHARACTERS, characters), (WORDS, cut)):
        places = [place for place, item in enumerate(items) if by is not None and by(item.explanation)]
        if by is None or not places:
            continue
        told = overlap([explanation(texts[place]) for place in places],
                       [items[place].explanation for place in places], by)  # fmt: skip
        for row, place in enumerate(places):
            named = dict(zip(ROUGES, told.rouge[row].tolist(), strict=True))
            named["sentence_bleu"] = float(told.sentence_bleu[row, -1])
            found[place] |= {f"{name}_{unit}": value for name, value in named.items()}
            found[place][f"counts_{unit}"] = np.asarray(told.counts[row]).tolist()
    return found


def _empty() -> dict[str, Any]:
    return dict.fromkeys(OVERLAP)
