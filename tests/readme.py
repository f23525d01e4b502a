"""Writes the generated parts of README.md and docs/ between their markers: `python -m tests.readme`.

Comes from running code: the commands' own `--help`, module docstrings, the annotators' `FACTS`, the models of recipes,
the shipped ones, and the ladder of sizes. Goes into every page of `PAGES`; `tests/test_docs.py` fails when a page is
not what this writes.
A generated part stands between `<!-- begin NAME -->` and `<!-- end NAME -->`.
"""

from __future__ import annotations

import ast
import importlib
import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typer.testing import CliRunner

from corpus.annotate import ANNOTATORS
from corpus.annotate.fact import Fact
from corpus.annotate.settings import LanguageSettings, LearnedSettings
from corpus.condition import Condition
from corpus.leaks.settings import ExamSettings
from corpus.learn.settings import Label, LearnSettings
from corpus.recipe import DecideSettings, EngineSettings, ExportSettings, Rule, Tier
from corpus.recipe_file import load_recipe, shipped_recipes
from corpus.relate.settings import RelateSettings
from corpus.sources.settings import Settings, SourceSettings
from eval.run.recipe import Suite
from eval.study.recipe import Study
from tokenizer.pretokenize import pattern
from tokenizer.recipe import FitRecipe, Part, PatternName, PretokenizeSettings, SpecialSettings, WordPieceSettings
from train.recipe import TrainRecipe
from train.sft.recipe import SftRecipe
from train.sizes import SIZES

ROOT = Path(__file__).parent.parent
ROOMS = ("corpus", "tokenizer", "train", "eval")
COMMANDS = {"corpus": "corpus.cli", "tokenizer": "tokenizer.cli", "train": "train.cli", "evaluate": "eval.cli"}
PAGES = ("README.md", "docs/facts.md", "docs/recipes.md", "docs/rules.md", "docs/tokenizers.md", "docs/training.md",
         "docs/evaluation.md")  # fmt: skip
# What a recipe has beside sources, in the order in which a build comes to it.
TABLES: dict[str, type[BaseModel]] = {
    "[[exam]]": ExamSettings,
    "[annotate.language]": LanguageSettings,
    "[annotate.learned]": LearnedSettings,
    "[relate]": RelateSettings,
    "[[label]]": Label,
    "[learn]": LearnSettings,
    "[[rule]]": Rule,
    "[[tier]]": Tier,
    "[decide]": DecideSettings,
    "[export]": ExportSettings,
    "[engine]": EngineSettings,
}
# What a recipe of a tokenizer has.
TOKENIZER_TABLES: dict[str, type[BaseModel]] = {
    "the top of the file": FitRecipe,
    "[[part]]": Part,
    "[pretokenize]": PretokenizeSettings,
    "[special]": SpecialSettings,
    "[wordpiece]": WordPieceSettings,
}
LINE = 100  # characters that the tree says about a file, at most, where the sentence can be cut

# Folders whose files are named by one line for all, because they are data.
DATA_FOLDERS = {
    "corpus/samples": "invented documents of every kind, for the quick start; not medical advice",
    "train/deepspeed": "settings of DeepSpeed for transformers: ZeRO 1, 2 and 3, without and with offloading",
}
# Files that cannot say what they are at their top.
DATA_FILES = {
    "corpus/report/style.css": "The style sheet that is written into the report",
    "eval/studies/tune/smoke-train.jsonl": "Sixteen other invented questions, to fine-tune on",
    "eval/recipes/smoke-exam.jsonl": "Twelve invented questions, Chinese and English, with explanations",
}
# What stands beside the four packages; a test checks that nothing else does.
BESIDE = {
    "tests/": "mirrors the tree; also checks floors, documents, recipes and installation",
    "docs/": "pages: recipes, tokenizers, training, cluster, evaluation, development, facts and rules",
    "benchmarks/": "speed and survival, measured; LOG.md keeps the negative results",
    ".ci/run": "everything a change must pass, in one command",
    "constraints.txt": "the tested set, every version pinned",
    "pyproject.toml": "packaging, dependencies, settings of linter, type checker and tests",
}


def first_sentence(text: str) -> str:
    """The first sentence of a docstring's first paragraph, on one line, without its full stop."""
    paragraph = " ".join(text.strip().split("\n\n")[0].split())
    return re.split(r"(?<=[^.\s]{2})\.(?:\s|$)", paragraph)[0]


