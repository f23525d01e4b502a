"""The inputs of a build: which files every source means, what they are by content, and what no build may read.

Comes from a recipe (`corpus/recipe_file.py`); goes to the stages (`corpus/stages.py`) and the card (`corpus/build.py`).
"""

from __future__ import annotations

import dataclasses
import importlib
import os
import shutil
from pathlib import Path
from typing import Any

from corpus.controls import visible
from corpus.errors import UserError
from corpus.files import InputFile
from corpus.listing import identify, list_files, survey
from corpus.recipe_file import Loaded
from corpus.sources import SOURCES
from corpus.store import Store, sha256_json

INPUTS = "INPUTS.tsv"
CHECKED_FILES = 8  # of each source, looked into before work starts: a slip in the field map shows in the first
Inputs = dict[str, list[InputFile]]
PassedOver = dict[str, dict[str, int]]


def find_inputs(loaded: Loaded, store: Store) -> tuple[Inputs, PassedOver]:
    """The files of every source, with identities, in the order of their names, and counts of those passed over in its
    folders; refuses what no build can read."""
    inputs: Inputs = {}
    passed_over: PassedOver = {}
    if not loaded.recipe.source:
        raise UserError("The recipe names no source.", where=str(loaded.file), mend="add a [[source]] table")
    for source in loaded.recipe.source:
        module = importlib.import_module(SOURCES[source.kind])
        files, others = survey(source, str(loaded.base), module.SUFFIXES)
        passed_over[source.name] = dict(sorted(others.items()))
        inputs[source.name] = identify(files, str(store.root / "identities.sqlite"))
        if hasattr(module, "check"):
            for file in inputs[source.name][:CHECKED_FILES]:
                module.check(file, source)
        if getattr(source, "deleted_pmids", ""):
            notices = source.model_copy(update={"path": source.deleted_pmids})  # type: ignore[union-attr]
            listed = list_files(notices, str(loaded.base), (".pmids", ".txt", ".gz"))
            inputs[f"{source.name}:deleted"] = identify(listed, str(store.root / "identities.sqlite"))
    return inputs, passed_over


def refuse_inputs_inside(inputs: Inputs, out: Path, store: Path) -> None:
    """Raises `UserError` when a document to be read lies where the build writes."""
    for file in (file for files in inputs.values() for file in files):
        for place, name in ((out, "output"), (store, "store")):
            if file.url.startswith(f"{place}{os.sep}"):  # both are absolute; a url starts with no slash
                raise UserError(
                    f"A document to be read lies inside the {name} folder, which belongs to the build.",
                    where=f"{file.url} in {place}",
                    mend="give an --out and a --store that hold no documents",
                )


def refuse_changed(inputs: Inputs, units: list[dict[str, Any]], store: Store) -> None:
    """Raises `UserError` when a file that was just read is no longer what it was when it was hashed: then nobody knows
    which of the two was read, and the pieces made of it must not be kept under the name of the first."""
    names = {name: [dataclasses.replace(file, identity="") for file in files if "://" not in file.url]
             for name, files in inputs.items()}  # fmt: skip
    now = {(file.url, file.identity) for files in names.values()
           for file in identify(files, str(store.root / "identities.sqlite"))}  # fmt: skip
    for piece in units:
        for file in piece["files"]:
            if "://" not in file.url and (file.url, file.identity) not in now:
                shutil.rmtree(store.folder("ingest", piece["key"]), ignore_errors=True)
                raise UserError("An input file changed while it was being read.", where=file.url,
                                mend="wait until it is written, then run again")  # fmt: skip


def told_inputs(inputs: Inputs, passed_over: PassedOver) -> dict[str, dict[str, Any]]:
    """For the card: files, bytes and one hash a source, and how many files of its folders were passed over, and why."""
    return {
        name: {
            "files": len(files),
            "bytes": sum(file.size for file in files),
            "sha256": sha256_json([[file.name, file.identity] for file in files]),
            "passed_over": passed_over.get(name, {}),
        }
        for name, files in inputs.items()
    }


def write_inputs(inputs: Inputs, folder: Path) -> None:
    """Write `INPUTS.tsv`: every file that was read, by source, in the order of their names, with its size in bytes and
    the SHA-256 of its bytes (of a remote file the tag that its store keeps). The card has one hash a source over these
    names and hashes, and the hash of this list among its outputs: so a corpus leads back to each file."""
    with open(folder / INPUTS, "w", encoding="utf-8") as out:
        out.write("source\tfile\tbytes\tsha256\n")
        for source, files in inputs.items():
            for file in files:
                out.write(f"{source}\t{visible(file.name)}\t{file.size}\t{file.identity}\n")
