"""The whole road, from compressed files to tiers, beside datatrove's own blocks with the same rules; one core.

    MATERIA_REAL_DATA=... python -m benchmarks.road WORK [--documents 16000] [--runs 3] [--languages English Chinese]

English: real abstracts as PubMed XML, written here into gzipped files of 5,000 records with authors, subject headings
and history as PubMed has them. Ours is `corpus build` with the preset `fineweb` (Gopher, C4, FineWeb), tiers, exact
and near copies dropped. datatrove has no reader for PubMed: it gets one here that does what its rules need and no
more, title and abstract by lxml's iterparse; then its Gopher, C4 and FineWeb filters as FineWeb sets them, and its
four MinHash steps. Chinese: real monographs, consultations and classical chapters as gzipped JSON Lines; ours with the
preset `fineweb2-zh`, datatrove with its JsonlReader, FineWeb-2's settings for cmn_Hani, and its MinHash, in FineWeb-2's
own order (copies first) and in the cheaper one (filters first).

Left out on datatrove's side: language identification (ours identifies the language and has rules about it), tiers, a
ledger, a report. Both sides are commands of their own, start included, in turn; seconds are those of the processor
(user and system), medians. Then what stays on both sides, our stages by the clock, and what each annotator takes.
WORK is a folder for all files; what is in it is replaced. Needs `.[bench]`.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

os.environ.update(POLARS_MAX_THREADS="1", RAYON_NUM_THREADS="1", OMP_NUM_THREADS="1")  # before the first import

import polars as pl

from benchmarks.real_texts import CHINESE, ENGLISH

FILE_RECORDS = 5_000
CHINESE_SETS = ("drug monographs", "consultations, Toyhom", "consultations, Huatuo", "classical chapters")
RECIPES = {
    "English": ("fineweb", {"kind": "pubmed", "path": "in", "name": "road"}),
    "Chinese": ("fineweb2-zh", {"kind": "table", "path": "in", "name": "road", "id": "id", "language": "zh"}),
}
ORDERS = {"English": ("filters first",), "Chinese": ("copies first", "filters first")}


def abstracts(count: int) -> list[str]:
    """Real abstracts, title in the first line, each once."""
    root = Path(os.environ["MATERIA_REAL_DATA"]) / "amber"
    found = ENGLISH["PubMed abstracts"]()
    for path in sorted([*root.glob("abstracts_ohsumed/**/*"), *root.glob("abstracts_hoc/**/*")]):
        if path.is_file():
            found.append(path.read_text(encoding="utf-8", errors="replace"))
    kept = list(dict.fromkeys(text.strip() for text in found if "\n" in text.strip()))
    random.Random(1).shuffle(kept)
    return kept[:count]


def citation(pmid: int, text: str, draw: random.Random) -> str:
    """A record as PubMed has it, with the title, abstract and about 4 KB of what stands beside them."""
    title, _, abstract = text.partition("\n")
    abstract = " ".join(abstract.split())
    people = "".join(
        f'<Author ValidYN="Y"><LastName>Name{draw.randrange(9999)}</LastName><ForeName>Given A</ForeName><Initials>GA'
        f"</Initials><AffiliationInfo><Affiliation>Department of Medicine {draw.randrange(99)}, University Hospital, "
        f"Town, Country.</Affiliation></AffiliationInfo></Author>" for _ in range(draw.randint(2, 8))
    )  # fmt: skip
    headings = "".join(
        f'<MeshHeading><DescriptorName UI="D{draw.randrange(999999):06d}" MajorTopicYN="N">Heading {number}'
        f'</DescriptorName><QualifierName UI="Q000{draw.randrange(999):03d}" MajorTopicYN="N">drug therapy'
        f"</QualifierName></MeshHeading>" for number in range(draw.randint(6, 14))
    )  # fmt: skip
    day = f"<Year>{draw.randint(1990, 2024)}</Year><Month>{draw.randint(1, 12):02d}</Month><Day>12</Day>"
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">{pmid}</PMID><DateCompleted>'
        f'{day}</DateCompleted><Article PubModel="Print"><Journal><ISSN IssnType="Print">0000-0000</ISSN><JournalIssue '
        f'CitedMedium="Print"><Volume>12</Volume><Issue>3</Issue><PubDate>{day}</PubDate></JournalIssue><Title>Journal '
        f"of Examples</Title><ISOAbbreviation>J Exam</ISOAbbreviation></Journal><ArticleTitle>{escape(title)}"
        f"</ArticleTitle><Pagination><MedlinePgn>101-9</MedlinePgn></Pagination><Abstract><AbstractText>"
        f'{escape(abstract)}</AbstractText></Abstract><AuthorList CompleteYN="Y">{people}</AuthorList><Language>eng'
        f'</Language><PublicationTypeList><PublicationType UI="D016428">Journal Article</PublicationType>'
        f"</PublicationTypeList></Article><MeshHeadingList>{headings}</MeshHeadingList></MedlineCitation><PubmedData>"
        f'<History><PubMedPubDate PubStatus="pubmed">{day}</PubMedPubDate></History><PublicationStatus>ppublish'
        f'</PublicationStatus><ArticleIdList><ArticleId IdType="pubmed">{pmid}</ArticleId></ArticleIdList>'
        "</PubmedData></PubmedArticle>\n"
    )


def write_inputs(language: str, folder: Path, count: int) -> int:
    """The compressed files; returns how many documents."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    draw = random.Random(2)
    if language == "English":
        texts = abstracts(count)
        for number, start in enumerate(range(0, len(texts), FILE_RECORDS), 1):
            with gzip.open(folder / f"pubmed26n{number:04d}.xml.gz", "wt", encoding="utf-8", compresslevel=6) as out:
                out.write('<?xml version="1.0" encoding="utf-8"?>\n<PubmedArticleSet>\n')
                for place, text in enumerate(texts[start : start + FILE_RECORDS], start):
                    out.write(citation(30_000_000 + place, text, draw))
                out.write("</PubmedArticleSet>\n")
        return len(texts)
    texts = list(dict.fromkeys(text for name in CHINESE_SETS for text in CHINESE[name]() if text.strip()))
    draw.shuffle(texts)
    with gzip.open(folder / "documents.jsonl.gz", "wt", encoding="utf-8", compresslevel=6) as out:
        for place, text in enumerate(texts[:count]):
            out.write(json.dumps({"id": str(place), "text": text}, ensure_ascii=False) + "\n")
    return len(texts[:count])