def short(sentence: str) -> str:
    """The sentence, or of a long one its first clauses, so that the tree stays on the page."""
    if len(sentence) <= LINE:
        return sentence
    cut = max(sentence.rfind(mark, LINE // 3, LINE) for mark in (": ", "; ", ", ", " ("))
    return sentence[:cut] if cut > 0 else sentence


def about(path: Path) -> str:
    """One line about a file, taken from the file itself. Raises `ValueError` when it says nothing."""
    place = path.relative_to(ROOT).as_posix()
    if place in DATA_FILES:
        return DATA_FILES[place]
    if path.suffix == ".py":
        text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    elif path.suffix == ".toml":
        text = str(tomllib.loads(path.read_text("utf-8")).get("description", ""))
    else:
        match = re.search(r"\A\s*(?:<!--(.*?)-->|/\*(.*?)\*/|#+ (.*?)$)", path.read_text("utf-8"), re.S | re.M)
        text = next((group for group in match.groups() if group), "") if match else ""
    if not text.strip():
        raise ValueError(f"{place} does not say what it is: open it with a docstring, description or heading")
    return short(first_sentence(text))


def files_of(room: str) -> list[Path]:
    """Every file of a package, caches and hidden files left out, in order."""
    found = (ROOT / room).rglob("*")
    return sorted(p for p in found if p.is_file() and "__pycache__" not in p.parts and not p.name.startswith("."))


def tree() -> str:
    """The annotated tree of the four packages and what stands beside them."""
    lines = [line for room in ROOMS for line in _branch(ROOT / room, depth=0)]
    lines += BESIDE.items()
    width = max(len(name) for name, _ in lines) + 2
    return fenced("\n".join(f"{name:<{width}}{text}".rstrip() for name, text in lines))


def _branch(folder: Path, depth: int) -> Iterator[tuple[str, str]]:
    """(indented name, one line) of a folder, its files, then its folders. Folders without files do not exist."""
    place = folder.relative_to(ROOT).as_posix()
    if not files_of(place):
        return
    pad = "    " * depth
    if place in DATA_FOLDERS:
        yield f"{pad}{folder.name}/", DATA_FOLDERS[place]
        return
    start = folder / "__init__.py"
    yield f"{pad}{folder.name}/", about(start) if start.exists() else ""
    inside = sorted(path for path in folder.iterdir() if path.name != "__pycache__" and not path.name.startswith("."))
    for path in inside:
        if path.is_file() and path != start:
            yield f"{pad}    {path.name}", about(path)
    for path in inside:
        if path.is_dir():
            yield from _branch(path, depth + 1)


def commands() -> Iterator[list[str]]:
    """The shell words of every command there is: `["corpus"]`, `["corpus", "build"]`, ..."""
    for script in COMMANDS:
        yield from _commands([script], typer.main.get_command(app_of(script)))


def _commands(words: list[str], command: object) -> Iterator[list[str]]:
    yield words
    # Typer turns an app with one command into that command, which has no `commands` of its own.
    for name, below in getattr(command, "commands", {}).items():
        yield from _commands([*words, name], below)


def app_of(script: str) -> typer.Typer:
    """The application behind an installed command."""
    app = importlib.import_module(COMMANDS[script]).app
    assert isinstance(app, typer.Typer)
    return app


def help_text(words: list[str]) -> str:
    """What `--help` prints, 88 columns wide and without colour."""
    script, *arguments = words
    runner = CliRunner(env={"COLUMNS": "88", "TERMINAL_WIDTH": "88", "NO_COLOR": "1", "TERM": "dumb"})
    result = runner.invoke(app_of(script), [*arguments, "--help"], prog_name=script)
    if result.exit_code != 0:
        raise RuntimeError(f"{' '.join(words)} --help failed: {result.output}")
    return "\n".join(line.rstrip() for line in result.output.strip().splitlines())


def help_blocks() -> str:
    """The help of every command, one block each."""
    return "\n\n".join(f"### `{' '.join(words)}`\n\n{fenced(help_text(words))}" for words in commands())


def facts() -> str:
    """A table per annotator, from its `FACTS`."""
    return "\n\n".join(_facts_of(name, module) for name, module in ANNOTATORS.items())


def _facts_of(name: str, module_name: str) -> str:
    module = importlib.import_module(module_name)
    columns: tuple[Fact, ...] = module.FACTS
    rows = [(f"`{fact.name}`", fact.dtype, fact.unit, fact.range, fact.doc) for fact in columns]
    return f"## {name}\n\n{first_sentence(module.__doc__ or '')}.\n\n" + table(
        ("fact", "type", "unit", "range", "meaning"), rows
    )


def rules() -> str:
    """The rules and tiers of every shipped recipe that has any."""
    return "\n\n".join(part for name in shipped_recipes() for part in _rules_of(name))


def _rules_of(name: str) -> Iterator[str]:
    loaded = load_recipe(name)
    own = tomllib.loads(loaded.file.read_text("utf-8"))
    yield f"## {name}\n\n{loaded.recipe.description.strip()}"
    if "extends" in own:
        yield f"Extends {', '.join(f'[{base}](#{base})' for base in own['extends'])}."
    # What a recipe inherits stands under the recipe that it extends.
    rules = [rule for rule in loaded.recipe.rule if rule.name in {one["name"] for one in own.get("rule", ())}]
    tiers = [tier for tier in loaded.recipe.tier if tier.name in {one["name"] for one in own.get("tier", ())}]
    if rules:
        yield table(("rule", "speaks of", "keeps a document when", "because"), [_rule_row(rule) for rule in rules])
    if tiers:
        yield table(("tier", "entry", "when", "because"), [_tier_row(tier) for tier in tiers])
    labels = [label for label in loaded.recipe.label if label.name in {one["name"] for one in own.get("label", ())}]
    if labels:
        yield table(("label", "example of", "when", "because"), [_label_row(label) for label in labels])


def _rule_row(rule: Rule) -> tuple[str, ...]:
    scope = [f"language {', '.join(rule.language)}"] if rule.language else []
    scope += [f"genre {', '.join(rule.genre)}"] if rule.genre else []
    return f"`{rule.name}`", "; ".join(scope) or "all", condition(rule), rule.reason


def _tier_row(tier: Tier) -> tuple[str, ...]:
    when = " and ".join(condition(one) for one in tier.when) or "nothing above took it"
    return f"`{tier.tier}`", tier.name, when, tier.reason


def _label_row(label: Label) -> tuple[str, ...]:
    when = " and ".join(condition(one) for one in label.when)
    return f"`{label.name}`", f"{label.task}, {label.value}", when, label.reason


def condition(one: Condition) -> str:
    """`english.words >= 50`, as a physician would read it."""
    threshold = ", ".join(map(str, one.threshold)) if isinstance(one.threshold, tuple) else one.threshold
    return f"`{one.signal} {one.comparison} {threshold}`"


def sources() -> str:
    """A table per kind of source: its keys and what they are when left out."""
    parts = [f"### every source\n\n{_paragraph(Settings)}", _keys_of(Settings)]
    for model in get_args(get_args(SourceSettings)[0]):
        parts += [f"### {_kind(model)}\n\n{_paragraph(model)}", _keys_of(model)]
    return "\n\n".join(part for part in parts if part)


def settings(tables: dict[str, type[BaseModel]] = TABLES) -> str:
    """A table for every other table of a recipe: its keys and what they are when left out."""
    return "\n\n".join(f"### {name}\n\n{_paragraph(model)}\n\n{_keys_of(model)}" for name, model in tables.items())


def tokenizer_settings() -> str:
    """The same of a tokenizer's recipe."""
    return settings(TOKENIZER_TABLES)


def training_settings() -> str:
    """The same of a recipe of training."""
    return settings(tables_of(TrainRecipe))


def fine_tuning_settings() -> str:
    """The same of a recipe of fine-tuning, without the tables that are those of training."""
    shared = tables_of(TrainRecipe)
    return settings({name: model for name, model in tables_of(SftRecipe).items() if shared.get(name) != model})


def suite_settings() -> str:
    """The same of a suite."""
    return settings(tables_of(Suite))


def study_settings() -> str:
    """The same of a study."""
    return settings(tables_of(Study))


def tables_of(recipe: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """The tables of a recipe by how they are written, those of one model together."""
    names: dict[type[BaseModel], list[str]] = {}
    for key, field in recipe.model_fields.items():
        if _is_table(field.annotation):
            several, kind = get_origin(field.annotation) is tuple, field.annotation
            model: Any = get_args(kind)[0] if several else kind
            names.setdefault(model, []).append(f"[[{key}]]" if several else f"[{key}]")
    return {"the top of the file": recipe, **{", ".join(told): model for model, told in names.items()}}


def ladder() -> str:
    """The sizes of models: what they are made of, and what they were trained with."""
    head = ("size", "width", "layers", "heads", "MLP", "tokens a row", "rows a step", "learning rate", "from")
    rows = [
        (f"`{name}`", f"{one.hidden:,}", str(one.layers), str(one.heads),
         f"{one.intermediate:,}{', gated' if one.gated else ''}", f"{one.sequence:,}", f"{one.batch:,}",
         f"{one.learning_rate:g}", one.source)
        for name, one in SIZES.items()
    ]  # fmt: skip
    return table(head, rows)


def patterns() -> str:
    """Every named pattern: where it is from, and its expression."""
    named = [pattern(PretokenizeSettings.model_validate({"pattern": name})) for name in get_args(PatternName)]
    return "\n\n".join(f"### {one.name}\n\nFrom: {one.source}.\n\n{fenced(one.encoding)}" for one in named)


def _kind(model: type[Settings]) -> str:
    return str(get_args(model.model_fields["kind"].annotation)[0])


def _paragraph(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _keys_of(model: type[BaseModel]) -> str:
    """The keys of a table; of a kind of source those that it adds to every source's, or narrows."""
    of_source = issubclass(model, Settings)
    shared = Settings.model_fields if of_source and model is not Settings else {}
    rows = []
    for key, field in model.model_fields.items():
        same = key in shared and shared[key].annotation == field.annotation
        if not same and not (of_source and key == "kind") and not _is_table(field.annotation):
            rows.append((f"`{key}`", _type(field.annotation), _left_out(field)))
    return table(("key", "value", "when left out"), rows) if rows else ""


def _left_out(field: FieldInfo) -> str:
    """What a key is that is left out, in the words of TOML."""
    if field.is_required():
        return "must be given"
    return "nothing" if field.default is None else f"`{json.dumps(field.default)}`"


def _is_table(annotation: Any) -> bool:
    """Whether a key holds a table, or several, which are told of by themselves."""
    inside = (annotation, *get_args(annotation))
    return annotation != tuple[Condition, ...] and any(
        isinstance(one, type) and issubclass(one, BaseModel) for one in inside
    )


def _type(annotation: Any) -> str:
    """A type in the words of TOML."""
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(f"`{value}`" for value in get_args(annotation))
    if get_origin(annotation) in (Union, UnionType):
        return " or ".join(_type(part) for part in get_args(annotation) if part is not type(None))
    if get_origin(annotation) is tuple:
        return "list of " + _type(get_args(annotation)[0])
    if get_origin(annotation) is Annotated:
        return _type(get_args(annotation)[0])
    if annotation is Condition:
        return "condition"
    return {str: "text", int: "whole number", float: "number", bool: "true or false"}[annotation]


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table; a bar inside a cell is escaped."""
    lines = [head, tuple("---" for _ in head), *rows]
    cells = ((" ".join(cell.split()).replace("|", "\\|") for cell in line) for line in lines)
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)


def fenced(text: str) -> str:
    """A block of plain text."""
    return f"```text\n{text}\n```"


BLOCKS: dict[str, Callable[[], str]] = {
    "tree": tree,
    "help": help_blocks,
    "facts": facts,
    "rules": rules,
    "sources": sources,
    "settings": settings,
    "tokenizer_settings": tokenizer_settings,
    "training_settings": training_settings,
    "fine_tuning_settings": fine_tuning_settings,
    "suite_settings": suite_settings,
    "study_settings": study_settings,
    "ladder": ladder,
    "patterns": patterns,
}


def render(page: str) -> str:
    """The page with every generated part written anew. Raises `KeyError` for a marker nobody writes."""

    def block(match: re.Match[str]) -> str:
        name = match["name"]
        return f"<!-- begin {name} -->\n{BLOCKS[name]()}\n<!-- end {name} -->"

    return re.sub(r"<!-- begin (?P<name>\w+) -->\n.*?<!-- end (?P=name) -->", block, page, flags=re.S)


def main() -> int:
    """Rewrite every page; print the ones that changed."""
    for name in PAGES:
        path = ROOT / name
        old = path.read_text("utf-8")
        new = render(old)
        if new != old:
            path.write_text(new, "utf-8")
            print(f"wrote {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
