"""Language identification: accuracy per language and length, on medical text, classical against modern, and speed.

    python -m benchmarks.language DATA [--model lid.176.ftz] [--speed-only]

DATA is the folder with the real documents (`green/langid_lingua`: sentences in 75 languages; `amber`: English
abstracts, Chinese documents, classical books). Declared languages are withheld (`und`) but where a table says
otherwise. With `--model` the same tables are made for that fastText model as well. The weights and the threshold of
classical Chinese were chosen on the half of the texts whose SHA-256 is even; its table is about the odd half.
One core, Polars on one thread.
"""

from __future__ import annotations

import argparse
import csv
import functools
import hashlib
import json
import os
import re
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = "1"  # before the first import of polars

import polars as pl
import pycld2

from corpus.annotate import language
from corpus.annotate.settings import LanguageSettings

MODEL_LANGUAGES = {"zh-Hans": "zh", "zh-Hant": "zh", "lzh": "zh"}  # the test set does not tell them apart
BATCH = 500
HAN = re.compile("[\u4e00-\u9fff]")


def tags(texts: list[str], settings: LanguageSettings, declared: list[str] | None = None) -> pl.DataFrame:
    """The facts of the texts, in batches as the corpus stage makes them."""
    frame = pl.DataFrame({"text": texts, "language": declared or ["und"] * len(texts)})
    return pl.concat(language.annotate(piece, settings) for piece in frame.iter_slices(BATCH))


def simple(tag: str) -> str:
    """The tag as the test set names languages."""
    return MODEL_LANGUAGES.get(tag, tag)


def sentences(data: Path) -> list[tuple[str, str]]:
    """(language, sentence) of the 75 languages."""
    files = sorted((data / "green/langid_lingua").glob("*_testdata.txt"))
    return [(file.name[:2], line) for file in files for line in file.read_text("utf-8").splitlines() if line.strip()]


def by_language(pairs: list[tuple[str, str]], settings: LanguageSettings) -> None:
    """Accuracy per language, and what the wrong ones were taken for."""
    found = [simple(tag) for tag in tags([text for _, text in pairs], settings)["language.tag"]]
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    wrong: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (gold, _), tag in zip(pairs, found, strict=True):
        total[gold] += 1
        right[gold] += gold == tag
        if gold != tag:
            wrong[gold][tag] += 1
    accuracy = {gold: right[gold] / total[gold] for gold in total}
    print(f"\n## {len(total)} languages, {sum(total.values()):,} sentences, nothing declared\n")
    print(f"macro accuracy {statistics.mean(accuracy.values()):.4f}, micro {right.total() / total.total():.4f}, "
          f"median {statistics.median(accuracy.values()):.4f}\n")  # fmt: skip
    print("| language | sentences | accuracy | mostly taken for |\n|---|---|---|---|")
    for gold in sorted(total, key=lambda gold: (accuracy[gold], gold)):
        taken = ", ".join(f"{tag} {count}" for tag, count in wrong[gold].most_common(4))
        print(f"| {gold} | {total[gold]} | {accuracy[gold]:.3f} | {taken} |")


def by_length(pairs: list[tuple[str, str]], settings: LanguageSettings) -> None:
    """Accuracy of the first words of each sentence, without and with the right language declared."""
    print("\n## Short texts: the first words of each sentence (Chinese, Japanese, Thai: four characters a word)\n")
    print("| words | answered, nothing declared | right of the answered | right when declared | right, said English |")
    print("|---|---|---|---|---|")
    for words in (1, 2, 4, 8):
        cut = [text[: 4 * words] if gold in ("zh", "ja", "th") else " ".join(text.split()[:words])
               for gold, text in pairs]  # fmt: skip
        golds = [gold for gold, _ in pairs]
        free = [simple(tag) for tag in tags(cut, settings)["language.tag"]]
        answered = [(gold, tag) for gold, tag in zip(golds, free, strict=True) if tag != "und"]
        told = [simple(tag) for tag in tags(cut, settings, golds)["language.tag"]]
        lied = [simple(tag) for tag in tags(cut, settings, ["en"] * len(cut))["language.tag"]]
        shares = [len(answered) / len(cut), statistics.mean(gold == tag for gold, tag in answered)]
        shares += [statistics.mean(map(str.__eq__, golds, found)) for found in (told, lied)]
        print(f"| {words} | " + " | ".join(f"{share:.3f}" for share in shares) + " |")


