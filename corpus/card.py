"""Cards: what made an artefact. "Up to date" means that identities agree.

`card.json` lies in every artefact (corpus, tokenizer, model, score): kind, identity, parents, recipe as resolved,
versions, counts, hashes of the files. What differs from run to run (time, memory, host) goes to `run.json` and into
no identity. Written at the end of a build by `corpus/build.py`, read by every later step.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from corpus.store import sha256_file, write_json

FORMAT = 1


class Card(BaseModel):
    """The identity card of an artefact. `schemes`: how its sketches are made, without which they compare with none.
    `outputs` maps each file (relative, POSIX) to its SHA-256 and size in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    format: int = FORMAT
    name: str
    identity: str
    parents: dict[str, str] = {}
    recipe: dict[str, Any]
    code: str
    versions: dict[str, str]
    inputs: dict[str, dict[str, Any]] = {}
    schemes: dict[str, str | int] = {}
    counts: dict[str, Any] = {}
    outputs: dict[str, tuple[str, int]] = {}


def read_card(folder: Path) -> Card | None:
    """The card in a folder, or None when there is none that can be read. Fields that only another version knows are
    passed over, so that a build may replace what it made: `foreign` tells of them."""
    try:
        return Card.model_validate({name: value for name, value in _noted(folder).items() if name in Card.model_fields})
    except (OSError, ValueError, RecursionError):
        return None


def foreign(folder: Path) -> str:
    """What shows that another version of Materia wrote the card in a folder, in words; empty when nothing does."""
    try:
        noted = _noted(folder)
    except (OSError, ValueError, RecursionError):
        return ""
    if (number := noted.get("format", FORMAT)) != FORMAT:
        return f"its card has format {number}, and this version reads format {FORMAT}"
    unknown = sorted(set(noted) - set(Card.model_fields))
    return f"its card has a field {unknown[0]!r}, which this version (format {FORMAT}) does not know" if unknown else ""


def _noted(folder: Path) -> dict[str, Any]:
    noted = json.loads((folder / "card.json").read_bytes())
    if not isinstance(noted, dict):
        raise ValueError("a card is a table")
    return noted


def write_card(folder: Path, card: Card) -> None:
    """Write `card.json`, last of all files: its presence says that the artefact is whole."""
    write_json(folder / "card.json", card.model_dump(mode="json"))


def hash_outputs(folder: Path, without: str = "") -> dict[str, tuple[str, int]]:
    """SHA-256 and size of every file below the folder, but for the card, what differs from run to run, and what lies
    in its folder `without`."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in NOT_HASHED)
    ours = ((path.relative_to(folder), path) for path in files)
    return {
        name.as_posix(): (sha256_file(path), path.stat().st_size) for name, path in ours if name.parts[0] != without
    }


# The report shows times, and the card cannot hold its own hash.
NOT_HASHED = ("card.json", "run.json", "report.html")


def whole(folder: Path, card: Card) -> bool:
    """Whether every file that the card lists is there in its size (a quick look; hashes are not recomputed)."""
    try:
        return all((folder / name).stat().st_size == size for name, (_, size) in card.outputs.items())
    except OSError:
        return False
