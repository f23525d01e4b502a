"""Decontamination on real exams and real documents: what is found, what is a false alarm, how fast, and beside LSH.

    python -m benchmarks.leaks planted     items of every exam in every disguise, planted into real documents
    python -m benchmarks.leaks alarms      real abstracts: every hit, and whether an exact-match oracle has it too
    python -m benchmarks.leaks speed       abstracts per second of processor time, time to make and to load the index
    python -m benchmarks.leaks lsh         the same abstracts and plants by MinHash LSH Ensemble (datasketch)
    python -m benchmarks.leaks exams       exams against exams: CMExam against MedQA mainland, and all others

Exams and documents come from the folder that `MATERIA_REAL_DATA` names; what came out is in leaks-2026-11.md.
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

from benchmarks.real_texts import CHINESE, spread
from corpus.annotate.exam_overlap import found
from corpus.exams.item import ExamItem
from corpus.exams.read import open_exam
from corpus.exams.same import ExamIndex
from corpus.leaks.pieces import Sought, sought
from corpus.leaks.stage import Exams, opened, write
from corpus.leaks.verify import Leak
from corpus.leaks.view import strings
from corpus.relate.difference import difference
from corpus.text.fold import folded

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


# Disguises: a text made of an item, None where the item cannot wear it. `hosts` gives other text to put between.

Disguise = Callable[[ExamItem, random.Random], list[str] | None]


def lettered(options: tuple[str, ...], form: str = "{}. {}") -> str:
    return "\n".join(form.format("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[n], text) for n, text in enumerate(options))


def _alone(item: ExamItem, draw: random.Random) -> list[str]:
    return [item.question]


def _whole(item: ExamItem, draw: random.Random) -> list[str]:
    return [f"{item.question}\n{lettered(item.options)}"]


def _shuffled(item: ExamItem, draw: random.Random) -> list[str]:
    options = list(item.options)
    draw.shuffle(options)
    return [f"{item.question}\n{lettered(tuple(options))}"]


def _wide(item: ExamItem, draw: random.Random) -> list[str]:
    text = _whole(item, draw)[0]
    return ["".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text)]


def _traditional(item: ExamItem, draw: random.Random) -> list[str] | None:
    import opencc

    return [opencc.OpenCC("s2t").convert(_whole(item, draw)[0])] if item.language.startswith("zh") else None


def _spread(item: ExamItem, draw: random.Random) -> list[str]:
    return [item.question, f"{lettered(item.options)}\n答案：{item.letters}" if item.language.startswith("zh") else
            f"{lettered(item.options)}\nAnswer: {item.letters}"]  # fmt: skip


def _numbered(item: ExamItem, draw: random.Random) -> list[str]:
    text = f"{draw.randint(1, 300)}、{item.question}".replace(",", " ,").replace("，", ", ").replace("。", ".")
    broken = "\n".join(text[at : at + 37] for at in range(0, len(text), 37)) if item.language.startswith("zh") else (
        "\n".join(" ".join(text.split()[at : at + 7]) for at in range(0, len(text.split()), 7)))  # fmt: skip
    return [f"{broken}\n" + "；".join(f"({n + 1}) {option}" for n, option in enumerate(item.options))]


def _character(item: ExamItem, draw: random.Random) -> list[str] | None:
    places = [at for at, one in enumerate(item.question) if one.isalpha()]
    draw.shuffle(places)
    for at in places:
        other = draw.choice("的一在有人这中大来上" if item.question[at] > "\u2e80" else "aeiounrt")
        changed = f"{item.question[:at]}{other}{item.question[at + 1 :]}"
        if _the_same(item.question, changed):
            return [f"{changed}\n{lettered(item.options)}"]
    return None


def _the_same(one: str, other: str) -> bool:
    """Does a change leave the question what it was? Without its "not", or with another number, it is another one."""
    return difference(folded(one), folded(other)).veto not in ("quantity", "negation")


def _word(item: ExamItem, draw: random.Random) -> list[str] | None:
    words = item.question.split()
    places = [at for at, word in enumerate(words) if word.isalpha() and len(word) > 3]
    if len(words) < 8 or item.language.startswith("zh"):  # of fewer, one word is much of the question
        return None
    draw.shuffle(places)
    for at in places:
        changed = " ".join([*words[:at], draw.choice(["patient", "usually", "clinical", "several"]), *words[at + 1 :]])
        if _the_same(item.question, changed):
            return [f"{changed}\n{lettered(item.options)}"]
    return None


def _paper(item: ExamItem, draw: random.Random) -> list[str] | None:
    return [item.context] if item.context else None


DISGUISES: dict[str, Disguise] = {
    "question alone": _alone, "with options": _whole, "options shuffled": _shuffled, "full width": _wide,
    "traditional script": _traditional, "spread over a page": _spread, "renumbered, broken lines": _numbered,
    "one character changed": _character, "one word changed": _word, "its abstract": _paper,
}  # fmt: skip


def planted(item: ExamItem, disguise: Disguise, hosts: list[str], draw: random.Random) -> str | None:
    """A real document with the item in it, at a line's or sentence's end."""
    parts = disguise(item, draw)
    if parts is None:
        return None
    host = draw.choice(hosts)[:6000]
    stops = [at + 1 for at, one in enumerate(host) if one in ".。\n"] or [len(host)]
    at = draw.choice(stops)
    between = draw.choice(hosts)[:600]
    return f"{host[:at]}\n" + f"\n{between}\n".join(parts) + f"\n{host[at:]}"


def expected(item: Sought, name: str) -> bool:
    """Is the item one that must be found so? Alone only where it is long; changed not where it is too short."""
    if name == "question alone":
        return item.long
    return True


def run_planted(per_exam: int = 400) -> None:
    """Recall by exam and disguise, of all items and of those that can be known so."""
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
            for name, disguise in DISGUISES.items():
                texts, owners = [], []
                for item in some:
                    text = planted(item, disguise, hosts[item.language[:2]], draw)
                    if text is not None and expected(bare[item.id], name):
                        texts.append(text)
                        owners.append(item)
                if not texts:
                    continue
                leaks = found(texts, [None] * len(texts), index)
                missed = [item for item, own in zip(owners, leaks, strict=True) if not _holds(item, own, everything)]
                told = "; ".join(repr(item.question[:40]) for item in missed[:4])
                print(f"{exam:15} {name:26} {len(texts):5} {100 - 100 * len(missed) / len(texts):6.2f}  {told}")
                sys.stdout.flush()


_SAME: dict[str, tuple[str, frozenset[str]]] = {}


def _holds(item: ExamItem, leaks: list[Leak], everything: dict[str, list[ExamItem]]) -> bool:
    """Is the item found, or one with the same question?"""
    if not _SAME:
        every = [one for items in everything.values() for one in items]
        for one, question in zip(every, strings([one.question for one in every]), strict=True):
            _SAME[one.id] = (question, frozenset(one.options))
    return any(leak.item == item.id or _SAME[leak.item][0] == _SAME[item.id][0] for leak in leaks)


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
        print(f"oracle: {len(oracle)} pairs of a whole question and an abstract, {len(long)} of questions that are known "
              f"alone; not found {len(missed)}, of those {sum(pair in missed for pair in long)}")  # fmt: skip
        for asked, times in Counter(known[name].asked for _, name in missed).most_common():
            print(f"  not found, {times} times: {asked[:120]!r}")


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


def run_lsh(documents: int = 2_000) -> None:
    """The same by MinHash LSH Ensemble: pieces of a question contained in a document."""
    from datasketch import MinHash, MinHashLSHEnsemble

    everything = exams()
    items = [item for name in ("medqa-us", "medmcqa") for item in everything[name]]
    texts = [one.text for one in abstracts(documents)]
    questions = strings([item.question for item in items])

    def sketch(text: str) -> tuple[MinHash, int]:
        grams = {text[at : at + 12].encode() for at in range(max(1, len(text) - 11))}
        made = MinHash(num_perm=128)
        made.update_batch(list(grams))
        return made, len(grams)

    started = time.process_time()
    ensemble = MinHashLSHEnsemble(threshold=0.8, num_perm=128, num_part=16)
    made = [sketch(text) for text in strings(texts)]
    print(f"datasketch: {len(texts) / (time.process_time() - started):,.0f} abstracts/s to sketch alone")
    # Which documents contain a question: the ensemble holds the documents, the questions are asked.
    ensemble.index([(number, *one) for number, one in enumerate(made)])
    draw = random.Random(SEED)
    plants, owners = [], []
    for number, item in enumerate(items[:600]):
        if len(questions[number]) >= 60:
            text = planted(item, _whole, texts, draw)
            assert text is not None
            plants.append(text)
            owners.append(number)
    with tempfile.TemporaryDirectory() as folder:
        index = indexed(items, Path(folder))
        started = time.process_time()
        ours = found(plants, [None] * len(plants), index)
        speed = len(plants) / (time.process_time() - started)
        print(f"ours: {sum(map(bool, ours))} of {len(plants)} found, {speed:,.0f}/s")
    held = MinHashLSHEnsemble(threshold=0.8, num_perm=128, num_part=16)
    held.index([(number, *sketch(text)) for number, text in enumerate(strings(plants))])
    right = wrong = 0
    started = time.process_time()
    for place, number in enumerate(owners):
        answer = list(held.query(*sketch(questions[number])))
        right += place in answer
        wrong += len(answer) - (place in answer)
    print(f"datasketch: {right} of {len(owners)} found, and {wrong} candidates that are none; "
          f"{len(owners) / (time.process_time() - started):,.0f} questions/s")  # fmt: skip
    false = sum(len(list(ensemble.query(*sketch(question)))) for question in questions[:600] if len(question) >= 60)
    print(f"datasketch: {false} candidates among {len(texts):,} abstracts without one")


def run_exams() -> None:
    """Exams against exams, by the index of items."""
    everything = exams()
    for one, items in everything.items():
        index = ExamIndex(items)
        for other, asked in everything.items():
            if one == other or items[0].language[:2] != asked[0].language[:2]:
                continue
            twins = index.among(asked)
            pairs = [(item, twin) for item, twin in zip(asked, twins, strict=True) if twin]
            print(f"{other} in {one}: {len(pairs)} of {len(asked):,}")
            if {one, other} == {"cmexam", "medqa-mainland"} and one == "cmexam":
                by_id = {item.id: item for item in items}
                kinds = Counter(_kind(item, by_id[twin]) for item, twin in pairs)
                print(dict(kinds))
                for item, twin in pairs[:80]:
                    print(f"  {item.id} = {twin} ({_kind(item, by_id[twin])}): {item.question[:60]!r} | "
                          f"{by_id[twin].question[:60]!r}")  # fmt: skip


def _kind(one: ExamItem, other: ExamItem) -> str:
    questions = strings([one.question, other.question])
    options = [frozenset(strings(list(item.options))) for item in (one, other)]
    asked = "same question" if questions[0] == questions[1] else "question changed"
    return f"{asked}, {'same options' if options[0] == options[1] else 'options differ'}"


COMMANDS: dict[str, Callable[[], None]] = {
    "planted": run_planted, "alarms": run_alarms, "speed": run_speed, "lsh": run_lsh, "exams": run_exams,
}  # fmt: skip


def main() -> None:
    """Run what is asked for."""
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        raise SystemExit(f"python -m benchmarks.leaks {'|'.join(COMMANDS)}")
    COMMANDS[sys.argv[1]]()


if __name__ == "__main__":
    main()
