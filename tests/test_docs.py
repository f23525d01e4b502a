"""The documents say what the code does: generated parts are current, links and paths lead somewhere."""

from __future__ import annotations

import functools
import re
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer

from corpus.exams.read import FORMS
from corpus.judge import DOCUMENT_SIGNALS, check_signals
from corpus.recipe_file import load_recipe
from tests.readme import BESIDE, BLOCKS, DATA_FOLDERS, PAGES, ROOMS, ROOT, app_of, commands, files_of, render, tree
from train.recipe import load_train
from train.sft.recipe import load_sft
from train.sizes import SIZES

PROSE = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "benchmarks").glob("*.md"))]
# Names that docs/development.md gives to files that its reader is about to write.
TO_WRITE = {"corpus/annotate/reading.py", "tests/corpus/annotate/test_reading.py", "corpus/sources/yours.py"}
NAMES = [path.relative_to(ROOT).as_posix() for path in PROSE]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_what_the_code_says_today(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    assert text == render(text), f"{page} is stale: run `python -m tests.readme`"


def test_every_generated_part_stands_on_a_page() -> None:
    pages = "".join((ROOT / page).read_text("utf-8") for page in PAGES)
    assert [name for name in BLOCKS if f"<!-- begin {name} -->" not in pages] == []


def test_every_file_of_the_packages_is_in_the_tree() -> None:
    named = {line.split()[0] for line in tree().splitlines()}
    places = [path.relative_to(ROOT).as_posix() for room in ROOMS for path in files_of(room)]
    alone = [place for place in places if not place.startswith(tuple(f"{folder}/" for folder in DATA_FOLDERS))]
    assert [place for place in alone if not place.endswith("__init__.py") and Path(place).name not in named] == []
    assert [folder for folder in DATA_FOLDERS if f"{Path(folder).name}/" not in named] == []


def test_what_stands_beside_the_packages_is_in_the_tree() -> None:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip("not a git checkout: no list of what belongs to it")
    top = {line.split("/")[0] for line in done.stdout.splitlines()}
    named = {entry.split("/")[0] for entry in BESIDE} | set(ROOMS)
    assert {name for name in top - named if not name.startswith(".git")} == {"README.md"}
    assert named - top == set()


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_every_command_and_option_says_what_it_does(words: list[str]) -> None:
    command = command_of(words)
    assert (command.help or "").strip()
    options = [param for param in command.params if param.param_type_name == "option"]
    assert [param.name for param in options if not getattr(param, "help", None)] == []


@pytest.mark.parametrize("page", NAMES)
def test_links_of_a_page_lead_somewhere(page: str) -> None:
    path = ROOT / page
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text("utf-8"))
    assert [link for link in links if "://" not in link and not (path.parent / link).exists()] == []


@pytest.mark.parametrize("page", NAMES)
def test_paths_that_a_page_names_exist(page: str) -> None:
    named = set(
        re.findall(r"`((?:corpus|tokenizer|train|eval|tests|docs|benchmarks)/[\w./-]*)`", read_by_hand(ROOT / page))
    )
    assert sorted(name for name in named - TO_WRITE if not (ROOT / name).exists()) == []
    assert [name for name in TO_WRITE if (ROOT / name).exists()] == []


def read_by_hand(path: Path) -> str:
    """A page without its generated parts."""
    return re.sub(r"<!-- begin (\w+) -->.*?<!-- end \1 -->", "", path.read_text("utf-8"), flags=re.S)


@pytest.mark.parametrize("name", ["build", "test"])
def test_the_readme_gives_each_command_in_one_block(name: str) -> None:
    blocks = re.findall(
        rf"<!-- command: {name} -->\n```bash\n(.*?)\n```", (ROOT / "README.md").read_text("utf-8"), re.S
    )
    assert len(blocks) == 1
    assert "-c constraints.txt" in blocks[0]


def test_ci_runs_the_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "<!-- command: test -->" in script
    assert "pytest" not in script, "the tests are run by the README's command and by nothing else"


