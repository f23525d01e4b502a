"""PubMed XML, records per second on one core: this reader beside pubmed_parser, on the same files in one run.

    python -m benchmarks.pubmed_parse FOLDER [--repeats 9] [--glob 'pubmed*.xml.gz']

FOLDER holds PubMed files as NLM distributes them; plain ones are gzipped into a temporary folder first, because the
peer reads only gzip. Both sides go through all files from disk to the finished fields, in turn, `--repeats` times
after one round that is not counted. Medians of processor time are compared: on a machine shared with others the
clock says little (it is printed too).

What is compared: each side does what it does when it is asked for a file's records, which is not the same.

    this reader    one Document per text: title, abstract with labels and readable markup (10^9/L), texts in other
                   languages, date from PubDate, MedlineDate or ArticleDate, PMID with version, ids from ArticleIdList,
                   publication types and MeSH by UI, journal, ISSN, status, retraction and correction notices, copyright
                   and licence, book articles, deletions; meta as JSON. No authors, grants, chemicals, keywords.
    pubmed_parser  parse_medline_xml with its defaults: title, abstract, journal, authors and affiliations as text,
                   year, pmid, MeSH terms, publication types and chemicals as text, keywords, doi, pii, pmc, other id,
                   PMIDs of references, country, ISSN, NLM id, vernacular title, languages. No versions, other
                   abstracts, books, notices, copyright, and no markup in titles and abstracts.
"""

from __future__ import annotations

import argparse
import gzip
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from corpus.document import Record
from corpus.files import InputFile
from corpus.sources.pubmed import read
from corpus.sources.settings import PubmedSettings

SETTINGS = PubmedSettings(kind="pubmed", name="pubmed", path=".")


def ours(files: list[Path]) -> int:
    count = 0
    for path in files:
        file = InputFile(url=str(path), name=path.name, size=path.stat().st_size, identity="")
        count += sum(isinstance(item, Record) for item in read(file, SETTINGS))
    return count


def theirs(files: list[Path]) -> int:
    import pubmed_parser  # type: ignore[import-untyped]

    return sum(sum(not record["delete"] for record in pubmed_parser.parse_medline_xml(str(path))) for path in files)


def prepared(files: list[Path], folder: Path) -> list[Path]:
    """The files gzipped, without those of which the peer reads fewer records, so that both sides read the same."""
    kept = []
    for path in files:
        data = path.read_bytes()
        if not data.startswith(b"\x1f\x8b"):
            path = folder / (path.name + ".gz")
            path.write_bytes(gzip.compress(data))
        try:
            found = theirs([path])
        except Exception as error:
            print(f"left out, pubmed_parser cannot read it: {path.name} ({type(error).__name__}: {error})")
            continue
        if found == ours([path]):
            kept.append(path)
        else:
            print(f"left out, pubmed_parser reads {found} of {ours([path])} records: {path.name}")
    return kept


def measured(run: Callable[[list[Path]], int], files: list[Path]) -> tuple[float, float, int]:
    clock, processor = time.perf_counter(), time.process_time()
    count = run(files)
    return time.process_time() - processor, time.perf_counter() - clock, count


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--glob", default="*.xml*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = prepared(sorted(options.folder.glob(options.glob)), Path(folder))
        if not files:
            sys.exit(f"{options.folder} holds no file {options.glob} that both sides read")
        compare(files, options.repeats)


def compare(files: list[Path], repeats: int) -> None:
    sides = {"this reader": ours, "pubmed_parser": theirs}
    counts = {name: measured(run, files)[2] for name, run in sides.items()}  # the round that is not counted
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, run in sides.items():
            times[name].append(measured(run, files)[:2])
    print(
        f"{len(files)} files, {sum(path.stat().st_size for path in files):,} bytes on disk, {repeats} repeats; "
        f"Python {platform.python_version()}, lxml {version('lxml')}, pubmed_parser {version('pubmed_parser')}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    print(f"{'':15}{'records':>9}{'CPU s':>9}{'records/s':>11}{'by the clock':>14}")
    for name, values in times.items():
        processor, clock = (statistics.median(column) for column in zip(*values, strict=True))
        rates = f"{counts[name] / processor:>11,.0f}{counts[name] / clock:>14,.0f}"
        print(f"{name:15}{counts[name]:>9,}{processor:>9.3f}{rates}")
    pairs = zip(times["this reader"], times["pubmed_parser"], strict=True)
    ratios = sorted(peer[0] / own[0] for own, peer in pairs)
    print(f"ratio, median of {repeats} pairs: {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")


if __name__ == "__main__":
    main()
