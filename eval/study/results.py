"""What came of the runs of a study, as tables: every score of every run, what each run read and cost, and effects.

Reads the folders that `eval/study/carry_out.py` filled; gives `Results` to `eval/study/page.py` and
`eval/study/command.py`. An effect is the difference of an arm to the first, paired by seed (Student's t over seeds).
The primary metrics of all arms are one family (Holm); all other metrics are another, and explore. The null arm, which
differs in nothing, belongs to no family: what is claimed of it is a false alarm, and is told.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from corpus.card import read_card
from eval.page.whole import capital
from eval.run.measure_bits import EXPLANATION, HELD
from eval.run.scores import LOWER
from eval.statistics.many import LEVEL, detectable_of_seeds, holm, seeds_needed, sign_flips
from eval.statistics.paired import Difference, of_seeds
from eval.statistics.verdict import PLAIN, WHOLE, Claim, Scale, claim
from eval.study.arms import MODEL, NULL, TUNED, Places, Run, run_name
from eval.study.decisions import Decided, decisions
from eval.study.recipe import LoadedStudy, Study
from eval.study.seeds_before import seeds_before
from eval.study.shuffled import of_study as shuffled
from eval.study.unscored import null_tested, unscored
from eval.study.ways import KEYS, ways
from train.data.mixture_table import MIXTURE

PERCENT = "per cent"
TEXTS = {HELD: "held-out text", EXPLANATION: "explanations"}
METRICS = {"accuracy_characters": "accuracy by characters", "accuracy_bytes": "accuracy by bytes",
           "accuracy_pmi": "accuracy by PMI", "f1": "F1"}  # fmt: skip
SHARES = ("accuracy", "accuracy_characters", "accuracy_bytes", "accuracy_pmi", "probability", "f1")


class Effect(NamedTuple):
    """An arm beside the first, in one metric. `means`: of the first and of the arm. `flips`: p by flips of signs."""

    arm: str
    key: dict[str, str]
    primary: bool
    lower_is_better: bool
    means: tuple[float, float]
    found: Difference
    adjusted: float
    detectable: float
    flips: float
    said: Claim


class Results(NamedTuple):
    """`scores`: KEYS, arm, pair, value, better, chance (of a guess; none where there is no such level). `runs`: a row a
    run. `effects`: primary first. `noise`: KEYS with the signal, the noise and their ratio. `false_alarms`: what was
    claimed of the null arm. `ways`: as in `eval/study/ways.py`. `decided`: how small sizes decide, where there are
    several. `shuffled`: the rate of false alarms by shuffling (`eval/study/shuffled.py`).
    `before`: with how many seeds there was a verdict before, where they were fewer (`eval/study/seeds_before.py`)."""

    study: Study
    scores: pl.DataFrame
    runs: pl.DataFrame
    effects: list[Effect]
    noise: pl.DataFrame
    false_alarms: list[Effect]
    ways: pl.DataFrame
    decided: list[Decided]
    shuffled: float
    before: tuple[int, ...] = ()

    @property
    def verdict(self) -> list[str]:
        """The primary effects in words, and what was not scored."""
        return [*(one.said.sentence for one in self.effects if one.primary), *self.unscored]

    @property
    def unscored(self) -> list[str]:
        """Primary metrics that lack scores, in words."""
        told = []
        for one in unscored(self.study, self.scores):
            where = "" if one.whole else f" in every run of {', '.join(one.arms)}"
            rest = "." if one.whole else " there."
            told.append(capital(f"{metric_name(one.key)} was not scored{where}: nothing is said of it{rest}"))
        return told

    @property
    def null_tested(self) -> bool:
        """Whether anything could be claimed of the null arm."""
        return null_tested(self.study, self.scores)


def results(loaded: LoadedStudy, out: Path, runs: Sequence[Run]) -> Results:
    """All tables of a study whose runs are done."""
    places = Places(out)
    scores = pl.concat([_scores(places, run) for run in runs])
    study = loaded.study
    effects = [*_family(study, scores, primary=True), *_family(study, scores, primary=False)]
    nulls = [one for one in effects if one.arm == NULL and one.primary]
    keys = [one.model_dump() for one in study.primary]
    return Results(
        study, scores, pl.DataFrame([_run(study, places, run) for run in runs], schema_overrides={"stretch": pl.Int64}),
        [one for one in effects if one.arm != NULL], noise(scores),
        [one for one in nulls if one.said.second_better is not None], ways(loaded, places, runs),
        decisions(scores, study.sizes, keys) if len(study.sizes) > 1 else [],
        shuffled(scores, {(one.task, one.formulation, one.metric, one.part) for one in study.primary}),
        seeds_before(out, study.seeds),
    )  # fmt: skip


def _scores(places: Places, run: Run) -> pl.DataFrame:
    found = pl.read_parquet(places.scores(run) / "scores.parquet")
    here = found.with_columns(size=pl.lit(run.size), arm=pl.lit(run.name), pair=pl.lit(run.pair))
    return here.select(*KEYS, "value", "better", "chance", "arm", "pair")


class _Pair(NamedTuple):
    """Values of the first arm and of another in one metric, by seed."""

    arm: str
    key: dict[str, str]
    better: str
    first: NDArray[np.float64]
    second: NDArray[np.float64]


def _family(study: Study, scores: pl.DataFrame, primary: bool) -> list[Effect]:
    """Effects of the primary metrics, or of all others, adjusted among themselves but for the null arm."""
    pairs = list(_pairs(study, scores, primary))
    found = [of_seeds(one.first, one.second) for one in pairs]
    adjusted, levels = dict[int, float](), dict[int, float]()
    for null in (False, True):  # the null arm is a family of its own
        mine = [place for place, one in enumerate(pairs) if (one.arm == NULL) == null]
        adjusted.update(zip(mine, holm([found[place].p for place in mine]), strict=True))
        known = sum(not math.isnan(found[place].p) for place in mine)
        levels.update(dict.fromkeys(mine, LEVEL / max(known, 1)))  # at which the first of so many is claimed
    base = study.arm[0].name
    return [_effect(base, pair, one, adjusted[place], levels[place], primary)
            for place, (pair, one) in enumerate(zip(pairs, found, strict=True))]  # fmt: skip


def _pairs(study: Study, scores: pl.DataFrame, primary: bool) -> Iterator[_Pair]:
    wanted = {(one.task, one.formulation, one.metric, one.part) for one in study.primary}
    base = study.arm[0].name
    for key, rows in scores.group_by(KEYS, maintain_order=True):
        if (tuple(key[1:]) in wanted) == primary:
            for arm in dict.fromkeys(rows["arm"]):
                both = rows.filter(arm=base).join(rows.filter(arm=arm), on="pair", suffix="_2").sort("pair")
                if arm != base and both.height:
                    yield _Pair(arm, dict(zip(KEYS, map(str, key), strict=True)), rows["better"][0],
                                both["value"].to_numpy(), both["value_2"].to_numpy())  # fmt: skip


def _effect(base: str, pair: _Pair, found: Difference, adjusted: float, level: float, primary: bool) -> Effect:
    lower, share = pair.better == LOWER, pair.key["metric"] in SHARES
    seen = detectable_of_seeds(found.spread, found.n, level)
    means = float(pair.first.mean()), float(pair.second.mean())
    found = _possible(found) if share else found
    scale = Scale(means[0], WHOLE if share else PLAIN, seeds_needed(found.value, found.spread, level))
    unit = metric_name(pair.key)
    said = claim(f"arm {base}", f"arm {pair.arm}", found, adjusted, unit=f"points of {unit}" if share else unit,
                 lower_is_better=lower, over="seed", detectable=seen, scale=scale, share=share)  # fmt: skip
    said = said._replace(sentence=capital(said.sentence))
    return Effect(pair.arm, pair.key, primary, lower, means, found, adjusted, seen,
                  sign_flips((pair.second - pair.first).tolist()), said)  # fmt: skip


def _possible(found: Difference) -> Difference:
    """Of shares: an interval holds the truth as often without the differences that no two shares can have."""
    if not math.isfinite(found.low):
        return found
    return found._replace(low=max(found.low, -1.0), high=min(found.high, 1.0))


def metric_name(key: dict[str, str]) -> str:
    """A metric in words: `bits per byte on held-out`, and of which size where a study has several."""
    where = " ".join(part for part in (TEXTS.get(key["task"], key["task"]), key["formulation"]) if part)
    part = "" if key["part"] == "all" else f", {key['part']}"
    size = f" (size {key['size']})" if key.get("size") else ""
    return f"{METRICS.get(key['metric'], key['metric'].replace('_', ' '))} on {where}{part}{size}"


def noise(scores: pl.DataFrame) -> pl.DataFrame:
    """Of each metric how far the means of arms lie apart (their standard deviation), how far seeds of one arm do, and
    the ratio: by it metrics are worth more or less (Heineman et al. 2025, Signal and Noise, arXiv 2508.13144)."""
    arms = scores.filter(pl.col("arm") != NULL).group_by(*KEYS, "arm", maintain_order=True).agg(
        mean=pl.col("value").mean(), spread=pl.col("value").std())  # fmt: skip
    found = arms.group_by(KEYS, maintain_order=True).agg(
        signal=pl.col("mean").std(), noise=(pl.col("spread") ** 2).mean().sqrt())  # fmt: skip
    return found.with_columns(ratio=pl.col("signal") / pl.col("noise"))


def _run(study: Study, places: Places, run: Run) -> dict[str, Any]:
    """What a run read, cost, and what its cards are. A fine-tuning counts in tokens and operations, and not in text."""
    model, scored = places.made(study, run, MODEL), places.scores(run)
    card, score_card = read_card(model), read_card(scored)
    assert card is not None
    assert score_card is not None
    noted = json.loads((model / "run.json").read_bytes())
    read = pl.read_parquet(model / MIXTURE).filter(pl.col("tokens") > 0)
    unique = float((read["tokens"] / read["epochs"].clip(1)).sum())  # what is read in part is new text, too
    tuned, last = _tuned(study, places, run), places.made(study, run, TUNED)
    trained = float(noted["flops_per_token"]) * int(card.counts["tokens"])
    return {"arm": run.name, "size": run.size, "pair": run.pair, "seed": run.seed,
            "documents": int(read["documents"].sum()), "tokens": int(card.counts["tokens"]),
            "tuned_tokens": tuned["tokens"], "bytes": int(read["bytes"].sum()),
            "epochs": float(read["tokens"].sum()) / unique, "unique_tokens": unique,
            "parameters": int(noted["parameters"]),
            "trained_flops": trained, "flops": trained + tuned["flops"],
            "seconds": float(noted.get("seconds", 0.0)) + tuned["seconds"],
            "stretch": score_card.recipe.get("stretch"), "scored": score_card.identity,
            "model": card.identity, "parents": json.dumps(card.parents), "folder": run_name(run),
            "model_folder": model.relative_to(places.folder).as_posix(),
            "tuned_folder": last.relative_to(places.folder).as_posix() if study.tune else ""}  # fmt: skip


def _tuned(study: Study, places: Places, run: Run) -> dict[str, Any]:
    """Tokens, operations and seconds of a run's fine-tuning, nothing of one that has none."""
    folder = places.made(study, run, TUNED)
    card = read_card(folder) if study.tune else None
    if card is None:
        return {"tokens": 0, "flops": 0.0, "seconds": 0.0}
    noted = json.loads((folder / "run.json").read_bytes())
    tokens = int(card.counts["tokens"])
    return {"tokens": tokens, "flops": float(noted.get("flops_per_token") or 0) * tokens,
            "seconds": float(noted.get("seconds", 0.0))}  # fmt: skip


def write_tables(found: Results, folder: Path) -> None:
    """`effects.parquet`, `scores.parquet`, `runs.parquet` and `ways.parquet` of a study, each whole or absent."""
    effects = pl.DataFrame(list(rows_of(found.effects)), infer_schema_length=None)
    named = (("effects", effects), ("scores", found.scores), ("runs", found.runs), ("ways", found.ways))
    for name, table in named:
        making = folder / f".{name}.parquet.making"
        table.write_parquet(making)
        making.replace(folder / f"{name}.parquet")


def rows_of(effects: Sequence[Effect]) -> Iterator[dict[str, Any]]:
    """Effects as rows of a table."""
    for one in effects:
        yield {"arm": one.arm, **one.key, "primary": one.primary, "first": one.means[0], "value": one.means[1],
               "difference": one.found.value, "low": one.found.low, "high": one.found.high, "p": one.found.p,
               "p_adjusted": one.adjusted, "detectable": one.detectable, "seeds": one.found.n,
               "strength": one.said.strength, "sentence": one.said.sentence}  # fmt: skip
