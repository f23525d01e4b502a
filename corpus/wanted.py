"""What a recipe wants in place of a value: a plain sentence, and what to write there.

Takes one problem as pydantic found it and the field that it is about; gives `Wanted` to `corpus/invalid.py`, which adds
file and key. Recipes raise `Wrong` themselves for what no single field shows.
"""

from __future__ import annotations

import difflib
import json
import re
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from corpus.condition import SLUG
from corpus.recipe import LANGUAGE
from corpus.sources.settings import NAME

# What the patterns of names mean, and the characters that they allow.
PATTERNS = {
    SLUG: ("holds only small letters (a-z), digits, dots, hyphens and underscores, and begins with a letter or a "
           "digit", "a-z0-9._-"),
    NAME: ("holds only letters (A-Z, a-z), digits, dots, hyphens and underscores, and begins with a letter or a digit",
           "A-Za-z0-9._-"),
}  # fmt: skip
# Of numbers: pydantic's type, the bound in its context, and the words.
BOUNDS = {
    "greater_than_equal": ("ge", "must be at least {}"), "greater_than": ("gt", "must be more than {}"),
    "less_than_equal": ("le", "must be at most {}"), "less_than": ("lt", "must be less than {}"),
}  # fmt: skip
KINDS = {
    "int": "a whole number", "float": "a number", "bool": "true or false", "string": "a text, in quotation marks",
    "finite": "a finite number", "date": "a date",
}  # fmt: skip


class Wanted(NamedTuple):
    """`told`: the sentence, without a stop. `example`: the value to write, as TOML; "" where none can be told. `mend`:
    what to do instead, where that is no value of this key. `key`: the place, where pydantic does not know it."""

    told: str
    example: str = ""
    mend: str = ""
    key: str = ""


class Wrong(ValueError):
    """What a validator of a whole recipe finds: the sentence, the key at fault, and the edit that mends it."""

    def __init__(self, told: str, key: str, mend: str) -> None:
        super().__init__(told)
        self.told, self.key, self.mend = told, key, mend


def wanted(problem: Any, key: str, field: FieldInfo | None) -> Wanted:
    """What is wanted in place of a value. `key`: its name; `field`: of the recipe's model, None where that is not
    known."""
    kind, context, got = problem["type"], problem.get("ctx", {}), problem.get("input")
    if isinstance(found := context.get("error"), Wrong):
        return Wanted(found.told, mend=found.mend, key=found.key)
    if kind == "missing":
        return Wanted(f"{key} is missing", mend=_absent(key, field))
    if kind in BOUNDS:
        bound, words = BOUNDS[kind]
        return Wanted(f"{key} {words.format(f'{context[bound]:g}')}")
    if kind in ("tuple_type", "too_short", "model_type", "model_attributes_type", "dict_type"):
        return _collection(problem, key, field)
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", context["expected"])
        close = difflib.get_close_matches(str(got), known, n=1)
        return Wanted(f"{key} must be one of {', '.join(known)}", json.dumps(close[0]) if close else "")
    if kind == "string_too_short":
        return Wanted(f"{key} is empty")
    if kind == "string_pattern_mismatch":
        return _pattern(problem, key)
    if (word := kind.partition("_")[0]) in KINDS:
        return Wanted(f"{key} must be {KINDS[word]}", json.dumps(str(got)) if _unquoted(word, got) else "")
    return Wanted(problem["msg"].removeprefix("Value error, "))


def _unquoted(kind: str, got: Any) -> bool:
    return kind == "string" and isinstance(got, int | float) and not isinstance(got, bool)


def _pattern(problem: Any, key: str) -> Wanted:
    pattern, got = problem["ctx"]["pattern"], problem["input"]
    if pattern == LANGUAGE:
        return Wanted("a language is written as in zh, zh-Hans or en")
    if pattern not in PATTERNS:
        return Wanted(problem["msg"])
    told, allowed = PATTERNS[pattern]
    spelt = got.lower() if pattern == SLUG else got
    return Wanted(f"{key} {told}", json.dumps(re.sub(f"[^{allowed}]+", "-", spelt).strip("._-") or "mine"))


def _collection(problem: Any, key: str, field: FieldInfo | None) -> Wanted:
    """Of a list, a list of tables, or a table."""
    got, short = problem.get("input"), problem["type"] == "too_short"
    inside = model_in(field)
    if problem["type"] not in ("tuple_type", "too_short"):
        keys = f" with the keys {', '.join(inside.model_fields)}" if inside else ""
        return Wanted(f"{key} is a table", mend=f"write it as [{key}]{keys}")
    if inside:
        least = problem["ctx"]["min_length"] if short else 1
        told = f"{key} must have at least {least} tables" if least > 1 else f"{key} must have at least one table"
        return Wanted(told if short else f"{key} is a list of tables", mend=f"write each as [[{key}]]")
    if short:
        return Wanted(f"{key} is empty" if not got else f"{key} must name at least {problem['ctx']['min_length']}")
    return Wanted(f"{key} takes a list", json.dumps([got if isinstance(got, str | int | float) else "..."]))


def _absent(key: str, field: FieldInfo | None) -> str:
    """How a key that is missing is written."""
    inside = model_in(field)
    if inside is None:
        return f"write {key} = ..."
    listed = field is not None and not _is_model(field.annotation)
    head = f"[[{key}]]" if listed else f"[{key}]"
    return f"write a table {head}; its keys are {', '.join(_needed(inside)) or ', '.join(inside.model_fields)}"


def _needed(model: type[BaseModel]) -> list[str]:
    return [name for name, field in model.model_fields.items() if field.is_required()]


def model_in(field: FieldInfo | None) -> type[BaseModel] | None:
    """The model of a field that is a table or a list of tables; None of others, and of one that may be several."""
    if field is None:
        return None
    found = [one for one in (field.annotation, *get_args(field.annotation)) if _is_model(one)]
    return found[0] if len(found) == 1 else None


def _is_model(one: Any) -> bool:
    return isinstance(one, type) and issubclass(one, BaseModel)
