"""What is wrong with a recipe, in the words of the person who wrote it.

Problems come as pydantic found them, from `corpus/recipe_file.py` and `corpus/what_if.py`; they go to the user as what
is wrong, the key or the `--set` that it stands in, and what to write there.
"""

from __future__ import annotations

import difflib
import json
import re
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from corpus.condition import SLUG
from corpus.errors import UserError
from corpus.recipe import LANGUAGE, Recipe
from corpus.sources.settings import NAME, SourceSettings

# What the patterns of names mean, and the characters that they allow.
PATTERNS = {
    SLUG: ("holds only small letters (a-z), digits, dots, hyphens and underscores, and begins with a letter or a "
           "digit", "a-z0-9._-"),
    NAME: ("holds only letters (A-Z, a-z), digits, dots, hyphens and underscores, and begins with a letter or a digit",
           "A-Za-z0-9._-"),
}  # fmt: skip


def explain_invalid(
    error: ValidationError,
    file: Path | None,
    data: dict[str, Any],
    sets: tuple[str, ...],
    recipe: type[BaseModel] = Recipe,
) -> UserError:
    """The first problem that pydantic found. `file`: None where only the `--set` values can be at fault. `recipe`: the
    model of recipe that was asked for."""
    problem = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")[0]
    trail = [part for part in problem["loc"] if part not in _KINDS]
    given = _set_at(_dotted(trail, data), sets)
    place = _spell(trail, data)
    if given or file is None:
        where = " ".join(f"--set {text}" for text in ((given,) if given else sets))
    else:
        where = f"{file}: {place or 'top level'}" + "".join(f" (after --set {text})" for text in sets)
    if problem["type"] == "extra_forbidden":
        known = _known_keys(trail[:-1], data, recipe)
        close = difflib.get_close_matches(str(trail[-1]), known, n=1)
        mend = f"did you mean {close[0]!r}?" if close else f"the keys known there are: {', '.join(known)}"
        return UserError(f"The recipe has an unknown key {trail[-1]!r}.", where=where, mend=mend)
    got = problem.get("input")
    shown = f" (it is {got!r})" if isinstance(got, str | int | float | bool) else ""
    message, example = _wanted(problem, str(trail[-1]) if trail else "")
    if given or file is None:
        key = given.partition("=")[0] if given else ""
        mend = f"give --set '{key}={example}'" if example and key else "give another value"
    else:
        mend = f"write {trail[-1]} = {example}" if example else f"edit {place or 'the recipe'}"
    return UserError(f"The recipe cannot be used: {message}{shown}.", where=where, mend=mend)


def _wanted(problem: Any, key: str) -> tuple[str, str]:
    """What is wanted in place of the value, in a sentence, and an example (empty: none can be told)."""
    got = problem.get("input")
    if problem["type"] == "tuple_type":
        return f"{key} takes a list", json.dumps([got if isinstance(got, str | int | float) else "..."])
    pattern = problem.get("ctx", {}).get("pattern")
    if pattern == LANGUAGE:
        return "a language is written as in zh, zh-Hans or en", ""
    if pattern in PATTERNS:
        told, allowed = PATTERNS[pattern]
        spelt = got.lower() if pattern == SLUG else got
        return f"{key} {told}", json.dumps(re.sub(f"[^{allowed}]+", "-", spelt).strip("._-") or "mine")
    return problem["msg"].removeprefix("Value error, "), ""


def _dotted(trail: list[Any], data: Any) -> str:
    """A place as `--set` names it: `rule.en-words-min.threshold`."""
    words: list[str] = []
    for part in trail:
        inside = isinstance(data, list) and isinstance(part, int) and part < len(data)
        data = data[part] if inside else data.get(part) if isinstance(data, dict) else None
        if not isinstance(part, int):
            words.append(str(part))
        elif isinstance(data, dict) and "name" in data:
            words.append(str(data["name"]))
    return ".".join(words)


def _set_at(place: str, sets: tuple[str, ...]) -> str:
    """The last `--set` that gave the value at that place, or a part of it; empty when none did."""
    for text in reversed(sets):
        key = text.partition("=")[0].strip()
        if place and (place == key or place.startswith(f"{key}.") or key.startswith(f"{place}.")):
            return text
    return ""


_KINDS = {"pubmed", "pmc", "web", "text", "table", "bool", "int", "float", "str", "tuple[str, ...]"}


def _spell(trail: list[Any], data: Any) -> str:
    """`rule[3].threshold` as a reader knows it: `[[rule]] en-words-min: threshold`."""
    words: list[str] = []
    here = data
    for part in trail:
        here = here[part] if isinstance(here, list) and isinstance(part, int) and part < len(here) else (
            here.get(part) if isinstance(here, dict) else None)  # fmt: skip
        if isinstance(part, int):
            words[-1] = f"[[{words[-1]}]] {here.get('name', part + 1) if isinstance(here, dict) else part + 1}:"
        else:
            words.append(str(part))
    return " ".join(words).replace(": ", ": ", 1).rstrip(":")


def _known_keys(trail: list[Any], data: dict[str, Any], recipe: type[BaseModel]) -> list[str]:
    """The keys that the model at `trail` has."""
    model: Any = recipe
    here: Any = data
    for part in trail:
        here = here[part] if isinstance(part, int) else here.get(part, {})
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation
        if part == "source":
            continue
        inner = [a for a in get_args(annotation) if isinstance(a, type) and issubclass(a, BaseModel)]
        model = inner[0] if inner else annotation
    if trail and trail[0] == "source":
        return _source_keys(here.get("kind") if isinstance(here, dict) else None)
    return list(model.model_fields)


def _source_keys(kind: str | None) -> list[str]:
    models = get_args(get_args(SourceSettings)[0])
    for model in models:
        if kind in get_args(model.model_fields["kind"].annotation):
            return list(model.model_fields)
    return ["kind"]
