"""`train merge`: two things made one model. A LoRA adapter goes into the weights it was trained on, or two checkpoints
of one architecture are interpolated over a sweep of coefficients.

Takes models' folders (`train/model_folder.py`) and writes model folders whose cards name both parents. Interpolation
(`train/convert/merge_tensors.py`) goes tensor by tensor; an adapter is merged by PEFT. Called by
`train/convert/merge_command.py`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpus.card import Card, read_card
from corpus.controls import visible
from corpus.errors import UserError
from corpus.output import refuse_inputs
from corpus.store import sha256_json
from tokenizer.opened import SENTENCEPIECE, TOKENIZER_JSON
from train.adapters import ADAPTER, ADAPTER_CONFIG, identity_of, with_adapters_of
from train.convert.merge_tensors import METHODS, refuse_unlike, write_interpolated
from train.finished import finished
from train.model_folder import (
    ADAPTER_FOLDER,
    BESIDE,
    CHOICE,
    CONFIG,
    ModelFolder,
    Written,
    json_of,
    load_model,
    new_card,
    open_model,
    take_along,
    writing,
    written,
)
from train.taught import apart, inherited

LIBRARIES = ("safetensors", "torch")


def merge_adapter(base: Path, adapter: Path, out: Path, replace: bool = False) -> Written:
    """Put a LoRA adapter into the weights of its base (PEFT's `merge_and_unload`); layers that were trained whole
    beside it take the base's place. Raises `UserError` for a folder that holds no adapter, one that is a pickle, or
    one that does not belong to this base. `adapter`: a folder that PEFT wrote, or a run with `lora.rank`; `replace`: a
    finished model of other settings."""
    model = open_model(base)
    card_of, adapter = adapter, _place(adapter)
    config = _adapter(adapter, model, card_of)
    parents = {"base": model.identity, "adapter": sha256_json(identity_of(adapter))}
    # An adapter was taught after its base, so that its own wording is the one that counts.
    told = inherited([_card_of(card_of)]) or inherited([model.card])
    recipe = {"method": "lora", "rank": config.get("r"), "alpha": config.get("lora_alpha"), **told}
    card = new_card(
        f"merged {model.name}", parents, recipe, "train.convert.merge", (*LIBRARIES, "peft", "transformers")
    )
    started = time.monotonic()
    with writing(out, card, replace, (base, adapter)) as making:
        if not isinstance(making, Written):
            merged = with_adapters_of(load_model(model), adapter)
            merged.save_pretrained(making.folder)
            take_along(model.folder, making.folder)
            _its_own_tokenizer(adapter, making.folder)
            making.counts = {"parameters": merged.num_parameters(), "rank": config.get("r")}
            making.run = {"seconds": round(time.monotonic() - started, 2)}
    return written(out, making)


def interpolate(
    first: Path, second: Path, out: Path, coefficients: Sequence[float], method: str = "linear", replace: bool = False
) -> list[Written]:
    """Models between two checkpoints, one a coefficient: 0 is the first, 1 the second. `linear` is WiSE-FT (Wortsman
    et al. 2022, arXiv 2109.01903), `slerp` goes along the arc between two tensors (Shoemake 1985,
    doi 10.1145/325334.325242). One coefficient fills `out`, several fill `out/0.25` and so on. Raises `UserError` for
    models of unlike configs, tensors or tokenizers."""
    refuse_coefficients(coefficients, method)
    models = open_model(first), open_model(second)
    cards = [model.card for model in models]
    warnings = [*refuse_unlike(*models), *apart(cards)]
    several = len(coefficients) > 1
    if several and (out / "card.json").is_file():
        raise UserError("A sweep fills a folder with one of each coefficient, and this one holds a model.", str(out),
                        "give another --out")  # fmt: skip
    refuse_inputs(out, (first, second))
    places = {one: out / f"{one:g}" if several else out for one in coefficients}
    for one, place in places.items():  # before any is written
        finished(place, _card(models, one, method), replace)
    return [_interpolated(models, place, one, method, warnings, replace) for one, place in places.items()]


def refuse_coefficients(coefficients: Sequence[float], method: str) -> None:
    """Raises `UserError` for a method that is none, and for coefficients that are none, outside 0 to 1, or the same."""
    if method not in METHODS:
        raise UserError(f"There is no method {method!r} to merge by.", mend=f"give one of {', '.join(METHODS)}")
    wrong = [one for one in coefficients if not 0 <= one <= 1]
    if wrong or not coefficients:
        raise UserError(f"A coefficient lies between 0 (the first model) and 1 (the second), and {wrong or 'none'} was "
                        "given.", mend="give --coefficients 0.25,0.5,0.75")  # fmt: skip
    names = [f"{one:g}" for one in coefficients]
    if len(set(names)) != len(names):
        raise UserError(f"A coefficient was given twice: {', '.join(names)}.", mend="give each once")


def _interpolated(
    models: tuple[ModelFolder, ModelFolder],
    out: Path,
    coefficient: float,
    method: str,
    warnings: list[str],
    replace: bool,
) -> Written:
    first, second = models
    card = _card(models, coefficient, method)
    started = time.monotonic()
    with writing(out, card, replace) as making:
        if not isinstance(making, Written):
            counts = write_interpolated(first, second, making.folder, coefficient, method)
            take_along(first.folder, making.folder, (CONFIG, CHOICE, *BESIDE))
            making.counts = {**counts, "warnings": warnings}
            making.run = {"seconds": round(time.monotonic() - started, 2)}
    return written(out, making)


def _card(models: tuple[ModelFolder, ModelFolder], coefficient: float, method: str) -> Card:
    first, second = models
    return new_card(f"merged {first.name}", {"first": first.identity, "second": second.identity},
                    {"method": method, "coefficient": coefficient, **inherited([first.card, second.card])},
                    "train.convert.merge", LIBRARIES)  # fmt: skip


def _place(adapter: Path) -> Path:
    """Where the adapter lies: in the folder of a run beside the weights that it was put into."""
    within = adapter / ADAPTER_FOLDER
    return within if (within / ADAPTER_CONFIG).is_file() and not (adapter / ADAPTER_CONFIG).is_file() else adapter


def _adapter(folder: Path, model: ModelFolder, card_of: Path) -> dict[str, Any]:
    """The adapter's config. Raises `UserError` where it is no LoRA of this base in safetensors."""
    config = json_of(folder / ADAPTER_CONFIG, "That folder holds no adapter.",
                     "give a folder that PEFT wrote; to interpolate two whole models, give --second")  # fmt: skip
    if not isinstance(config, dict) or config.get("peft_type") != "LORA":
        told = config.get("peft_type") if isinstance(config, dict) else None
        raise UserError(f"The adapter is no LoRA but {visible(str(told))!r}.", str(folder / ADAPTER_CONFIG),
                        "give a LoRA adapter")  # fmt: skip
    if not (folder / ADAPTER).is_file():
        raise UserError(f"The adapter's folder has no {ADAPTER}; a pickle is not opened, as it could run code.",
                        str(folder), "write the adapter as safetensors")  # fmt: skip
    card = _card_of(card_of)
    if card and card.parents.get("base", model.identity) != model.identity:
        raise UserError("The adapter was trained on another model than this one.", f"{card_of} beside {model.folder}",
                        "give the base that the adapter's card.json names")  # fmt: skip
    return config


def _card_of(adapter: Path) -> Card | None:
    """The card of the run that trained an adapter, which lies with it or around it."""
    return read_card(adapter) or (read_card(adapter.parent) if adapter.name == ADAPTER_FOLDER else None)


def _its_own_tokenizer(adapter: Path, folder: Path) -> None:
    """An adapter that was trained with a tokenizer of its own brings it along."""
    if any((adapter / name).is_file() for name in (TOKENIZER_JSON, *SENTENCEPIECE)):
        take_along(adapter, folder, [name for name in BESIDE if name != "generation_config.json"])
