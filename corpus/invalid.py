"""What is wrong with a recipe, in the words of the person who wrote it.

Problems come as pydantic found them, from `corpus/recipe_file.py` and `corpus/what_if.py`; they go to the user as what
is wrong, the key or the `--set` that it stands in, and what to write there.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from corpus.errors import UserError
from corpus.recipe import Recipe
from corpus.sources.settings import SourceSettings
from corpus.wanted import Wanted, model_in, wanted


def explain_invalid(
    error: ValidationError,
    file: Path | None,
    data: dict[str, Any],
    sets: tuple[str, ...],
    recipe: type[BaseModel] = Recipe,
) -> UserError:
    """The first problem that pydantic found. `file`: None where only the `--set` values can be at fault. `recipe`: the
    model of recipe that was asked for, which may be CALLED something else."""
    problem = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")[0]
    called = getattr(recipe, "CALLED", "recipe")
    trail = _trail(problem["loc"])
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
        return UserError(f"The {called} has an unknown key {trail[-1]!r}.", where=where, mend=mend)
    got = problem.get("input")
    shown = f" (it is {got!r})" if isinstance(got, str | int | float | bool) and got != "" else ""
    want = wanted(problem, _name(trail), _field(trail, data, recipe))
    if want.key and not given:
        where, place = where.replace(f": {place or 'top level'}", f": {want.key}"), want.key
    return UserError(f"The {called} cannot be used: {want.told}{shown}.", where, _mend(want, trail, place, given, file))


def _mend(want: Wanted, trail: list[Any], place: str, given: str, file: Path | None) -> str:
    """The edit, or the `--set`, that mends it."""
    if want.mend:
        return want.mend
    if given or file is None:
        key = given.partition("=")[0] if given else ""
        whole = bool(trail) and key.rpartition(".")[2] == str(trail[-1])  # and not the table around it
        inside = f"write {trail[-1]} = {want.example} in it" if want.example and key else "give another value"
        return f"give --set '{key}={want.example}'" if want.example and whole else inside
    written = want.example if trail and isinstance(trail[-1], int) else f"{_name(trail)} = {want.example}"
    return f"write {written}" if want.example else f"edit {place or 'the recipe'}"


def _name(trail: list[Any]) -> str:
    """What a value is called: by its key, or as an entry of a list."""
    if trail and isinstance(trail[-1], int):
        return f"an entry of {trail[-2]}"
    return str(trail[-1]) if trail else ""


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
        named = key.endswith(".name") and place == f"{key.split('.')[0]}.{text.partition('=')[2].strip()}.name"
        if place and (named or place == key or place.startswith(f"{key}.") or key.startswith(f"{place}.")):
            return text
    return ""


_UNION = {"bool", "int", "float", "str", "tuple[str, ...]"}


def _trail(place: tuple[int | str, ...]) -> list[Any]:
    """The keys that lead to a problem: pydantic puts the kind of a source behind its number, and what a value might
    have been behind its key."""
    kept = [part for at, part in enumerate(place) if not (at == 2 and place[0] == "source")]
    return [part for at, part in enumerate(kept) if not (at and part in _UNION)]


def _spell(trail: list[Any], data: Any) -> str:
    """`rule[3].threshold` as a reader knows it: `[[rule]] en-words-min: threshold`."""
    words: list[str] = []
    here = data
    for part in trail:
        here = here[part] if isinstance(here, list) and isinstance(part, int) and part < len(here) else (
            here.get(part) if isinstance(here, dict) else None)  # fmt: skip
        if isinstance(part, int) and isinstance(here, dict):
            words[-1] = f"[[{words[-1]}]] {here.get('name', part + 1)}:"
        elif isinstance(part, int):
            words[-1] = f"{words[-1]}, entry {part + 1}"
        else:
            words.append(str(part))
    return " ".join(words).replace(": ", ": ", 1).rstrip(":")


def _known_keys(trail: list[Any], data: dict[str, Any], recipe: type[BaseModel]) -> list[str]:
    """The keys that the model at `trail` has."""
    model = _model(trail, data, recipe)
    return list(model.model_fields) if model is not None else ["kind"]


def _field(trail: list[Any], data: dict[str, Any], recipe: type[BaseModel]) -> FieldInfo | None:
    """The field at `trail`; None where it is an entry of a list."""
    if not trail or isinstance(trail[-1], int):
        return None
    model = _model(trail[:-1], data, recipe)
    return model.model_fields.get(trail[-1]) if model is not None else None


def _model(trail: list[Any], data: Any, recipe: type[BaseModel]) -> type[BaseModel] | None:
    """The model at `trail`; None for a source of no known kind, and for what is no table."""
    model: type[BaseModel] | None = recipe
    for part in trail:
        inside = isinstance(part, int) and isinstance(data, list) and part < len(data)
        data = data[part] if inside else data.get(part, {}) if isinstance(data, dict) else {}
        if isinstance(part, int) or model is None:
            continue
        field = model.model_fields.get(part)
        model = model_in(field) if part != "source" else None
    if trail and trail[0] == "source":
        return _source(data.get("kind") if isinstance(data, dict) else None)
    return model


def _source(kind: str | None) -> type[BaseModel] | None:
    """The model of a kind of source."""
    for model in get_args(get_args(SourceSettings)[0]):
        if kind in get_args(model.model_fields["kind"].annotation):
            found: type[BaseModel] = model
            return found
    return None
