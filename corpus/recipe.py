"""The recipe: everything a build is told, as frozen models, read from one TOML file.

Comes from a TOML file (shipped ones lie in `corpus/recipes/`), one level of `extends`, and `--set a.b=c`; goes to
`corpus/build.py`. A recipe has no behaviour: a physician can read its thresholds, and equal recipes make equal corpora.
Loading and its error messages are in `corpus/recipe_file.py`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from corpus.annotate.settings import AnnotateSettings
from corpus.condition import SLUG, Condition, Frozen
from corpus.leaks.settings import ExamSettings
from corpus.learn.settings import Label, LearnSettings
from corpus.relate.settings import RelateSettings
from corpus.sources.settings import Genre, SourceSettings

LANGUAGE = r"^[a-z]{2,3}(-[A-Z][a-z]{3})?$"  # BCP 47, as the language annotator writes it


class Rule(Condition):
    """A condition that every document it speaks of must meet, and why. `language` is a prefix of the document's
    language (`zh` speaks of zh-Hans and zh-Hant; several are allowed), `genre` limits it to kinds of source."""

    name: str = Field(pattern=SLUG)
    language: tuple[Annotated[str, Field(pattern=LANGUAGE)], ...] = ()
    genre: tuple[Genre, ...] = ()
    reason: str = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _one_or_many(cls, data: object) -> object:
        if isinstance(data, dict):
            return {k: [v] if k in ("language", "genre") and isinstance(v, str) else v for k, v in data.items()}
        return data


class Tier(Frozen):
    """Documents that meet all of `when` (and were claimed by no earlier entry) belong to `tier`."""

    name: str = Field(pattern=SLUG)
    tier: str = Field(pattern=SLUG)
    when: tuple[Condition, ...] = ()
    reason: str = ""


Relation = Literal["exact", "near", "contained", "work", "translation"]


class DecideSettings(Frozen):
    """`retracted`: what happens to retracted works. `drop`: the relations of which one side goes: `exact` (the same
    text but for case, width and script), `near` (copies that say the same), `contained` (nearly all of it in a larger
    text), `work` (abstract and full text), `translation`. `near`: least Jaccard similarity of near copies.
    `contained`: least share of the smaller text. `tiers`: the best first; of copies the one in the best tier stays.
    `held_out`: share of records set aside (drawn by hash of the record's key, so again in every build) with all that
    is related to them, never trained on.
    `leaks`: what happens to documents that hold items of the `[[exam]]` tables: `cut` takes the passages out, and the
    whole document where they are more than `leak_share` of its characters; `drop` always takes the document; `keep`
    only notes them. `leak_score`: from which likeness to an item on a passage counts."""

    retracted: Literal["drop", "keep"] = "drop"
    drop: tuple[Relation, ...] = ("exact", "near")
    near: float = Field(default=0.8, ge=0.7, le=1.0)
    contained: float = Field(default=0.9, ge=0.8, le=1.0)
    tiers: tuple[str, ...] = ()
    held_out: float = Field(default=0.01, ge=0.0, lt=1.0)
    leaks: Literal["cut", "drop", "keep"] = "cut"
    leak_score: float = Field(default=0.8, ge=0.8, le=1.0)
    leak_share: float = Field(default=0.2, ge=0.0, le=1.0)


class ExportSettings(Frozen):
    """`shard_bytes`: text bytes (UTF-8) after which a data file is closed."""

    shard_bytes: int = Field(default=64 << 20, ge=1)


class EngineSettings(Frozen):
    """How the work is split; never changes what comes out. `tasks` is the number of shards a stage's work is
    dealt into (0: one per unit of work, at most 1,024)."""

    tasks: int = Field(default=0, ge=0)


class Recipe(Frozen):
    """One build, whole."""

    name: str = Field(pattern=SLUG)
    description: str = ""
    source: tuple[SourceSettings, ...] = ()
    exam: tuple[ExamSettings, ...] = ()
    annotate: AnnotateSettings = AnnotateSettings()
    relate: RelateSettings = RelateSettings()
    label: tuple[Label, ...] = ()
    learn: LearnSettings = LearnSettings()
    rule: tuple[Rule, ...] = ()
    tier: tuple[Tier, ...] = ()
    decide: DecideSettings = DecideSettings()
    export: ExportSettings = ExportSettings()
    engine: EngineSettings = EngineSettings()

    @model_validator(mode="after")
    def _names_are_unique_and_tiers_complete(self) -> Recipe:
        for label, items in (
            ("source", self.source), ("exam", self.exam), ("rule", self.rule), ("tier", self.tier),
            ("label", self.label),
        ):  # fmt: skip
            names = [item.name for item in items]
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"two [[{label}]] tables are named {twice[0]!r}; names must differ")
        for tier in self.tier:
            if tier.tier.endswith(("-train", "-held_out")):
                raise ValueError(f"the tier {tier.tier!r} ends like the name of a split; give it another name")
        if self.label and self.annotate.learned.models:
            raise ValueError("annotate.learned.models names finished models, and [[label]] tables train new ones; "
                             "keep one of the two")  # fmt: skip
        if unknown := sorted(set(self.decide.tiers) - {tier.tier for tier in self.tier}):
            raise ValueError(f"decide.tiers names {unknown[0]!r}, and no [[tier]] gives that tier")
        if self.tier and self.tier[-1].when:
            raise ValueError(
                f"the last [[tier]], {self.tier[-1].name!r}, must take every document that is left: give it no `when`"
            )
        return self
