"""The quality signals of the three comparison presets, beside datatrove's filters on the same documents, on one core.

    MATERIA_REAL_DATA=... python -m benchmarks.signals [--documents 150] [--runs 3] [--differences 12]

English documents go through Gopher's rules (preset `gopher`: datatrove's repetition and quality filters) and FineWeb's
(preset `fineweb`: those, C4 without terminal punctuation, as FineWeb sets it, and FineWeb's own), on spaCy's tokens.
Chinese documents go through FineWeb-2's rules for Mandarin (preset `fineweb2-zh`): the same filters with its
configuration, on spaCy with jieba. The peer stops at the first rule that a document breaks, as its pipelines do; ours
measures every fact of `english`, `chinese` and `repetition`, most of which no preset asks for, and tries every rule.
Language identification is left out on both sides.

Prints, for each set of documents: documents per second of both, their ratio, the share of equal verdicts; then the
differences by rule. The process binds itself to one core and gives Polars one thread. Needs `.[bench]`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

os.environ["POLARS_MAX_THREADS"] = "1"  # before the first import of polars

import polars as pl

from benchmarks.real_texts import CHINESE, ENGLISH, spread
from corpus.annotate import chinese, english, repetition
from corpus.judge import holds
from corpus.recipe import Rule
from corpus.recipe_file import load_recipe

FINEWEB2_STOP_WORDS = list("的年在月是和日了於·為有被人中为他與後也而由")


class Result(NamedTuple):
    """One set of documents, measured: medians of seconds for the peer and for us, and every verdict of both
    ("" for kept, else the rule that broke first)."""

    name: str
    characters: int
    theirs_s: float
    ours_s: float
    theirs: list[str]
    ours: list[str]

    @property
    def equal(self) -> float:
        """The share of documents that both keep or both drop."""
        return statistics.mean((a == "") == (b == "") for a, b in zip(self.theirs, self.ours, strict=True))


def gopher() -> list[Any]:
    """Gopher's filters as datatrove has them."""
    from datatrove.pipeline import filters

    return [filters.GopherRepetitionFilter(), filters.GopherQualityFilter()]


def fineweb() -> list[Any]:
    """FineWeb's filters after language identification, in its order (datatrove's examples/fineweb.py)."""
    from datatrove.pipeline import filters

    return [*gopher(), filters.C4QualityFilter(filter_no_terminal_punct=False), filters.FineWebQualityFilter()]


def fineweb2_zh() -> list[Any]:
    """FineWeb-2's filters for cmn_Hani, in its order (fineweb-2-pipeline.py, configs/cmn_Hani.yml)."""
    from datatrove.pipeline import filters

    return [
        filters.GopherRepetitionFilter(
            language="cmn_Hani", dup_para_frac=0, dup_line_char_frac=0, dup_para_char_frac=0, dup_line_frac=0.287,
            top_n_grams=((2, 0.256), (3, 0.201), (4, 0.171)),
            dup_n_grams=((5, 0.198), (6, 0.182), (7, 0.167), (8, 0.154), (9, 0.14), (10, 0.127)),
        ),
        filters.FineWebQualityFilter(
            language="cmn_Hani", short_line_thr=999, char_duplicates_ratio=0.1, line_punct_thr=0.106,
            new_line_ratio=0.178,
        ),
        filters.GopherQualityFilter(
            language="cmn_Hani", max_avg_word_length=5, min_avg_word_length=1, stop_words=FINEWEB2_STOP_WORDS,
            max_non_alpha_words_ratio=0.735, min_stop_words=2,
        ),
    ]  # fmt: skip


def their_verdicts(filters: Sequence[Any], texts: Sequence[str]) -> list[str]:
    """The first rule that each document breaks, by the peer."""
    from datatrove.data import Document

    verdicts = []
    for text in texts:
        document, verdict = Document(text=text, id=""), ""
        for step in filters:
            answer = step.filter(document)
            if answer is not True:
                verdict = answer[1]
                break
        verdicts.append(verdict)
    return verdicts


def our_facts(tag: str, texts: Sequence[str]) -> pl.DataFrame:
    """Every fact of the language's annotator and of `repetition`."""
    batch = pl.DataFrame({"text": texts, "language.tag": [tag] * len(texts)})
    quality = english if tag == "en" else chinese
    return batch.select("language.tag").hstack(quality.annotate(batch)).hstack(repetition.annotate(batch))


def our_verdicts(rules: Sequence[Rule], tag: str, texts: Sequence[str]) -> list[str]:
    """The first rule that each document breaks, by us; all rules are tried."""
    facts = our_facts(tag, texts)
    broken = facts.select(
        pl.concat_list(pl.when(~holds(rule)).then(pl.lit(rule.name)) for rule in rules).list.drop_nulls().list.first()
    )
    return [rule or "" for rule in broken.to_series()]


