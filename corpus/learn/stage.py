"""Learned signals: from the labels of a recipe to finished classifiers.

After relations and before rules: facts from `corpus/annotate/stage.py` say which documents are examples of what
(`labels.py`), their texts are prepared, and every task and language gets a classifier (`fit.py`), whose scores are then
facts like any other (`corpus/annotate/learned.py`). Or the classifiers were made before, by `corpus quality fit`, and
lie in a folder with their card.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from corpus.annotate.learned import LIBRARIES as LEARNED_LIBRARIES
from corpus.annotate.learned import MEND, lines
from corpus.annotate.settings import LearnedModels, ModelFile
from corpus.card import Card, read_card
from corpus.closure import code_identity, library_versions
from corpus.engine import Engine
from corpus.errors import UserError
from corpus.learn.labels import examples, marked, trainable, wanting
from corpus.learn.settings import Label, LearnSettings
from corpus.parquet import take
from corpus.progress import Silent
from corpus.resolve import Shard
from corpus.store import Store, sha256_file, sha256_json, write_json

LIBRARIES = (*LEARNED_LIBRARIES, "polars")


class Learned(NamedTuple):
    """The classifiers, what is told of each (`told.json` of `corpus/learn/fit.py`), the identity of the folder they
    came from (empty: they were trained here), and the tasks that labels give too little for, with the reason."""

    models: LearnedModels
    told: tuple[dict[str, Any], ...] = ()
    parent: str = ""
    wanting: tuple[tuple[str, str], ...] = ()


def learn(
    labels: Sequence[Label], settings: LearnSettings, documents: pl.DataFrame, shards: Sequence[Shard],
    facts: Sequence[Mapping[str, str]], genres: Mapping[str, str], engine: Engine, watch: Silent,
) -> Learned:  # fmt: skip
    """Classifiers from labels. `documents`: standing ones (a census) with `group`. Raises `UserError` for labels that
    give examples of one value only."""
    store = engine.store
    key = _choice_key(labels, settings, documents, shards, facts, genres)
    if not _whole(key, store):
        with (
            watch.stage("learn", 1, "examples"),
            store.scratch("learn") as folder,
            store.making("choice", key) as making,
        ):
            chosen = examples(marked(shards, facts, genres, labels, store), documents, labels, settings)
            payloads = [_payload(chosen.filter(task=task, language=language), task, language, shards, store, folder)
                        for task, language in trainable(chosen)]  # fmt: skip
            missing = [payload for payload in payloads if not store.has("learn", payload["key"])]
            engine.run("learn", "corpus.learn.fit:fit", missing)
            watch.tick(1, {"examples": chosen.height})
            choice = {"keys": [payload["key"] for payload in payloads], "wanting": wanting(chosen, settings)}
            write_json(making.folder / "classifiers.json", choice)
    return _finished(_choice(key, store), store)


def _whole(key: str, store: Store) -> bool:
    """Whether the choice is made and the store still holds every classifier that it names."""
    return store.has("choice", key) and all(store.has("learn", each) for each in _choice(key, store)["keys"])


def _choice(key: str, store: Store) -> dict[str, Any]:
    """Which classifiers came of the examples, as keys of the store, and why others did not."""
    choice: dict[str, Any] = json.loads(store.file("choice", key, "classifiers.json").read_bytes())
    return choice


def _choice_key(
    labels: Sequence[Label], settings: LearnSettings, documents: pl.DataFrame, shards: Sequence[Shard],
    facts: Sequence[Mapping[str, str]], genres: Mapping[str, str],
) -> str:  # fmt: skip
    """By all that the choice of examples depends on, without reading a text."""
    groups = documents.select("shard", "row", "record", "group").hash_rows().to_numpy().astype("<u8").tobytes()
    return sha256_json(
        {
            "code": code_identity(__name__), "libraries": library_versions(LIBRARIES),
            "labels": [label.model_dump(mode="json", exclude={"reason"}) for label in labels],
            "settings": settings.model_dump(mode="json"), "groups": hashlib.sha256(groups).hexdigest(),
            "shards": [[shard.key, genres[shard.source], sorted(keys.values())] for shard, keys in
                       zip(shards, facts, strict=True)],
        }
    )  # fmt: skip


def _payload(
    chosen: pl.DataFrame, task: str, language: str, shards: Sequence[Shard], store: Store, folder: Path
) -> dict[str, str]:
    """The work of one classifier: its examples on disk, and the key of what comes out."""
    table = _prepared(chosen, shards, store)
    path = folder / f"{task}-{language}.parquet"
    table.write_parquet(path)
    key = sha256_json(
        {
            "code": code_identity("corpus.learn.fit"), "libraries": library_versions(LIBRARIES),
            "task": task, "language": language, "examples": sha256_json(table.rows()),
        }
    )  # fmt: skip
    return {"key": key, "task": task, "language": language, "examples": str(path)}


def _prepared(chosen: pl.DataFrame, shards: Sequence[Shard], store: Store) -> pl.DataFrame:
    """The examples with their texts as the classifier reads them, in an order that no shard and no row number shows in:
    by the hash of the text."""
    parts = []
    for (shard,), rows in chosen.sort("shard", "row").group_by("shard", maintain_order=True):
        path = store.file("ingest", shards[int(shard)].key, "documents.parquet")
        texts = take(path, rows["row"].to_numpy(), ["text"])["text"].to_list()
        source = pl.lit(shards[int(shard)].source)
        parts.append(rows.with_columns(text=pl.Series(lines(texts), dtype=pl.String), source=source))
    table = pl.concat(parts).with_columns(group=pl.col("group").rank("dense").cast(pl.Int32))
    return table.sort("lot", "text").select("text", "label", "positive", "group", "part", "source")


def _finished(choice: Mapping[str, Any], store: Store) -> Learned:
    """The classifiers of the store, checked."""
    told = tuple(json.loads(store.file("learn", key, "told.json").read_bytes()) for key in choice["keys"])
    paths = [store.file("learn", key, "model.bin") for key in choice["keys"]]
    files = tuple(map(model_file, told, paths))
    return Learned(LearnedModels(files=files), told, wanting=tuple((task, why) for task, why in choice["wanting"]))


def model_file(told: Mapping[str, Any], path: Path) -> ModelFile:
    """The file of a classifier with what its `told.json` says of it."""
    names = ("task", "language", "sha256", "slope", "intercept")
    return ModelFile(path=str(path), **{name: told[name] for name in names})


def from_folder(named: str, base: Path) -> Learned:
    """The classifiers of a folder that `corpus quality fit` wrote; `named` is relative to `base`, the recipe's folder.
    Raises `UserError` when there are none, or a file is missing, added or not the one that the card describes. What is
    in the models is checked when they are loaded."""
    folder = base / Path(os.path.expandvars(named)).expanduser()
    card = read_card(folder)
    if card is None or card.kind != "classifier":
        raise UserError("That folder holds no classifiers of ours.", str(folder),
                        "give annotate.learned.models the --out of `corpus quality fit`")  # fmt: skip
    _refuse_changed(card, folder)
    told = tuple(_read(folder / name) for name in sorted(card.outputs) if name.endswith(".json"))
    files = tuple(model_file(one, folder / f"{one['task']}-{one['language']}.bin") for one in told)
    listed = {name: digest for name, (digest, _) in card.outputs.items()}
    for file in files:
        if listed.get(Path(file.path).name) != file.sha256:
            raise _distrusted("A classifier is not one that the card of its folder lists.", Path(file.path))
    return Learned(LearnedModels(files=files), told, card.identity)


def _refuse_changed(card: Card, folder: Path) -> None:
    """The folder must hold what its card lists, byte for byte, and nothing else but what a file manager hides."""
    for name, (digest, _) in card.outputs.items():
        path = folder / name
        if not path.is_file():
            raise _distrusted("A file that the card of the folder lists is not there.", path)
        if sha256_file(path) != digest:
            raise _distrusted("This is not the file that its card describes.", path)
    for path in sorted(folder.iterdir()):
        if path.name not in card.outputs and path.name != "card.json" and not path.name.startswith("."):
            raise _distrusted("A file is not one that the card of its folder lists.", path, "take it out, or ")


def _read(path: Path) -> dict[str, Any]:
    """What is told of a classifier, under the name of its task and language."""
    try:
        told = json.loads(path.read_bytes())
        file = model_file(told, path)
    except (OSError, ValueError, KeyError, TypeError):
        raise _distrusted("The description of a classifier cannot be read.", path) from None
    if path.name != f"{file.task}-{file.language}.json":
        raise _distrusted(f"This describes a classifier of {file.task} in {file.language!r}.", path)
    return dict(told)


def _distrusted(what: str, path: Path, first: str = "") -> UserError:
    return UserError(what, str(path), f"{first}{MEND}")


def write_learned(folder: Path, learned: Learned) -> None:
    """What is told of the classifiers, as `learned/<task>-<language>.json` of an output folder."""
    for told in learned.told:
        (folder / "learned").mkdir(exist_ok=True)
        write_json(folder / "learned" / f"{told['task']}-{told['language']}.json", told)
