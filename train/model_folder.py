"""A model's folder: opened without running anything of it, known by an identity, and written whole or not at all.

Read by everything that takes a finished model (`train/convert/merge.py`, `train/convert/quantize.py`,
`train/convert/gguf_file.py`), which write their own folders through `writing`. Weights are safetensors; pickles are
refused, and no code of a folder runs.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from corpus.card import Card, hash_outputs, read_card, whole, write_card
from corpus.closure import code_identity, library_versions
from corpus.controls import visible
from corpus.errors import UserError
from corpus.output import only_build, refuse_inputs, refuse_places, staging, swap
from corpus.store import sha256_file, sha256_json, write_json
from tokenizer.opened import SENTENCEPIECE, TOKENIZER_CONFIG, TOKENIZER_JSON, Opened, open_tokenizer
from train.adapters import ADAPTER, ADAPTER_CONFIG, base_of, identity_of, rows_in, with_adapters_of
from train.finished import finished
from train.finite import refuse_broken
from train.full_disk import told_if_full
from train.modes import by_umask
from train.own_code import refuse_unknown_kind
from train.weight_files import shards_of

if TYPE_CHECKING:
    pass

CONFIG = "config.json"
CHOICE = "choice.json"  # of a model that scores options (`train/sft/choice.py`)
MADE = {"model": "the model", "score": "the scores"}  # what a folder holds, by the kind of its card
ADAPTER_FOLDER = "adapter"  # in the folder of a run that trained one
# What goes with the weights from folder to folder.
BESIDE = (TOKENIZER_JSON, TOKENIZER_CONFIG, *SENTENCEPIECE, "special_tokens_map.json", "chat_template.jinja",
          "generation_config.json", "new_pieces.parquet", "vocab.txt", "vocab.json", "merges.txt")  # fmt: skip


class ModelFolder(NamedTuple):
    """A folder of a model. `config`: the content of config.json. `shards`: its weight files in order. `identity`: of
    its card, or a hash of config and weights. `tokenizer`: None where the folder has none. `base`: of a folder of
    adapters, the model that they belong to; such a one has no `shards`, and `load_model` puts the two together."""

    folder: Path
    config: dict[str, Any]
    shards: tuple[Path, ...]
    identity: str
    card: Card | None
    tokenizer: Opened | None
    base: ModelFolder | None = None

    @property
    def weights(self) -> int:
        """Bytes of the weight files."""
        return sum(path.stat().st_size for path in self.shards)

    @property
    def positions(self) -> int:
        """The most tokens that it reads at once, 0 where its config does not say (GPT-2's has a name of its own)."""
        return int(self.config.get("max_position_embeddings") or self.config.get("n_positions") or 0)

    @property
    def rows(self) -> int:
        """Rows of its embedding, 0 where its config does not say."""
        return int(self.config.get("vocab_size") or 0)

    @property
    def name(self) -> str:
        """What the card calls it, or the folder's name."""
        return self.card.name if self.card else self.folder.resolve().name


class Written(NamedTuple):
    """A folder that was written: its card, whether anything had to be done, and what differs from run to run."""

    out: Path
    card: Card
    fresh: bool
    run: dict[str, Any]


def open_model(folder: Path, adapters: bool = False, gguf: bool = False) -> ModelFolder:
    """Look into a model's folder. `adapters`: whether it may be one of adapters, for who loads the model and reads no
    weight file; `gguf`: whether its weights may be a GGUF file, for who only asks it. Raises `UserError` when it holds
    no model, or one whose weights are pickles or cut short."""
    if (folder / ADAPTER_CONFIG).is_file() and not (folder / CONFIG).is_file():
        return _open_adapters(folder, adapters)
    config = json_of(folder / CONFIG, "That folder holds no model.",
                     "give the output folder of a `train` command, or a model's own folder")  # fmt: skip
    if not isinstance(config, dict) or not config.get("model_type"):
        raise UserError("The model's config.json does not say what model it is.", str(folder / CONFIG),
                        "give a folder that transformers wrote with `save_pretrained`")  # fmt: skip
    shards = shards_of(folder, gguf)
    card = read_card(folder)
    card = card if card and card.kind == "model" and whole(folder, card) and _as_written(card, shards) else None
    identity = card.identity if card else _hashed(folder, shards)
    return ModelFolder(folder, config, shards, identity, card, _tokenizer_of(folder))


def _as_written(card: Card, shards: Sequence[Path]) -> bool:
    """Whether the weights are those that the card names. Their size says nothing, so that a file which is no older
    than the card is hashed; when it was the card's all the same, as in a copy, the card's time is set, so that it is
    hashed once."""
    place = shards[0].parent / "card.json"
    newer = [shard for shard in shards if shard.stat().st_mtime_ns >= place.stat().st_mtime_ns]
    if any(card.outputs.get(shard.name, ("",))[0] != sha256_file(shard) for shard in newer):
        return False
    if newer:
        with suppress(OSError):  # of somebody else's folder
            os.utime(place)
    return True


def _tokenizer_of(folder: Path) -> Opened | None:
    there = any((folder / name).is_file() for name in (TOKENIZER_JSON, *SENTENCEPIECE))
    return open_tokenizer(folder) if there else None


def _open_adapters(folder: Path, allowed: bool) -> ModelFolder:
    """A folder of adapters and their base as one model."""
    place = base_of(folder)
    if not (folder / ADAPTER).is_file():
        raise UserError(f"The adapter's folder has no {ADAPTER}; a pickle is not opened, as it could run code.",
                        str(folder), "write the adapter as safetensors")  # fmt: skip
    if not allowed:
        raise UserError("That folder holds adapters, and not the whole weights of a model.", str(folder),
                        f"put the two together: train merge {place} --adapter {folder} --out DIR")  # fmt: skip
    base = open_model(place)
    config = {**base.config, "vocab_size": max(base.rows, rows_in(folder))}
    identity = sha256_json({"base": base.identity, **identity_of(folder)})
    return ModelFolder(folder, config, (), identity, None, _tokenizer_of(folder), base)


def json_of(file: Path, what: str, mend: str) -> Any:
    """The content of a JSON file of anybody's. Raises `UserError`, which says `what`, when it cannot be read."""
    try:
        return json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(what, f"{file}: {error}", mend) from None


def load_model(model: ModelFolder, architecture: str = "", **options: Any) -> Any:
    """The model in memory, in the precision of its file, by the class that its config names, or another one. Raises
    `UserError` for a kind or a class that is none of transformers', for weights that do not fit the config or are no
    numbers, and for a model that scores options."""
    import transformers

    if model.base is not None:
        adapted = with_adapters_of(load_model(model.base, architecture, **options), model.folder)
        refuse_broken(adapted, model.folder)
        return adapted.eval()
    refuse_choice(model)
    refuse_unknown_kind(model.config, model.folder)
    named = architecture or (model.config.get("architectures") or [""])[0]
    kind: Any = getattr(transformers, str(named), None)
    known = isinstance(kind, type) and issubclass(kind, transformers.PreTrainedModel)
    if not known:
        what = f"transformers has no model {visible(str(named))!r}, and code of a model's own is not run."
        raise UserError(what, str(model.folder / CONFIG), "give a model of an architecture that transformers has")
    told = {"dtype": "auto", "use_safetensors": True, "local_files_only": True, **options}
    try:
        loaded, info = kind.from_pretrained(model.folder, output_loading_info=True, **told)
    except (RuntimeError, OSError, ValueError, KeyError) as error:
        raise UserError("The model cannot be loaded.", f"{model.folder}: {visible(str(error))[-500:]}",
                        "give a folder whose config.json and weights belong together") from None  # fmt: skip
    if missing := sorted(info["missing_keys"]):
        raise UserError(f"The weights lack {len(missing):,} tensors that the config asks for, the first {missing[0]}.",
                        str(model.folder), "give a folder whose config.json and weights belong together")  # fmt: skip
    refuse_broken(loaded, model.folder)
    return loaded.eval()


def refuse_choice(model: ModelFolder) -> None:
    """Raises `UserError` for a model that scores options, where one that tells tokens is needed."""
    if (model.folder / CHOICE).is_file():
        raise UserError("This model scores the options of a question, and tells no tokens.", str(model.folder),
                        "give the model that it was made of; `train sft --head choice` takes both")  # fmt: skip


def need_tokenizer(model: ModelFolder) -> Opened:
    """The folder's tokenizer. Raises `UserError` when there is none, or one that is not the model's: its card names the
    files that it was trained with."""
    if model.tokenizer is None:
        raise UserError("The model's folder has no tokenizer, without which no text can be given to it.",
                        str(model.folder), f"put the {TOKENIZER_JSON} that it was trained with there")  # fmt: skip
    card = read_card(model.folder)
    for name in (TOKENIZER_JSON, *SENTENCEPIECE):
        if card and name in card.outputs and not _is(model.folder / name, card.outputs[name][0]):
            raise UserError(f"The model's {name} is not the one that it was trained with: its card names another.",
                            str(model.folder / name), "put that one back; or, where the change was meant and moved no "
                            "id, remove the folder's card.json")  # fmt: skip
    return model.tokenizer


def _is(file: Path, content: str) -> bool:
    return file.is_file() and sha256_file(file) == content


def take_along(source: Path, folder: Path, names: Sequence[str] = BESIDE) -> None:
    """Copy what goes with the weights, where a folder has it."""
    for name in names:
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)


