"""What an item's numbers are hangs on the item alone: not on the order of its file, nor on who shares its part."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.exams.item import ExamItem
from corpus.progress import Silent
from eval.likelihood.backend import NoMeter
from eval.likelihood.scorer import Scorer, open_scorer
from eval.run import score_tasks as scoring
from eval.run.exams import Asked
from eval.run.parts import Parts
from eval.run.recipe import TaskSettings
from eval.tasks.ask import Wording, questions
from tests.train import tiny, tiny_chat

BARE = ("Answer:", "答案：")
METALS = ("iron", "gold", "tin", "zinc")


class Hashes:
    """Stands in for the harness's model: what a continuation's likelihood is, its texts alone tell. `asked`: every
    request, as texts."""

    max_length = 1 << 20

    def __init__(self) -> None:
        self.asked = list[tuple[str, str]]()

    def _encode_pair(self, context: str, end: str) -> tuple[list[int], list[int]]:
        return list(context.encode()), list(end.encode())

    def _loglikelihood_tokens(self, requests: Any, disable_tqdm: bool) -> list[tuple[float, bool]]:
        self.asked += [pair for pair, *_ in requests]
        return [(-1 - xxhash.xxh3_64_intdigest("\0".join(pair).encode()) % 9973 / 997, False) for pair, *_ in requests]


def item(number: int, split: str = "test") -> ExamItem:
    """The even ones are English, the odd ones Chinese; their options are the same words."""
    asked, language = (f"Which metal is {number}?", "en") if number % 2 == 0 else (f"第{number}种金属是？", "zh-Hans")
    return ExamItem(f"e:{split}:{number}", "e", split, language, "", "", asked, METALS, (number % 4,), "", "")


EXAMPLES = [item(number, "train") for number in range(3)]


def scored(scorer: Scorer, items: list[ExamItem], size: int) -> dict[str, Any]:
    """Every number of every item and formulation, in parts of so many items."""
    task = TaskSettings(name="mixed", form="plain", path=("x",), formulations=("letters", "cloze", "subsets"), shots=2,
                        examples=("y",))  # fmt: skip
    with pytest.MonkeyPatch.context() as patched, tempfile.TemporaryDirectory() as folder:
        patched.setattr(scoring, "SIZE", size)
        parts = Parts(Path(folder) / "parts", "x")
        found, _ = scoring.score_tasks(scorer, [Asked(task, items, EXAMPLES, {})], parts, Silent(), drop=False)
    return {f"{row['item']} {row['formulation']}": row for row in found.iter_rows(named=True)}


def hashed() -> Scorer:
    nothing: Any = None
    return Scorer(nothing, nothing, nothing, nothing, Hashes(), False, 4, NoMeter())


ITEMS = [item(number) for number in range(8)]
WHOLE = scored(hashed(), ITEMS, 256)


@settings(max_examples=12, deadline=None)
@given(st.permutations(ITEMS), st.integers(1, 9))
def test_another_order_and_other_parts_change_no_number_of_any_item(items: list[ExamItem], size: int) -> None:
    assert scored(hashed(), items, size) == WHOLE


def test_what_stands_without_a_question_is_asked_once_a_language_and_in_its_own_words() -> None:
    scorer = hashed()
    rows = scored(scorer, ITEMS, 256)
    bare = Counter(pair for pair in scorer.harness.asked if pair[0] in BARE)
    letters, sets = 4, 15
    assert len(bare) == 2 * (letters + len(METALS) + sets)
    assert set(bare.values()) == {1}
    english, chinese = (rows[f"e:test:{number} letters"]["unconditional"] for number in (0, 1))
    assert english != chinese
    said = [scorer.harness._loglikelihood_tokens([((before, " A"),)], True)[0][0] for before in BARE]
    assert [english[0], chinese[0]] == said
    one_language = hashed()
    scored(one_language, ITEMS[::2], 256)
    assert {pair[0] for pair in one_language.harness.asked if pair[0] in BARE} == {"Answer:"}


def test_examples_are_worded_as_the_item_before_which_they_stand_and_shared_within_a_language() -> None:
    for items in (ITEMS, ITEMS[::-1]):
        asked = {one.item: one for one in questions(items, Wording("plain", "letters", 2), EXAMPLES)}
        for one in items:
            mine, other = BARE if one.language == "en" else BARE[::-1]
            assert asked[one.id].shared.count(mine) == 2
            assert other not in asked[one.id].context
        assert len({one.shared for one in asked.values()}) == 2


def test_a_model_s_numbers_do_not_hang_on_the_order(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    tokenizer = tiny_chat.byte_level()
    tokenizer.save_pretrained(tmp_path)
    model: Any = tiny.llama(len(tokenizer), max_position_embeddings=2048, initializer_range=0.5)
    model.save_pretrained(tmp_path)
    scorer = open_scorer(tmp_path, 4)
    one, other = scored(scorer, ITEMS, 256), scored(scorer, ITEMS[::-1], 3)
    assert one.keys() == other.keys()
    for name, row in one.items():
        for key, value in row.items():
            near = key in ("logprobs", "unconditional", "probability", "probability_bytes")
            assert other[name][key] == (pytest.approx(value, abs=1e-4) if near else value), (name, key)
    assert len({tuple(row["predicted_pmi"]) for row in one.values()}) > 1
