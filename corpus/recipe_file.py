"""Reading a recipe from TOML: `extends`, `--set`, and errors that name file, key and cure.

Comes from a path or the name of a shipped recipe (`corpus/recipes/<name>.toml`); goes, as a frozen `Recipe` and the
folder its paths are relative to, to `corpus/build.py`. The floors above read their own recipes with the same rules:
`read_recipe` takes the model and the folder of the shipped ones.
"""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from corpus.errors import UserError
from corpus.invalid import explain_invalid
from corpus.recipe import Recipe

SHIPPED = Path(__file__).parent / "recipes"
# Arrays that merge by `name`.
NAMED_LISTS = ("source", "exam", "rule", "tier", "label", "part", "task", "generate", "arm")


Model = TypeVar("Model", bound=BaseModel)


class Loaded(NamedTuple):
    """A recipe, the folder its relative paths start from, and the file it came from."""

    recipe: Recipe
    base: Path
    file: Path


def load_recipe(where: str | Path, sets: tuple[str, ...] = ()) -> Loaded:
    """The recipe at a path or of a shipped name, with `--set` overrides applied.

    Raises `UserError` when the file is missing, is not TOML, or holds a key or value that no recipe has.
    """
    recipe, file = read_recipe(Recipe, SHIPPED, where, sets)
    return Loaded(recipe, file.parent, file)


def read_recipe(model: type[Model], shipped: Path, where: str | Path, sets: tuple[str, ...]) -> tuple[Model, Path]:
    """The recipe of any floor, and its file. `shipped`: the folder of those that come with it. Raises `UserError`."""
    file = find_recipe(str(where), shipped)
    data = _extended(file, shipped)
    for text in sets:
        apply_set(data, text)
    try:
        return model.model_validate(data), file
    except ValidationError as error:
        raise explain_invalid(error, file, data, sets, model) from None


def shipped_recipes(shipped: Path = SHIPPED) -> list[str]:
    """Names of the recipes that come with the package."""
    return sorted(path.stem for path in shipped.glob("*.toml"))


def find_recipe(where: str, shipped: Path, beside: Path | None = None) -> Path:
    """The file of a recipe given by path (relative to `beside`, else the current folder) or by shipped name."""
    path = (beside or Path()) / where
    if path.is_file():
        return path.resolve()
    ours = shipped / f"{where}.toml"
    if ours.is_file():
        return ours
    names = shipped_recipes(shipped)
    close = difflib.get_close_matches(where, names, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise UserError(
        f"There is no recipe {where!r}.",
        where=str(path),
        mend=f"{hint}give the path of a .toml file or one of the shipped names: {', '.join(names)}",
    )


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError("The recipe is not valid TOML.", where=f"{file}: {error}", mend="correct that line") from None
    except OSError as error:
        raise UserError("The recipe cannot be read.", where=f"{file}: {error.strerror}") from None


def _extended(file: Path, shipped: Path) -> dict[str, Any]:
    """The file's own tables laid over those of the recipes it extends, in order."""
    own = _read(file)
    bases = own.pop("extends", [])
    bases = [bases] if isinstance(bases, str) else bases
    merged: dict[str, Any] = {}
    for name in bases:
        base_file = find_recipe(str(name), shipped, beside=file.parent)
        base = _read(base_file)
        if "extends" in base:
            raise UserError(
                f"{name!r} extends another recipe itself; only one level is allowed, so that a recipe stays readable.",
                where=f"{file}: extends",
                mend=f"list the recipes that {name!r} extends in `extends` here",
            )
        for key in ("name", "description"):
            base.pop(key, None)
        merged = _merge(merged, base)
    return _merge(merged, own)


def _merge(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Tables merge key by key; arrays of named tables merge by name, new names at the end; the rest is replaced.

    Tiers and labels are the exception in order: their order decides, so new ones come before the inherited ones.
    """
    result = dict(under)
    for key, value in over.items():
        if key in NAMED_LISTS and isinstance(value, list) and isinstance(result.get(key), list):
            result[key] = _merge_named(result[key], value, first=key in ("tier", "label"))
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = _merge(result[key], value)
        else:
            result[key] = value
    return result


def _merge_named(under: list[Any], over: list[Any], first: bool) -> list[Any]:
    new = {item.get("name"): item for item in over if isinstance(item, dict)}
    kept = [{**item, **new.pop(item.get("name"))} if item.get("name") in new else item for item in under]
    added = [item for item in over if not isinstance(item, dict) or item.get("name") in new]
    return added + kept if first else kept + added


def apply_set(data: dict[str, Any], text: str) -> None:
    """One `a.b=c`: the value is read as TOML, else taken as a string; lists of tables are entered by name."""
    path, sign, raw = text.partition("=")
    keys = path.strip().split(".")
    if not sign or not all(keys):
        raise UserError(f"--set {text!r} is not of the form key.key=value.", mend="for example --set decide.held_out=0")
    try:
        value = tomllib.loads(f"v = {raw}")["v"]
    except tomllib.TOMLDecodeError:
        value = raw
    _set(data, keys, value, text)


def _set(here: dict[str, Any] | list[Any], keys: list[str], value: Any, text: str) -> None:
    """Walk to the last key, entering lists of tables by name, and put the value there."""
    if isinstance(here, list):
        item, rest = _named(here, keys, text)
        _set(item, rest, value, text)
    elif len(keys) == 1:
        here[keys[0]] = value
    else:
        if keys[0] in NAMED_LISTS and keys[0] not in here:
            raise UserError(f"--set {text}: the recipe has no [[{keys[0]}]] table, so none is named {keys[1]!r}.")
        inside = here.setdefault(keys[0], {})
        if not isinstance(inside, dict | list):
            raise UserError(f"--set {text}: {keys[0]!r} is a value and holds no {keys[1]!r}.")
        _set(inside, keys[1:], value, text)


def _named(items: list[Any], keys: list[str], text: str) -> tuple[dict[str, Any], list[str]]:
    """The table of that name in a list of tables, and the keys after the name (names may hold dots)."""
    names = [str(item.get("name")) for item in items if isinstance(item, dict)]
    for item, parts in zip(items, (name.split(".") for name in names), strict=False):
        if keys[: len(parts)] == parts and len(keys) > len(parts):
            return item, keys[len(parts) :]
    close = difflib.get_close_matches(keys[0], names, n=1)
    raise UserError(
        f"--set {text}: nothing in that list is named {keys[0]!r}.",
        mend=f"did you mean {close[0]!r}?" if close else f"the names are: {', '.join(names)}",
    )
