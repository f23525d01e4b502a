"""lm-evaluation-harness's own tasks on given rows: what our wording and our scores are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

TASKS = {
    "medmcqa": "medmcqa/medmcqa.yaml",
    "medqa-us": "medqa/medqa.yaml",
    "pubmedqa": "pubmedqa/pubmedqa.yaml",
    "mmlu": "mmlu/default/mmlu_{}.yaml",
    "cmmlu": "cmmlu/cmmlu_{}.yaml",
    "ceval": "ceval/ceval-valid_{}.yaml",
}


def harness_task(exam: str, rows: Sequence[dict[str, Any]], shown: Sequence[dict[str, Any]] = (), subject: str = "",
                 shots: int = 0) -> Any:  # fmt: skip
    """The harness's task of an exam on rows of its hub release, `shown` being its examples."""
    import datasets
    from lm_eval.api.task import ConfigurableTask
    from lm_eval.tasks._yaml_loader import load_yaml

    told = load_yaml(Path(str(files("lm_eval"))) / "tasks" / TASKS[exam].format(subject), resolve_func=True)
    told.pop("include", None)
    asked = told.get("test_split") or told["validation_split"]
    splits = {asked: datasets.Dataset.from_list(list(rows))}
    first = told.get("fewshot_split")
    if shown and first:
        splits[first] = datasets.Dataset.from_list(list(shown))
    for name in ("training_split", "validation_split", "test_split"):
        if told.get(name) not in (None, asked):
            told[name] = None
    told["custom_dataset"] = lambda **_: datasets.DatasetDict(splits)
    task = ConfigurableTask(config=told)
    task.set_config("num_fewshot", shots)
    task.build_all_requests()
    return task


def prompts(task: Any) -> list[tuple[str, list[str]]]:
    """Context and continuations of each question, in order."""
    by: dict[int, tuple[str, list[str]]] = {}
    for one in task.instances:
        context, continuation = one.args
        by.setdefault(one.doc_id, (context, []))[1].append(continuation)
    return [by[number] for number in sorted(by)]


def harness_scores(task: Any, model: Any, tokenizer: Any, batch: int = 16) -> dict[str, float]:
    """The scores that the harness gives a model on a task, by its own loop and its own model class."""
    from lm_eval.evaluator import evaluate
    from lm_eval.models.huggingface import HFLM

    name = task.config.task
    found: Any = evaluate(HFLM(pretrained=model, tokenizer=tokenizer, batch_size=batch), {name: task},
                          bootstrap_iters=0, log_samples=False)  # fmt: skip
    return {key.partition(",")[0]: value for key, value in found["results"][name].items() if isinstance(value, float)}
