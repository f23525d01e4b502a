"""The suite of an evaluation: which exams are asked how or answered in writing, and which texts are measured, as
frozen models.

Comes from a TOML file (shipped ones lie in `eval/recipes/`), read by the rules of `corpus/recipe_file.py` (`extends`,
`--set`); goes to `eval/run/run.py`. It has no behaviour.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

from pydantic import Field, model_validator

from corpus.condition import SLUG, Frozen
from corpus.recipe_file import read_recipe, shipped_recipes
from corpus.wanted import Wrong

SHIPPED = Path(__file__).parent.parent / "recipes"
Formulation = Literal["letters", "cloze", "subsets"]


class ExamSettings(Frozen):
    """An exam and which items of it, as every table has it that names one."""

    name: str = Field(pattern=SLUG)
    form: str
    path: tuple[str, ...] = Field(min_length=1)
    split: str = ""
    limit: int = Field(default=0, ge=0)
    context: bool = True


class TaskSettings(ExamSettings):
    """One exam. `form`: of `corpus/exams/read.py`. `path`: its file, or a folder of one table a subject, relative to
    the suite's file or to `--exams`; of several the first that is there; `hub:OWNER/NAME/FILE` for a file of a data set
    on the Hub. `split`: where the name does not tell it. `limit`: how many items, drawn by the hash of their ids, so
    that each exam file gives the same ones every time (0: all). `context`: whether what is to be read first is shown
    (PubMedQA without its abstract: false). `formulations`: how it is asked (`eval/tasks/question.py`). `shots`:
    examples before each question, from `examples`, a path of the same form, and its `examples_split`."""

    formulations: tuple[Formulation, ...] = ("letters",)
    shots: int = Field(default=0, ge=0, le=100)
    examples: tuple[str, ...] = ()
    examples_split: str = ""

    @model_validator(mode="after")
    def _examples_come_from_somewhere(self) -> TaskSettings:
        if self.shots and not self.examples:
            raise Wrong(f"task {self.name!r} has shots and no examples to take them from",
                        f"[[task]] {self.name}: examples", "write examples = [...] into it, or shots = 0")  # fmt: skip
        return self


class GenerateSettings(ExamSettings):
    """An exam whose answers are written by the model and read from its text; `name` to `context` as in a task. The
    question is worded as `train sft` words it, for both of its arms alike: by `prompt`, a template of
    `train/sft/prompts.py`, and `chat_template`, the tokenizer's own or the plain one; `taught`: as the model's card
    says that it was fine-tuned, and `auto` where it says nothing. `max_new_tokens`: of an answer, which ends there if
    it has not ended itself. `explanations`: whether what is written beside the answer is compared with the exam's
    explanation."""

    prompt: Literal["taught", "auto", "zh", "en", "cmexam"] = "taught"
    chat_template: Literal["taught", "auto", "plain"] = "taught"
    max_new_tokens: int = Field(default=256, ge=1, le=32_768)
    explanations: bool = True


class BitsSettings(Frozen):
    """Texts whose bits per byte are measured. `corpora`: output folders of builds, whose held-out split is read, by
    source and tier; `bytes`: of each source and tier, at most. `explanations`: of so many items of each task, drawn by
    the hash of their ids, the explanation is measured after question and answer (0: of none)."""

    corpora: tuple[str, ...] = ()
    bytes: int = Field(default=200_000, ge=0)
    explanations: int = Field(default=500, ge=0)


class Suite(Frozen):
    """A suite, whole. `too_long`: what becomes of questions that the model cannot read whole with their examples, or
    with the answer that is to be written: the run is refused, or they are left out and counted. `resamples`: of the
    bootstrap; `seed`: of all that is drawn."""

    CALLED: ClassVar[str] = "suite"
    name: str = Field(pattern=SLUG)
    description: str = ""
    task: tuple[TaskSettings, ...] = ()
    generate: tuple[GenerateSettings, ...] = ()
    bits: BitsSettings = BitsSettings()
    too_long: Literal["refuse", "drop"] = "refuse"
    resamples: int = Field(default=2000, ge=200, le=100_000)
    seed: int = Field(default=0, ge=0, lt=1 << 32)

    @model_validator(mode="after")
    def _there_is_something_to_ask(self) -> Suite:
        for table, some in (("task", self.task), ("generate", self.generate)):
            names = [one.name for one in some]
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise Wrong(f"two [[{table}]] tables are named {twice[0]!r}; names must differ",
                            f"[[{table}]] {twice[0]}: name", "give one of them another name")  # fmt: skip
        if not self.task and not self.generate and not self.bits.corpora:
            raise Wrong("the suite asks nothing: add a [[task]], a [[generate]], or bits.corpora", "task",
                        "write a [[task]] table with name, form and path")  # fmt: skip
        return self


class LoadedSuite(NamedTuple):
    """A suite, the folder its relative paths start from, and the file it came from."""

    suite: Suite
    base: Path
    file: Path


def load_suite(where: str | Path, sets: tuple[str, ...] = (), exams: Path | None = None) -> LoadedSuite:
    """The suite at a path or of a shipped name, with `--set` overrides applied. `exams`: the folder its paths start
    from, where that is not the file's own. Raises `UserError`."""
    suite, file = read_recipe(Suite, SHIPPED, where, sets)
    return LoadedSuite(suite, exams or file.parent, file)


def shipped() -> list[str]:
    """Names of the suites that come with the package."""
    return shipped_recipes(SHIPPED)
