"""`corpus quality fit`: the classifiers of a recipe's labels, made beforehand, in a folder with a card.

Reads, measures and relates the documents of a recipe as a build does (the store is shared), trains a classifier for
every task and language, and writes each with what is told of it. A recipe then names the folder as
`annotate.learned.models`, so that many corpora can be judged by the same classifiers.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, NamedTuple

from corpus.annotate.learned import TASKS
from corpus.build import workers_for
from corpus.card import Card, hash_outputs, write_card
from corpus.closure import code_identity, library_versions
from corpus.engine import Engine
from corpus.errors import UserError
from corpus.inputs import find_inputs, refuse_inputs_inside, told_inputs
from corpus.judge import check_signals
from corpus.learn.stage import LIBRARIES
from corpus.learn.unread import MORE, lack
from corpus.output import only_build, refuse_places, refuse_strangers, staging, swap
from corpus.progress import Silent
from corpus.recipe_file import Loaded
from corpus.relate import terms
from corpus.stages import know
from corpus.store import Store, sha256_json, write_json


class Fitted(NamedTuple):
    """The folder, its card, and what is told of each classifier."""

    out: Path
    card: Card
    told: tuple[dict[str, Any], ...]


def fit(loaded: Loaded, out: Path, store: Store, workers: int, watch: Silent) -> Fitted:
    """Fit the classifiers of a recipe into `out`. Raises `UserError` when it has no labels or they teach nothing."""
    recipe = loaded.recipe
    if not recipe.label:
        raise UserError("The recipe has no [[label]] tables, so there is nothing to learn from.", str(loaded.file),
                        'add labels, or extend the shipped recipe "medical-learned"')  # fmt: skip
    check_signals(recipe)
    refuse_places(out, store.root)
    with only_build(out):
        store.sweep()
        refuse_strangers(out, recipe.name, "classifier")
        inputs, passed_over = find_inputs(loaded, store)
        refuse_inputs_inside(inputs, out, store.root)
        lists = terms.files(recipe.relate.terms, loaded.base)
        with Engine(store, workers or workers_for(inputs), recipe.engine.tasks) as engine:
            learned = know(recipe, inputs, lists, None, None, engine, watch).learned
        if not learned.told:
            tasks = [task for task in TASKS if task in {label.task for label in recipe.label}]
            raise UserError(f"No classifier can be trained. {lack(learned, *tasks)}", str(loaded.file), MORE)
        folder = staging(out)
        for told, file in zip(learned.told, learned.models.files, strict=True):
            name = f"{told['task']}-{told['language']}"
            shutil.copyfile(file.path, folder / f"{name}.bin")
            write_json(folder / f"{name}.json", told)
        told_of = told_inputs(inputs, passed_over)
        card = Card(
            kind="classifier", name=recipe.name, identity=sha256_json(learned.told), outputs=hash_outputs(folder),
            parents={f"source:{name}": str(told["sha256"]) for name, told in told_of.items()}, inputs=told_of,
            recipe=recipe.model_dump(mode="json", exclude={"engine"}), versions=library_versions(LIBRARIES),
            code=code_identity("corpus.learn.stage", "corpus.learn.fit"),
        )  # fmt: skip
        write_card(folder, card)
        swap(folder, out)
    return Fitted(out, card, learned.told)