def by_confidence(pairs: list[tuple[str, str]], settings: LanguageSettings) -> None:
    """What a confidence is worth: accuracy by band, on sentences and on their first three words."""
    bands: defaultdict[int, list[bool]] = defaultdict(list)
    cut = pairs + [(gold, " ".join(text.split()[:3])) for gold, text in pairs if gold not in ("zh", "ja", "th")]
    facts = tags([text for _, text in cut], settings)
    for (gold, _), tag, sure in zip(cut, facts["language.tag"], facts["language.confidence"], strict=True):
        bands[min(int(sure * 10), 9)].append(gold == simple(tag))
    print("\n## Accuracy by confidence, sentences and their first three words\n")
    print("| confidence | texts | accuracy |\n|---|---|---|")
    for band, right in sorted(bands.items()):
        print(f"| {band / 10:.1f} to {band / 10 + 0.1:.1f} | {len(right):,} | {statistics.mean(right):.3f} |")


def half(text: str) -> int:
    """0 for the half that the weights and thresholds were chosen on, 1 for the other."""
    return hashlib.sha256(text.encode()).digest()[3] & 1


def chapters(data: Path) -> Iterable[tuple[str, str]]:
    """("dated" or "undated", text) of the classical books, by chapter; a book's head names its dynasty."""
    for file in sorted((data / "amber/zh_tcm_books_gb18030").glob("*.txt")):
        text = file.read_text("gb18030", errors="replace")
        dated = re.search(r"朝代：(\S+)", text) is not None
        for chapter in text.split("<篇名>")[1:]:
            yield ("dated" if dated else "undated"), re.sub(r"<[^>]*>", "", chapter).strip()


def modern(data: Path) -> Iterable[tuple[str, str]]:
    """(set, text) of the modern Chinese documents."""
    amber = data / "amber"
    for text in json.loads((amber / "zh_drug_monographs/drug.json").read_text("utf-8")):
        yield "drug monographs", text
    for item in json.loads((amber / "zh_qa_huatuo26m/huatuo26M_test.json").read_text("utf-8")):
        yield "consultations (huatuo)", item["output"][0]
    for line in (amber / "zh_bentsao/llama_data.json").read_text("utf-8").splitlines():
        if line.strip():
            yield "written by a model (bentsao)", json.loads(line)["output"]
    for file in sorted((amber / "zh_qa_toyhom").glob("*.csv")):
        with file.open(encoding="gb18030", errors="replace", newline="") as lines:
            yield from (("consultations (toyhom)", row["answer"] or "") for row in csv.DictReader(lines))
    for name in ("clean", "cleared1", "dirty"):
        for line in (amber / f"noise_zh_webtext/{name}.jsonl").read_text("utf-8").splitlines():
            found = json.loads(line)
            yield "web text", found.get("text") or found.get("raw_content") or ""
    for row in pl.read_csv(amber / "noise_zh_reviews/ChnSentiCorp_htl_all.csv").iter_rows():
        yield "hotel reviews", row[1] or ""
    for line in (amber / "noise_zh_thucnews/dev.txt").read_text("utf-8").splitlines():
        yield "news titles", line.split("\t")[0]


