"""A small build for tests: a recipe and inputs in a folder, built here or by the command line."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from corpus.build import build as run_build
from corpus.cli import main
from corpus.progress import Silent
from corpus.recipe_file import load_recipe
from corpus.store import Store

RECIPE = """
name = "small"

[[source]]
name = "pubmed"
kind = "pubmed"
path = "pubmed"

[[source]]
name = "rows"
kind = "table"
path = "rows"
id = "id"
genre = "reference"
licence = "CC-BY-4.0"

[[source]]
name = "notes"
kind = "text"
path = "notes"
genre = "textbook"

[[rule]]
name = "en-words"
language = "en"
signal = "english.words"
comparison = ">="
threshold = 12
reason = "Fewer words than a sentence carry no argument."

[[rule]]
name = "long-enough"
signal = "document.characters"
comparison = ">="
threshold = 20
reason = "A heading alone teaches nothing."

[[tier]]
name = "trials"
tier = "high"
when = [{ signal = "evidence.level", comparison = "in", threshold = ["rct", "synthesis", "guideline"] }]

[[tier]]
name = "rest"
tier = "basic"
"""

ABSTRACT = (
    "Patients with hypertension received amlodipine {dose} mg daily for twelve weeks. Blood pressure fell by {n} mmHg, "
    "and adverse events were rare in both groups. The treatment was well tolerated in this invented trial number {n}."
)
# Texts of one kind are related, and every two of them are compared; of one kind only, that is half of a build's time.
# With more kinds than three the families would be small enough to be held out.
KINDS = (
    ABSTRACT,
    "We enrolled {n} adults whose asthma was poorly controlled and gave them {dose} micrograms of an inhaled steroid. "
    "Attacks became less frequent, while lung function and nights without symptoms improved in most of those treated.",
    "This invented cohort followed {n} women after a fracture of the hip. Those who walked {dose} minutes each morning "
    "lived longer at home, fell less often, and needed fewer visits of a nurse than the others in the same district.",
)


def abstract(dose: int, n: int) -> str:
    """An invented abstract of one of a few kinds, by its number."""
    return KINDS[n % len(KINDS)].format(dose=dose, n=n)


def citation(pmid: int, text: str, version: int = 1, types: tuple[str, ...] = ("D016428",), extra: str = "") -> str:
    """One PubmedArticle, invented."""
    kinds = "".join(f'<PublicationType UI="{ui}">x</PublicationType>' for ui in types)
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="{version}">{pmid}</PMID><Article>'
        f"<Journal><JournalIssue><PubDate><Year>2020</Year></PubDate></JournalIssue><Title>J Inv</Title></Journal>"
        f"<ArticleTitle>Trial {pmid}</ArticleTitle><Abstract><AbstractText>{text}</AbstractText></Abstract>"
        f"<Language>eng</Language><PublicationTypeList>{kinds}</PublicationTypeList></Article>{extra}</MedlineCitation>"
        f'<PubmedData><ArticleIdList><ArticleId IdType="pubmed">{pmid}</ArticleId></ArticleIdList></PubmedData>'
        f"</PubmedArticle>"
    )


def citations(path: Path, *entries: str, deleted: tuple[int, ...] = ()) -> None:
    """Write a PubMed file."""
    gone = "".join(f'<PMID Version="1">{pmid}</PMID>' for pmid in deleted)
    tail = f"<DeleteCitation>{gone}</DeleteCitation>" if gone else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'<?xml version="1.0"?><PubmedArticleSet>{"".join(entries)}{tail}</PubmedArticleSet>')


RETRACTION = (
    '<CommentsCorrectionsList><CommentsCorrections RefType="RetractionIn"><RefSource>J Inv. 2021</RefSource>'
    '<PMID Version="1">99</PMID></CommentsCorrections></CommentsCorrectionsList>'
)


def write_inputs(folder: Path) -> Path:
    """All inputs of the small build; returns the recipe's path."""
    abstracts = [citation(n, abstract(dose=5 * n, n=n), types=("D016449",) if n % 3 else ("D016428",)) for n in
                 range(1, 13)]  # fmt: skip
    citations(folder / "pubmed" / "pubmed26n0001.xml", *abstracts)
    changed = citation(2, abstract(dose=10, n=77), version=2)
    retracted = citation(3, abstract(dose=15, n=3), types=("D016441",), extra=RETRACTION)
    citations(folder / "pubmed" / "pubmed26n0002.xml", changed, retracted, deleted=(4,))
    rows = [{"id": str(n), "text": abstract(dose=n, n=100 + n)} for n in range(40)]
    rows += [{"id": "0", "text": "The same id with another text, which has to be put aside and named."}]
    rows += [rows[1], {"id": "short", "text": "Too short."}, {"id": "none"}]
    rows += [
        {"id": f"zh{n}", "text": f"高血压患者应当每日监测血压，并在医生指导下服用降压药物，剂量为{n}毫克。" * 3}
        for n in range(8)
    ]
    (folder / "rows").mkdir(parents=True)
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / "rows" / "a.jsonl").write_text(
        "\n".join([*lines[:20], "{broken json", *lines[20:]]) + "\n", encoding="utf-8"
    )
    (folder / "notes").mkdir()
    for n in range(30):
        (folder / "notes" / f"note{n:02d}.txt").write_text(abstract(dose=n, n=500 + n), encoding="utf-8")
    (folder / "notes" / "empty.txt").write_text("")
    recipe = folder / "small.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    return recipe


def corpus(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in this process (a new one costs more than a second): exit code and what was printed."""
    out, err = io.StringIO(), io.StringIO()
    code: Any = 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["corpus", *arguments])
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def corpus_process(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does, in a process of its own."""
    command = [sys.executable, "-m", "corpus.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **(env or {})})


def build(recipe: Path, out: Path, *sets: str, store: Path | None = None, workers: int = 1) -> dict[str, Any]:
    """Build in this process (a new one costs seconds); returns what `corpus build --json` would print."""
    loaded = load_recipe(recipe, sets)
    built = run_build(loaded, out, Store(store or out.parent / ".store"), workers, Silent())
    return {"built": built.fresh, "counts": built.card.counts, "run": built.run, "identity": built.card.identity}


def hashes(out: Path) -> dict[str, str]:
    """SHA-256 of every file that must be byte-identical: data, ledger, facts, card and what describes them."""
    files = [path for path in sorted(out.rglob("*")) if path.is_file() and path.name not in ("run.json", "report.html")]
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
