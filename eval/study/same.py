"""Whether a study's folder holds work of this study: what another one made there is not replaced unasked.

Used by `eval/study/carry_out.py` before anything is made. A study that has got more arms, seeds or sizes is the same
one, gone on with: what is there stays as it is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from corpus.controls import visible
from corpus.errors import UserError
from corpus.store import write_json
from eval.study.arms import BASE, MERGED, MODEL, TUNED
from eval.study.recipe import LoadedStudy

STUDY = "study.json"
MADE = (BASE, MODEL, MERGED, TUNED)
GROWS = ("seeds", "sizes", "arm", "null")  # of which there may be more, or which change nothing that is there
TOLD = ("question", "description", "primary", "matched")  # words about runs, and not what they are


def refuse_changed(loaded: LoadedStudy, out: Path, replace: bool) -> None:
    """Note the study in its folder. Raises `UserError` where that holds another one, or something else, unless
    `replace` is set."""
    now, file = loaded.study.model_dump(mode="json"), out / STUDY
    before = _before(out, file)
    made = any((out / name).is_dir() for name in (*MADE, "scores"))  # else nothing of it is lost
    if made and before is not None and not replace and (told := changed(before, now)):
        raise UserError(f"The folder holds the work of another study: {', '.join(told)} changed since.", str(out),
                        "give another --out, or --replace to make anew what that changes")  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    write_json(file, now)


def _before(out: Path, file: Path) -> dict[str, Any] | None:
    try:
        told = json.loads(file.read_bytes())
    except FileNotFoundError:
        if out.is_dir() and any(out.iterdir()):
            raise UserError("The folder holds something that is no study of ours.", str(out),
                            "give another --out, or move that away") from None  # fmt: skip
        return None
    except (OSError, ValueError) as error:
        raise UserError("What the study in that folder was cannot be read.", f"{file}: {error}",
                        "give another --out, or move that away") from None  # fmt: skip
    return told if isinstance(told, dict) else {}


def changed(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What of a study is not as it was, but for what it may grow in and words about it."""
    told = [key for key in now if key not in (*GROWS, *TOLD) and before.get(key) != now[key]]
    old, new = ({arm["name"]: {key: value for key, value in arm.items() if key not in TOLD} for arm in study["arm"]}
                for study in ({"arm": before.get("arm") or []}, now))  # fmt: skip
    told += [f"arm {visible(name)}" for name in old if name in new and old[name] != new[name]]
    first = [study["arm"][0]["name"] for study in (before, now) if study.get("arm")]
    return [*told, *(["the first arm"] if len(set(first)) > 1 else [])]
