"""The `[[source]]` tables of a recipe, one frozen model per kind. No behaviour, no heavy imports.

Comes from `corpus/recipe.py`, goes to the `read` function of the kind's module.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Genre = Literal[
    "abstract", "article", "guideline", "reference", "textbook", "classical", "consultation", "education",
    "web", "exam", "general", "other",
    ]  # fmt: skip


NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


class Settings(BaseModel):
    """What every source has. `name` is unique in the recipe and part of ids and the ledger; `path` is a file,
    folder, glob or url, or a list of them, relative to the recipe; `licence` and `language` are what to assume
    where a document says nothing itself; `genre` says what kind of text this is, for tiers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=NAME)
    path: str | tuple[str, ...]
    licence: str = "unknown"
    language: str = "und"
    genre: Genre = "other"
    max_record_bytes: int = Field(default=32 << 20, ge=1024)


class PubmedSettings(Settings):
    """PubMed/MEDLINE XML files, replayed in the order of their names."""

    kind: Literal["pubmed"]
    genre: Literal["abstract"] = "abstract"
    deleted_pmids: str = ""  # path of NLM's cumulative deleted.pmids(.gz), optional


class PmcSettings(Settings):
    """PubMed Central articles in JATS XML."""

    kind: Literal["pmc"]
    genre: Literal["article", "guideline", "reference", "textbook", "other"] = "article"


class WebSettings(Settings):
    """WARC files and folders of HTML."""

    kind: Literal["web"]


class TextSettings(Settings):
    """Plain text files or books. `split` is a regular expression: each match starts a new document, and its group
    `title`, else its first group, is the title (`<篇名>(.*)`); other named groups go to meta. `^` and `$` match at
    line ends. `encoding` overrides detection."""

    kind: Literal["text"]
    split: str = ""
    encoding: str = ""


class TableSettings(Settings):
    """JSONL, JSON, CSV/TSV, Parquet, or a Hugging Face dataset (`hf://datasets/owner/name`). Fields may be
    dotted paths into nested rows; `text` may name several fields, joined by a blank line in order."""

    kind: Literal["table"]
    text: str | tuple[str, ...] = "text"
    title: str = ""
    id: str = ""
    licence_field: str = ""
    language_field: str = ""
    date: str = ""
    url: str = ""
    meta: tuple[str, ...] = ()
    encoding: str = ""
    format: Literal["auto", "jsonl", "json", "csv", "tsv", "parquet"] = "auto"
    columns: tuple[str, ...] = ()  # names for a CSV or TSV without a header row


SourceSettings = Annotated[
    PubmedSettings | PmcSettings | WebSettings | TextSettings | TableSettings, Field(discriminator="kind")
]
