"""Whether a study's folder holds work of this study: what another one made there is not replaced unasked.

Used by `eval/study/command.py` and `eval/study/carry_out.py` before anything is trained. A study that has got more
arms, seeds or sizes is the same one, gone on with: what is there stays as it is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from corpus.card import read_card
from corpus.controls import visible
from corpus.disk import refusal
from corpus.errors import UserError
from corpus.output import refuse_unwritable
from corpus.store import write_json
from eval.study.arms import BASE, MERGED, MODEL, TUNED, Places, run_name, runs
from eval.study.recipe import LoadedStudy

STUDY = "study.json"
MADE = (BASE, MODEL, MERGED, TUNED)
GROWS = ("seeds", "sizes", "arm", "null")  # of which there may be more, or which change nothing that is there
TOLD = ("question", "description", "primary", "matched")  # words about runs, and not what they are


def refuse_changed(loaded: LoadedStudy, out: Path, replace: bool) -> None:
    """Note the study in its folder. Raises `UserError` where that holds another one, or something else, unless
    `replace` is set."""
    refuse_place(out)
    now, file = loaded.study.model_dump(mode="json"), out / STUDY
    before = _before(out, file)
    made = any((out / name).is_dir() for name in (*MADE, "scores"))  # else nothing of it is lost
    if made and before is not None and not replace and (told := changed(before, now)):
        raise UserError(f"The folder holds the work of another study: {', '.join(told)} changed since.", str(out),
                        "give another --out, or --replace to make anew what that changes")  # fmt: skip
    write_json(file, now)


def refuse_place(out: Path) -> None:
    """Make the folder of a study. Raises `UserError` where there can be none."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UserError("The study's folder would lie where a file is.", str(out), "give another --out") from None
    except OSError as error:
        if refusal(error):
            raise
        raise UserError(f"The study's folder cannot be made: {error.strerror}.", str(out),
                        "give another --out") from None  # fmt: skip
    refuse_unwritable(out)


def refuse_other_corpora(loaded: LoadedStudy, places: Places) -> None:
    """Raises `UserError` when models in the folder were trained on other text than the corpora that stand there now:
    documents, or the program, changed since, and all would be made anew."""
    told = list[str]()
    for run in runs(loaded):
        model = read_card(places.made(loaded.study, run, MODEL))
        corpus = read_card(places.corpus(run.arm.corpus))
        if model is not None and corpus is not None and corpus.identity not in model.parents.values():
            told.append(run_name(run))
    if told:
        raise UserError(f"The corpora are not those that the models were trained on: documents, or this program, "
                        f"changed since {', '.join(told[:3])}{' and others' if len(told) > 3 else ''} were made.",
                        str(places.folder), "put the documents back, give another --out, or --replace to make anew "
                        "what that changes")  # fmt: skip


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