def their_reader(language: str, folder: str) -> Any:
    """datatrove's reader of JSON Lines, or one for PubMed's XML built on its own base."""
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.readers.base import BaseDiskReader
    from lxml import etree

    class Pubmed(BaseDiskReader):  # type: ignore[misc]
        name = "PubMed"

        def read_file(self, filepath: str) -> Iterator[Any]:
            with self.data_folder.open(filepath, "rb") as raw, gzip.open(raw) as file:
                for place, (_, record) in enumerate(etree.iterparse(file, tag="PubmedArticle")):
                    title = "".join(record.find(".//ArticleTitle").itertext())
                    abstract = "\n".join("".join(part.itertext()) for part in record.iterfind(".//AbstractText"))
                    pmid = record.findtext(".//PMID")
                    record.clear()
                    while record.getprevious() is not None:
                        del record.getparent()[0]
                    yield self.get_document_from_dict({"text": f"{title}\n\n{abstract}", "id": pmid}, filepath, place)

    return Pubmed(folder) if language == "English" else JsonlReader(folder)


def theirs(work: Path, language: str, order: str) -> None:
    """datatrove's road, as a process of its own."""
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    from benchmarks.datatrove_minhash import LANGUAGES, deduplicate, run_steps
    from benchmarks.signals import fineweb, fineweb2_zh

    filters = fineweb() if language == "English" else fineweb2_zh()
    between, out = str(work / "theirs" / "between"), str(work / "theirs" / "out")
    source = str(work / "in")
    if order == "filters first":
        run_steps(work / "theirs", "filters", [their_reader(language, source), *filters, JsonlWriter(between)])
        deduplicate(work / "theirs", LANGUAGES[language], lambda: JsonlReader(between), JsonlWriter(out))
    else:
        reader = lambda: their_reader(language, source)  # noqa: E731
        deduplicate(work / "theirs", LANGUAGES[language], reader, JsonlWriter(between))
        run_steps(work / "theirs", "filters", [JsonlReader(between), *filters, JsonlWriter(out)])


def recipe(work: Path, language: str) -> Path:
    """Our recipe: the preset, tiers, one source."""
    preset, source = RECIPES[language]
    lines = ['name = "road"', f'extends = ["{preset}", "medical-tiers"]', "[[source]]"]
    path = work / "recipe.toml"
    path.write_text("\n".join([*lines, *(f'{key} = "{value}"' for key, value in source.items())]) + "\n")
    return path


