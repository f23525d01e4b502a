"""With how many seeds a study's verdict was drawn up before: who adds seeds until something is shown will be shown it.

A number of seeds that is chosen by what was seen with fewer makes false alarms likelier than the level says (optional
stopping: Armitage, McPherson and Rowe 1969, doi 10.2307/2343787). So `eval/study/command.py` notes in the study's
folder with how many it looked, and `eval/study/results.py` reads it for page and screen.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from corpus.report.wording import plural
from corpus.store import write_json

FILE = "verdicts.json"


def seeds_before(folder: Path, seeds: int) -> tuple[int, ...]:
    """Numbers of seeds, smaller than that, with which there was a verdict, rising; one seed gives none."""
    try:
        told = json.loads((folder / FILE).read_bytes())
    except (OSError, ValueError):  # a folder of before, or none
        return ()
    looked = told.get("seeds", []) if isinstance(told, dict) else []
    return tuple(sorted({one for one in looked if isinstance(one, int) and 1 < one < seeds}))


def note_seeds(folder: Path, seeds: int) -> None:
    """Note that a verdict is drawn up with so many."""
    write_json(folder / FILE, {"seeds": [*seeds_before(folder, seeds), seeds]})


def added(seeds: int, before: Sequence[int]) -> str:
    """A sentence where seeds were added, else nothing."""
    if not before:
        return ""
    looks = ", ".join(map(str, before))
    return f"Seeds were added after a verdict had been drawn up: there was one with {looks}, and now there are " \
           f"{plural(seeds, 'seed')}. Adding them until something is shown raises false alarms: what is shown now " \
           "is to be shown again in a new study, whose number of seeds is fixed beforehand."  # fmt: skip