def forms(data: Path) -> None:
    """Simplified and traditional, on the real Chinese documents and their conversions by OpenCC."""
    try:
        import opencc
    except ImportError:
        print("\nOpenCC is not installed (pip install opencc): simplified and traditional are not measured.")
        return
    texts = [text for name, text in modern(data) if name not in ("news titles", "hotel reviews") and len(text) > 30]
    texts = texts[:: len(texts) // 3000]
    print("\n## Simplified and traditional, converted by OpenCC\n")
    print("| conversion | characters | texts | right | zh | wrong |\n|---|---|---|---|---|---|")
    for conversion, want in (("none", "zh-Hans"), ("s2t", "zh-Hant"), ("s2twp", "zh-Hant"), ("s2hk", "zh-Hant")):
        convert = opencc.OpenCC(conversion).convert if conversion != "none" else str
        for size in (8, 16, 400):
            found = Counter(tags([convert(text)[:size] for text in texts], LanguageSettings())["language.tag"])
            right, bare = found[want] / len(texts), found["zh"] / len(texts)
            print(f"| {conversion} | {size} | {len(texts):,} | {right:.4f} | {bare:.4f} | {1 - right - bare:.4f} |")


def classical(data: Path) -> None:
    """Classical against modern on the half that chose nothing: recall on dated books, false alarms by set."""
    documents: defaultdict[str, list[str]] = defaultdict(list)
    for name, text in [*((f"classical, {when}", text) for when, text in chapters(data)), *modern(data)]:
        han = len(HAN.findall(text[:400]))
        if half(text) == 1 and han >= (30 if name != "news titles" else 1):
            documents[name].append(text)
    declared = ["lzh"] * len(documents["classical, dated"])
    cld2 = LanguageSettings()
    print("\n## Classical Chinese, the half never used for choosing (at least 30 Han characters in the first 400)\n")
    print("| set | texts | lzh | zh-Hans | zh-Hant | zh | other |\n|---|---|---|---|---|---|---|")
    hits = alarms = 0
    for name, texts in documents.items():
        counts = Counter(tags(texts, cld2)["language.tag"])
        shown = [counts[tag] / len(texts) for tag in ("lzh", "zh-Hans", "zh-Hant", "zh")]
        print(f"| {name} | {len(texts):,} | " + " | ".join(f"{share:.4f}" for share in [*shown, 1 - sum(shown)]) + " |")
        hits += counts["lzh"] if name == "classical, dated" else 0
        alarms += counts["lzh"] if not name.startswith("classical") else 0
    dated = documents["classical, dated"]
    told = Counter(tags(dated, cld2, declared)["language.tag"])["lzh"]
    others = sum(len(texts) for name, texts in documents.items() if not name.startswith("classical"))
    print(f"\nrecall {hits / len(dated):.4f} ({told / len(dated):.4f} when lzh is declared), ", end="")
    print(f"precision {hits / (hits + alarms):.4f}, {alarms} of {others:,} modern texts taken for classical")


def medical(data: Path, settings: LanguageSettings, runs: int) -> None:
    """About 1,500 English abstracts and Chinese documents: accuracy and documents per second of CPU time, beside a
    bare call of CLD2 on the first 400 characters, which gives one code and no script, share or form of Chinese."""
    abstracts = []
    for file in sorted((data / "amber/abstracts_cohen2006").glob("*.csv")):
        abstracts += [f"{row[0]}\n{row[1]}" for row in pl.read_csv(file, columns=["title", "abstract"]).iter_rows()]
    abstracts = [text for text in dict.fromkeys(abstracts) if len(text) > 300][:: max(1, len(abstracts) // 1600)][:1500]
    documents = [text for name, text in modern(data) if name not in ("news titles", "hotel reviews") and len(text) > 30]
    documents = documents[:: len(documents) // 1500][:1500]
    print(
        "\n## Medical documents\n\n| set | documents | mean characters | right | documents/s | bare CLD2 | its right |"
    )
    print("|---|---|---|---|---|---|---|")
    for name, want, texts in (("English abstracts", "en", abstracts), ("Chinese documents", "zh", documents)):
        facts = tags(texts, settings)
        right = sum(simple(tag) == want for tag in facts["language.tag"]) / len(texts)
        bare = sum(code.split("-")[0] == want for code in bare_cld2(texts)) / len(texts)
        ours = speed(functools.partial(tags, texts, settings), runs)
        theirs = speed(functools.partial(bare_cld2, texts), runs)
        sizes = f"{len(texts):,} | {statistics.mean(map(len, texts)):,.0f}"
        print(
            f"| {name} | {sizes} | {right:.4f} | {len(texts) / ours:,.0f} | {len(texts) / theirs:,.0f} | {bare:.4f} |"
        )


def bare_cld2(texts: list[str]) -> list[str]:
    """CLD2's first code for the first 400 characters of each text; a control character makes it raise."""
    found = []
    for text in texts:
        try:
            found.append(pycld2.detect(text[:400].encode(), isPlainText=True)[2][0][1])
        except pycld2.error:
            found.append("error")
    return found


def speed(work: Callable[[], object], runs: int) -> float:
    """Median CPU seconds: other work on the machine must not count."""
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds)


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="", help="a fastText model (lid.176 or GlotLID) to measure beside CLD2")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--speed-only", action="store_true")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    judges = {"CLD2": LanguageSettings()}
    if options.model:
        judges[options.model] = LanguageSettings(method="fasttext", model=options.model)
    else:
        print("No fastText model was given (--model): only CLD2 is measured.")
    for name, settings in judges.items():
        print(f"\n# {name}")
        medical(options.data, settings, options.runs)
        if not options.speed_only:
            pairs = sentences(options.data)
            by_language(pairs, settings)
            by_length(pairs, settings)
            by_confidence(pairs, settings)
    if not options.speed_only:
        classical(options.data)
        forms(options.data)


if __name__ == "__main__":
    main()