def timed(command: Sequence[str], work: Path, side: str) -> float:
    """Processor seconds of a command, started with an empty folder for its files."""
    shutil.rmtree(work / side, ignore_errors=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def commands(work: Path, language: str) -> dict[str, list[str]]:
    """Both sides as command lines."""
    out = work / "ours"
    ours = [sys.executable, "-m", "corpus.cli", "build", str(recipe(work, language)), "--out", str(out / "out"),
            "--store", str(out / "store"), "--workers", "1", "--quiet"]  # fmt: skip
    theirs_by = {
        f"datatrove, {order}": [sys.executable, "-m", "benchmarks.road", str(work), "--theirs", language, order]
        for order in ORDERS[language]
    }
    return {"ours": ours} | theirs_by


def kept(work: Path, side: str) -> set[str]:
    """The ids of what stays."""
    if side == "ours":
        data = pl.read_parquet(work / "ours" / "out" / "data" / "*.parquet", columns=["id"])
        return {name.replace("/", ":").rpartition(":")[2] for name in data["id"].to_list()}
    names = set()
    for path in sorted((work / "theirs" / "out").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            names |= {json.loads(line)["id"] for line in lines}
    return names


def measure(language: str, work: Path, documents: int, runs: int) -> None:
    """The tables of one language."""
    work = work / language.lower()
    count = write_inputs(language, work / "in", documents)
    size = sum(path.stat().st_size for path in (work / "in").iterdir())
    sides = commands(work, language)
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    stays: dict[str, set[str]] = {}
    for _ in range(runs):
        for side, command in sides.items():
            seconds[side].append(timed(command, work, "ours" if side == "ours" else "theirs"))
            stays[side] = kept(work, side)
    medians = {side: statistics.median(taken) for side, taken in seconds.items()}
    print(f"\n{language}: {count:,} documents, {size / 1e6:.1f} MB compressed, {runs} runs in turn\n")
    print("| | seconds (least to most) | documents/s | ours is so many times that | kept | of ours kept too |")
    print("|---|---:|---:|---:|---:|---:|")
    for side, taken in seconds.items():
        both = len(stays[side] & stays["ours"]) / max(1, len(stays["ours"]))
        print(f"| {side} | {medians[side]:.1f} ({min(taken):.1f} to {max(taken):.1f}) | {count / medians[side]:,.0f} "
              f"| {medians[side] / medians['ours']:.1f} | {len(stays[side]):,} | {both:.1%} |")  # fmt: skip
    print_profile(work)


def print_profile(work: Path) -> None:
    """What our last run went to: stages by the clock, and annotators by themselves."""
    run = json.loads((work / "ours" / "out" / "run.json").read_bytes())
    stages = {name: stage["seconds"] for name, stage in run["stages"].items()}
    rest = run["seconds"] - sum(stages.values())
    told = ", ".join(f"{name} {seconds:.2f}" for name, seconds in stages.items() if seconds >= 0.005)
    print(f"\nOurs, the last run, seconds by the clock: {run['seconds']:.2f}; {told}; between stages {rest:.2f}")
    took = {name: f"{seconds:.2f}" for name, seconds in annotators(work / "ours" / "store").items()}
    print("Annotators alone: " + ", ".join(f"{name} {seconds}" for name, seconds in took.items()))


def annotators(store: Path) -> dict[str, float]:
    """Processor seconds of each annotator over the documents of a store."""
    from corpus.annotate import ANNOTATORS
    from corpus.annotate.settings import AnnotateSettings

    took: dict[str, float] = {}
    settings = AnnotateSettings()
    for path in sorted(store.glob("ingest/*/*/documents.parquet")):
        documents = pl.read_parquet(path)
        for start in range(0, documents.height, 500):
            batch = documents[start : start + 500]
            for name in (name for name in ANNOTATORS if name != "learned"):
                began = time.process_time()
                module = importlib.import_module(ANNOTATORS[name])
                batch = batch.hstack(module.annotate(batch, getattr(settings, name, None)))
                took[name] = took.get(name, 0.0) + time.process_time() - began
    return took


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--documents", type=int, default=16_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--languages", nargs="*", choices=list(RECIPES), default=list(RECIPES))
    parser.add_argument("--theirs", nargs=2, metavar=("LANGUAGE", "ORDER"), help="only datatrove's road, once")
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    if options.theirs:
        theirs(options.work, *options.theirs)
        return
    for language in options.languages:
        measure(language, options.work.absolute(), options.documents, options.runs)


if __name__ == "__main__":
    main()