def test_the_signals_of_every_document_are_listed_with_their_type() -> None:
    rows = re.findall(r"^\| `(document\.\w+)` \| (\w+) \|", (ROOT / "docs" / "facts.md").read_text("utf-8"), re.M)
    assert dict(rows) == {name: str(dtype) for name, dtype in DOCUMENT_SIGNALS.items()}


def example(page: str, name: str) -> str:
    """The block after `<!-- example: NAME -->`, as the reader would copy it."""
    (found,) = re.findall(rf"<!-- example: {name} -->\n *```\w+\n(.*?)\n *```", (ROOT / page).read_text("utf-8"), re.S)
    return textwrap.dedent(str(found))


def test_the_recipe_of_the_documents_loads_and_asks_for_what_exists(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(example("docs/recipes.md", "recipe"), "utf-8")
    recipe = load_recipe(tmp_path / "mine.toml", ("rule.commercial-use.threshold=false",)).recipe
    check_signals(recipe)
    assert [source.name for source in recipe.source] == ["pubmed", "handbook"]
    assert next(rule.threshold for rule in recipe.rule if rule.name == "commercial-use") is False


def test_the_recipe_with_learned_signals_loads_and_tries_its_own_entries_first(tmp_path: Path) -> None:
    (tmp_path / "taught.toml").write_text(example("docs/recipes.md", "learned recipe"), "utf-8")
    recipe = load_recipe(tmp_path / "taught.toml").recipe
    check_signals(recipe)
    assert {label.task for label in recipe.label} == {"relevance", "quality"}
    tiers = [tier.name for tier in recipe.tier]
    assert tiers.index("web-of-quality") < tiers.index("scholarly") < tiers.index("everything-else")
    assert tiers[-1] == "everything-else"


def test_the_recipes_of_training_load(tmp_path: Path) -> None:
    for name in ("training recipe", "fine-tuning recipe"):
        (tmp_path / f"{name}.toml").write_text(example("docs/training.md", name), "utf-8")
    told = load_train(tmp_path / "training recipe.toml", ("budget.tokens=20000", "slice.high.weight=1")).recipe
    assert told.model.size in SIZES
    assert told.slice[0].weight == 1
    tuned = load_sft(tmp_path / "fine-tuning recipe.toml").recipe
    assert {one.form for one in (*tuned.exam, *tuned.evaluation)} <= set(FORMS)


@pytest.mark.parametrize("page", NAMES)
def test_commands_that_a_page_gives_have_the_options_that_it_gives_them(page: str) -> None:
    blocks = re.findall(r"```bash\n(.*?)\n```", read_by_hand(ROOT / page), re.S)
    known, wrong = options(), []
    for line in "\n".join(blocks).replace("\\\n", " ").splitlines():
        words = line.split("#")[0].split()
        command = " ".join(words[:2])
        if command in known:
            wrong += [f"{command} {word}" for word in words if word.startswith("--") and word not in known[command]]
    assert wrong == []


@functools.cache
def options() -> dict[str, set[str]]:
    """The options of every command, as they are typed."""
    return {" ".join(words): {"--help", *options_of(command_of(words))} for words in commands()}


def options_of(command: Any) -> Iterator[str]:
    """Its options, as they are typed."""
    for param in command.params:
        yield from (*param.opts, *param.secondary_opts)


def command_of(words: list[str]) -> Any:
    """A command by its shell words."""
    command: Any = typer.main.get_command(app_of(words[0]))
    for name in words[1:]:
        command = getattr(command, "commands", {})[name]
    return command


def test_the_annotator_of_the_documents_keeps_the_contract() -> None:
    module: dict[str, object] = {}
    exec(example("docs/development.md", "annotator"), module)
    facts, annotate = module["FACTS"], module["annotate"]
    assert isinstance(facts, tuple)
    assert callable(annotate)
    table = annotate(pl.DataFrame({"text": ["One. Two!", "头痛。三天。", ""]}), None)
    assert table.columns == [fact.name for fact in facts]
    assert [str(dtype) for dtype in table.dtypes] == [fact.dtype for fact in facts]
    assert table["reading.sentences"].to_list() == [2, 2, 0]
