"""Decontamination on real exams and real documents: what is found, what is a false alarm, how fast, and beside LSH.

    python -m benchmarks.leaks planted     items of every exam in every disguise, planted into real documents
    python -m benchmarks.leaks alarms      real abstracts: every hit, and whether an exact-match oracle has it too
    python -m benchmarks.leaks others      real documents of other kinds, Chinese ones too: every hit
    python -m benchmarks.leaks speed       abstracts per second of processor time, time to make and to load the index

Beside it: `leaks_lsh.py` (the same by MinHash LSH Ensemble), `leaks_exams.py` (exams against exams by item) and
`leaks_across.py` (by document). Exams and documents come from the folder that `MATERIA_REAL_DATA` names; what came out
is in leaks-2026-11.md.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.planted_items import DISGUISES, OTHERS, planted
from benchmarks.real_texts import CHINESE, ENGLISH, spread
from corpus.annotate.exam_overlap import found
from corpus.exams.item import ExamItem
from corpus.exams.read import open_exam
from corpus.leaks.partly import HAN_HALF, LATIN_HALF
from corpus.leaks.pieces import HAN_LONG, LATIN_LONG, Sought, sought
from corpus.leaks.stage import Exams, opened, write
from corpus.leaks.verify import Leak
from corpus.leaks.view import strings

SEED = 1
EXAMS = {
    "cmexam": ("cmexam", "amber/exam/cmexam_val.csv", "validation"),
    "medqa-us": ("medqa-us", "amber/exam/medqa_us_4opt_test_half.jsonl", "test"),
    "medqa-mainland": ("medqa-mainland", "amber/exam/medqa_mcmle_test_half.json", "test"),
    "medmcqa": ("medmcqa", "amber/exam/medmcqa_dev_half.jsonl", "validation"),
    "pubmedqa": ("pubmedqa", "green/exam/pubmedqa_pqal_nontest500.json", "train"),
    "cmmlu": ("cmmlu", "amber/exam/cmmlu/test", "test"),
    "mmlu": ("mmlu", "green/exam/mmlu/val", "validation"),
}  # fmt: skip
ABSTRACTS = ("amber/abstracts_cohen2006", "amber/abstracts_hoc", "amber/abstracts_ohsumed", "amber/pubmed_xml")


def root() -> Path:
    """The real documents."""
    return Path(os.environ["MATERIA_REAL_DATA"])


def exams() -> dict[str, list[ExamItem]]:
    """The items of every exam, ids under its name."""
    return {
        name: [item._replace(id=f"{name}/{item.id}") for item in open_exam(form, root() / path, split).items]
        for name, (form, path, split) in EXAMS.items()
    }


def indexed(items: list[ExamItem], folder: Path) -> Exams:
    """An index of the items."""
    write(items, folder)
    return opened(str(folder))


class Abstract(NamedTuple):
    """A document and the PMID it has."""

    id: str
    text: str
    pmid: str | None


def abstracts(limit: int = 0) -> list[Abstract]:
    """The real abstracts, as a build reads them; each text once."""
    import polars as pl

    from corpus.build import build
    from corpus.progress import Silent
    from corpus.recipe_file import load_recipe
    from corpus.store import Store

    recipe = Path(__file__).parent / "real-sources.toml"
    wanted = ("pubmed", "abstracts-cohen", "abstracts-hoc", "abstracts-ohsumed")
    loaded = load_recipe(recipe)
    sources = tuple(source for source in loaded.recipe.source if source.name in wanted)
    loaded = loaded._replace(recipe=loaded.recipe.model_copy(update={"source": sources}))
    with tempfile.TemporaryDirectory() as folder:
        build(loaded, Path(folder) / "out", Store(Path(folder) / "store"), 1, Silent())
        table = pl.read_parquet(f"{folder}/out/data/*.parquet").select("id", "text", "meta").sort("id")
    rows = [Abstract(name, text, json.loads(meta or "{}").get("pmid")) for name, text, meta in table.iter_rows()]
    return rows[:limit] if limit else rows


def expected(item: Sought, name: str) -> bool:
    """Is the item one that must be found so? Alone or by a half only where it is long; by its last sentence where its
    options tell something."""
    if name in ("question alone", "page break, alone"):
        return item.long
    if name == "second half and options":
        return item.long and len(item.question) >= 2.2 * (HAN_LONG if item.han else LATIN_LONG)
    if name == "half alone":
        return item.long and len(item.question) >= 2.2 * (HAN_HALF if item.han else LATIN_HALF)
    if name == "last sentence and options":
        return item.long and item.by_options
    return True


def run_planted(per_exam: int = 400) -> None:
    """Share found, by exam and disguise, of the items that can be known so; of OTHERS nothing should be found."""
    draw = random.Random(SEED)
    everything = exams()
    hosts = {"en": [one.text for one in abstracts(3000)],
             "zh": [text for name, count in (("consultations, Toyhom", 1500), ("drug monographs", 500))
                    for text in spread(CHINESE[name](), count)]}  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        index = indexed([item for items in everything.values() for item in items], Path(folder))
        for exam, items in everything.items():
            some = draw.sample(items, min(per_exam, len(items)))
            bare = dict(zip((item.id for item in some), sought(some), strict=True))
            for name, disguise in {**DISGUISES, **OTHERS}.items():
                texts, owners = [], []
                for item in some:
                    text = planted(item, disguise, hosts[item.language[:2]], draw)
                    if text is not None and expected(bare[item.id], name):
                        texts.append(text)
                        owners.append(item)
                if not texts:
                    continue
                leaks = found(texts, [None] * len(texts), index)
                missed = [
                    item
                    for item, own, text in zip(owners, leaks, texts, strict=True)
                    if not _holds(item, own, text, everything)
                ]
                told = "; ".join(repr(item.question[:40]) for item in missed[:4])
                print(f"{exam:15} {name:26} {len(texts):5} {100 - 100 * len(missed) / len(texts):6.2f}  {told}")
                sys.stdout.flush()


_SAME: dict[str, tuple[str, frozenset[str]]] = {}


def _holds(item: ExamItem, leaks: list[Leak], text: str, everything: dict[str, list[ExamItem]]) -> bool:
    """Is the item found, or one with the same question, or what stands of its question word for word under the name of
    another that has the same words?"""
    if not _SAME:
        every = [one for items in everything.values() for one in items]
        for one, question in zip(every, strings([one.question for one in every]), strict=True):
            _SAME[one.id] = (question, frozenset(one.options))
    question = _SAME[item.id][0]
    if any(leak.item == item.id or _SAME[leak.item][0] == question for leak in leaks):
        return True
    passages = strings([text[leak.start : leak.end] for leak in leaks if leak.part == "question"])
    return any(passage in question for passage in passages)


def run_alarms(limit: int = 0) -> None:
    """Every hit on the real abstracts; an oracle says which of them hold a whole question or option list verbatim."""
    everything = [item for items in exams().values() for item in items]
    documents = abstracts(limit)
    with tempfile.TemporaryDirectory() as folder:
        index = indexed(everything, Path(folder))
        leaks = found([one.text for one in documents], [None] * len(documents), index)
        papers = sum(one.pmid in index.papers for one in documents if one.pmid)
        known = {item.id: item for item in sought(everything)}
        bare = strings([one.text for one in documents])
        print(f"{len(documents):,} abstracts, {len(everything):,} items; {papers} are papers of PubMedQA by PMID")
        hits = [(one, text, own) for one, text, own in zip(documents, bare, leaks, strict=True) if own]
        print(f"{len(hits)} with a leak")
        for one, text, own in hits:
            for leak in own:
                exact = known[leak.item].question in text
                print(f"{one.id} {leak.item} {leak.part} {leak.score} exact={exact}: "
                      f"{one.text[leak.start:leak.end][:150]!r}")  # fmt: skip
        oracle = exact_oracle(list(known.values()), bare)
        missed = [(number, name) for number, name in oracle if all(leak.item != name for leak in leaks[number])]
        long = [pair for pair in oracle if known[pair[1]].long]
        print(f"oracle: {len(oracle)} pairs of a whole question and an abstract, {len(long)} of questions known alone; "
              f"not found {len(missed)}, of those {sum(pair in missed for pair in long)}")  # fmt: skip
        for asked, times in Counter(known[name].asked for _, name in missed).most_common():
            print(f"  not found, {times} times: {asked[:120]!r}")


def run_others(most: int = 6_000) -> None:
    """Every hit on real documents of other kinds, Chinese ones first: prose that exams ask about."""
    everything = [item for items in exams().values() for item in items]
    with tempfile.TemporaryDirectory() as folder:
        index = indexed(everything, Path(folder))
        for kind, read in {**CHINESE, **ENGLISH}.items():
            texts = [text for text in spread(read(), most) if text]
            started = time.process_time()
            leaks = found(texts, [None] * len(texts), index)
            speed = sum(map(len, texts)) / (time.process_time() - started) / 1e6
            hits = sum(map(bool, leaks))
            print(f"{kind}: {len(texts):,} documents, {speed:.1f} million characters/s; {hits} with a leak")
            for text, own in zip(texts, leaks, strict=True):
                for leak in own:
                    print(f"  {leak.item} {leak.part} {leak.score}: {text[leak.start : leak.end][:150]!r}")


def exact_oracle(items: list[Sought], texts: list[str]) -> list[tuple[int, str]]:
    """Every whole question of GRAM characters or more in every bare text, by the first characters."""
    size = 12
    heads: dict[str, list[Sought]] = {}
    for item in items:
        if len(item.question) >= size:
            heads.setdefault(item.question[:size], []).append(item)
    pairs = list[tuple[int, str]]()
    for number, text in enumerate(texts):
        for at in range(len(text) - size + 1):
            for item in heads.get(text[at : at + size], ()):
                if text.startswith(item.question, at):
                    pairs.append((number, item.id))
    return pairs


def made_up(items: list[ExamItem], count: int) -> list[ExamItem]:
    """As many items as asked: the real ones, and ones made of sentences of theirs, so that grams are natural."""
    draw = random.Random(SEED)
    english = [item for item in items if item.language == "en"]
    result = list(items)
    while len(result) < count:
        one, other = draw.choice(english), draw.choice(english)
        cut = len(one.question) // 2
        result.append(one._replace(id=f"made:{len(result)}", question=one.question[:cut] + other.question[cut:],
                                   options=other.options, context="", source_id=""))  # fmt: skip
    return result


def run_speed() -> None:
    """Abstracts per second of processor time against 30,000 items."""
    items = made_up([item for own in exams().values() for item in own], 30_000)
    documents = abstracts()
    texts = [one.text for one in documents]
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        write(items, Path(folder))
        print(f"index of {len(items):,} items made in {time.process_time() - started:.1f} s")
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
        started = time.process_time()
        index = opened(folder)
        print(f"loaded in {time.process_time() - started:.2f} s; {size >> 20} MiB")
        found(texts[:500], [None] * 500, index)
        for _ in range(3):
            started = time.process_time()
            leaks = found(texts, [None] * len(texts), index)
            seconds = time.process_time() - started
            print(f"{len(texts):,} abstracts of {sum(map(len, texts)) / len(texts):.0f} characters: "
                  f"{len(texts) / seconds:,.0f}/s, {sum(map(len, texts)) / seconds / 1e6:.1f} million characters/s; "
                  f"{sum(map(bool, leaks))} with a leak")  # fmt: skip


COMMANDS: dict[str, Callable[[], None]] = {
    "planted": run_planted, "alarms": run_alarms, "others": run_others, "speed": run_speed,
}  # fmt: skip


def main() -> None:
    """Run what is asked for."""
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        raise SystemExit(f"python -m benchmarks.leaks {'|'.join(COMMANDS)}")
    COMMANDS[sys.argv[1]]()


if __name__ == "__main__":
    main()
