"""Stage 2, annotate: for every shard and every annotator, one table of facts beside the documents.

Shards come from `corpus/ingest.py`; each annotator's facts are stored by the content of the documents, its code, its
settings and the facts it needs, so that changing one annotator, or adding one, repeats no other. The facts go to
`corpus/decide.py`.
"""

from __future__ import annotations

import contextlib
import importlib
from typing import Any

from corpus.annotate import AFTER_RELATE, ANNOTATORS, OF_EXAMS
from corpus.annotate.batches import FactsFile, batches
from corpus.annotate.fact import Fact
from corpus.annotate.settings import AnnotateSettings, LearnedModels
from corpus.closure import code_identity, library_versions
from corpus.leaks.settings import ExamIndexFile
from corpus.store import Entry, Store, kill_point, sha256_json

RUNS_IN = "corpus.annotate.batches"


def facts_of(name: str) -> tuple[Fact, ...]:
    """The documented columns of an annotator."""
    facts: tuple[Fact, ...] = importlib.import_module(ANNOTATORS[name]).FACTS
    return facts


def fact_keys(
    shard: Entry, settings: AnnotateSettings, models: LearnedModels | None, exams: ExamIndexFile | None = None
) -> dict[str, str]:
    """Annotator to store key of its facts for a shard. Without `models` those that need them are left out."""
    keys: dict[str, str] = {}
    for name, module_name in ANNOTATORS.items():
        if models is None and name in AFTER_RELATE:
            continue
        module = importlib.import_module(module_name)
        own = own_settings(name, settings, models, exams)
        keys[name] = sha256_json(
            {
                "code": code_identity(RUNS_IN, module_name),
                "libraries": library_versions(("polars", *module.LIBRARIES)),
                "settings": own.model_dump(mode="json") if own else None,
                "resources": _resources(module, own),
                "documents": shard.outputs["documents.parquet"],
                "needs": [keys[need] for need in module.NEEDS],
            }
        )
    return keys


def own_settings(
    name: str, settings: AnnotateSettings, models: LearnedModels | None, exams: ExamIndexFile | None
) -> Any:
    """What an annotator is told: its table of the recipe, the index of the recipe's exams, or the classifiers that have
    been learned meanwhile."""
    if name in OF_EXAMS:
        return exams
    return models if name in AFTER_RELATE else getattr(settings, name, None)


def annotator_resources(settings: AnnotateSettings) -> dict[str, Any]:
    """What each annotator reads beside code and settings: the hash of a model file, the version of Unicode's tables."""
    modules = {name: importlib.import_module(module) for name, module in ANNOTATORS.items()}
    return {name: _resources(module, getattr(settings, name, None)) for name, module in modules.items()}


def _resources(module: Any, settings: Any) -> Any:
    return module.resources(settings) if hasattr(module, "resources") else None


def annotate(payload: dict[str, Any], store: Store) -> dict[str, int]:
    """Write the missing facts of one shard, batch by batch. Payload: `shard` key, `keys`, `settings`, `models`,
    `exams`."""
    shard = store.entry("ingest", payload["shard"])
    keys: dict[str, str] = payload["keys"]
    missing = [name for name, key in keys.items() if not store.has("annotate", key)]
    needed = {need for name in missing for need in importlib.import_module(ANNOTATORS[name]).NEEDS} - set(missing)
    have = [store.file("annotate", keys[need], "facts.parquet") for need in sorted(needed)]
    with contextlib.ExitStack() as stack:
        outputs = {}
        for name in missing:
            making = stack.enter_context(store.making("annotate", keys[name]))
            outputs[name] = stack.enter_context(FactsFile(name, facts_of(name), making))
        for batch in batches(store.file("ingest", payload["shard"], "documents.parquet"), have):
            for name, output in outputs.items():
                module = importlib.import_module(ANNOTATORS[name])
                own = own_settings(name, payload["settings"], payload["models"], payload["exams"])
                facts = module.annotate(batch, own)
                output.write(facts, batch.height)
                batch = batch.hstack(facts)
            kill_point("annotate:batch")
    return {"documents": shard.counts["documents"], "annotators": len(missing)}