class Preset(NamedTuple):
    """A preset of ours, the peer's filters for it, and the documents both are tried on."""

    name: str
    filters: Callable[[], list[Any]]
    tag: str
    sets: dict[str, Callable[[], list[str]]]


PRESETS = (
    Preset("gopher", gopher, "en", ENGLISH),
    Preset("fineweb", fineweb, "en", ENGLISH),
    Preset("fineweb2-zh", fineweb2_zh, "zh-Hans", CHINESE),
)


def compared(name: str, preset: Preset, texts: list[str], runs: int) -> Result:
    """Both sides on the same texts, `runs` times in turn after one warm-up each on a few."""
    filters, tag = preset.filters(), preset.tag
    rules = [rule for rule in load_recipe(preset.name).recipe.rule if not rule.signal.startswith("language.")]
    their_verdicts(filters, texts[:3])
    our_verdicts(rules, tag, texts[:3])
    times: dict[str, list[float]] = {"theirs": [], "ours": []}
    verdicts: dict[str, list[str]] = {}
    sides: dict[str, Callable[[], list[str]]] = {
        "theirs": lambda: their_verdicts(filters, texts),
        "ours": lambda: our_verdicts(rules, tag, texts),
    }
    for _ in range(runs):
        for side, work in sides.items():
            began = time.process_time()  # processor time: other work on the machine does not count
            verdicts[side] = work()
            times[side].append(time.process_time() - began)
    theirs_s, ours_s = statistics.median(times["theirs"]), statistics.median(times["ours"])
    return Result(name, sum(map(len, texts)), theirs_s, ours_s, verdicts["theirs"], verdicts["ours"])


def row(result: Result) -> str:
    """One line of the table."""
    n = len(result.theirs)
    kept = [verdicts.count("") / n for verdicts in (result.theirs, result.ours)]
    return (
        f"| {result.name} | {n} | {result.characters / n:,.0f} | {n / result.theirs_s:,.0f} | {n / result.ours_s:,.0f} "
        f"| {result.theirs_s / result.ours_s:.0f} | {kept[0]:.1%} | {kept[1]:.1%} | {result.equal:.1%} |"
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=150, help="documents per set")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--differences", type=int, default=12, help="kinds of difference to print")
    parser.add_argument("--sets", nargs="*", help="only these sets")
    parser.add_argument("--presets", nargs="*", help="only these presets")
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    for preset in PRESETS:
        if not options.presets or preset.name in options.presets:
            measure(preset, options)


def measure(preset: Preset, options: argparse.Namespace) -> None:
    """One preset: its table and its differences."""
    print(f"\n{preset.name}\n\n| set | documents | characters each | datatrove docs/s | ours docs/s | ratio ", end="")
    print("| they keep | we keep | equal verdicts |\n|---|---|---|---|---|---|---|---|---|")
    results: list[tuple[Result, list[str]]] = []
    for name, load in preset.sets.items():
        if options.sets and name not in options.sets:
            continue
        texts = spread([text for text in load() if text.strip()], options.documents)
        results.append((compared(name, preset, texts, options.runs), texts))
        print(row(results[-1][0]), flush=True)
    print(row(total("all", [result for result, _ in results])), flush=True)
    print_differences(results, options.differences)


def total(name: str, results: Sequence[Result]) -> Result:
    """All sets as one."""
    return Result(
        name,
        sum(result.characters for result in results),
        sum(result.theirs_s for result in results),
        sum(result.ours_s for result in results),
        [verdict for result in results for verdict in result.theirs],
        [verdict for result in results for verdict in result.ours],
    )


def print_differences(pairs: Sequence[tuple[Result, list[str]]], most: int) -> None:
    """Which rules decided where one side keeps and the other drops, with one example each."""
    seen: Counter[tuple[str, str]] = Counter()
    example: dict[tuple[str, str], str] = {}
    for result, texts in pairs:
        for theirs, ours, text in zip(result.theirs, result.ours, texts, strict=True):
            if (theirs == "") != (ours == ""):
                seen[(theirs or "keeps", ours or "keeps")] += 1
                example.setdefault((theirs or "keeps", ours or "keeps"), f"{result.name}: {text[:60]!r}")
    print(f"\nDifferent verdicts: {sum(seen.values())}")
    for (theirs, ours), count in seen.most_common(most):
        print(f"  {count:4}  datatrove {theirs:32} ours {ours:32} {example[(theirs, ours)]}")


if __name__ == "__main__":
    main()