class Writing:
    """A folder being filled: its place, and what the card and `run.json` will say of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counts: dict[str, Any] = {}
        self.run: dict[str, Any] = {}


def new_card(name: str, parents: dict[str, str], recipe: dict[str, Any], code: str, libraries: tuple[str, ...]) -> Card:
    """A model's card, but for counts and files: enough to know whether the work is done. `code`: the module that does
    it."""
    hashed, versions = code_identity(code), library_versions(libraries)
    identity = sha256_json({"parents": parents, "recipe": recipe, "code": hashed, "versions": versions})
    return Card(kind="model", name=name, identity=identity, parents=parents, recipe=recipe, code=hashed,
                versions=versions)  # fmt: skip


@contextmanager
def writing(
    out: Path, card: Card, replace: bool = False, inputs: Sequence[Path] = ()
) -> Iterator[Writing | Written]:  # fmt: skip
    """Fill a folder beside `out`, which takes its place with the card when the block ends well. Gives what is there
    already, as `Written`, where it was made of the same. Raises `UserError` for an output that may not be replaced, or
    not without `replace`, or that is one of the `inputs`."""
    refuse_places(out, out.parent)
    refuse_inputs(out, inputs)
    with only_build(out):
        if before := finished(out, card, replace):
            yield Written(out, before, False, {})
            return
        folder = staging(out)
        try:
            making = Writing(folder)
            with told_if_full(MADE[card.kind], out.parent, lambda: "or give --out on another disk; then run again"):
                yield making
                by_umask(folder)
                done = card.model_copy(update={"counts": making.counts, "outputs": hash_outputs(folder)})
                write_json(folder / "run.json", making.run)
                write_card(folder, done)
            swap(folder, out)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


def written(out: Path, making: Writing | Written) -> Written:
    """What `writing` left, when its block is over."""
    if isinstance(making, Written):
        return making
    card = read_card(out)
    assert card is not None
    return Written(out, card, True, making.run)


def _hashed(folder: Path, shards: tuple[Path, ...]) -> str:
    return sha256_json({path.name: sha256_file(path) for path in (folder / CONFIG, *shards)})
