"""`tokenizer extend`: from a base, a domain corpus and general text to an extended tokenizer. The table of contents.

Reads a base (`tokenizer/opened.py`) and texts (`texts.py`), learns pieces that are worth what they change (`price.py`),
grows the base (`grown.py`), measures what that did on text that chose nothing (`measure.py`), and writes the folder:
the tokenizer, `new_pieces.parquet` for the initialisation of embeddings (`table.py`), and a card.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from corpus.card import Card, foreign
from corpus.closure import code_identity, library_versions
from corpus.errors import UserError
from corpus.output import only_build, refuse_places, refuse_strangers
from corpus.progress import Silent
from corpus.store import sha256_json
from tokenizer.extend.aside import set_aside
from tokenizer.extend.choose import Chosen, choose
from tokenizer.extend.family import Family, family_of
from tokenizer.extend.grown import Grown, grown
from tokenizer.extend.measure import gain, general_changed, unknown_rate
from tokenizer.extend.table import table_bytes
from tokenizer.extend.texts import DomainText, GeneralText, domain_text, general_text
from tokenizer.opened import Opened, open_tokenizer
from tokenizer.written import intact, write_tokenizer

LIBRARIES = ("numpy", "polars", "pyarrow", "sentencepiece", "tokenizers", "xxhash")
TABLE = "new_pieces.parquet"
# Beside tokenizer.json these files of a base say something of their own.
KEPT_FILES = ("chat_template.jinja", "special_tokens_map.json", "generation_config.json")
# What would make transformers run code of the base's, or build its own pipeline instead of reading tokenizer.json.
DROPPED_KEYS = ("tokenizer_class", "auto_map", "tokenizer_file", "name_or_path")


class Asked(NamedTuple):
    """What is asked of an extension. `pieces`: new ones, or `size`: ids in all, of which one is 0; the size is rounded
    up to a multiple. `changed`: share of general lines that may change. `sample`: bytes to learn from."""

    base: str
    corpus: Path
    general: Path
    pieces: int = 4000
    size: int = 0
    multiple: int = 64
    languages: tuple[str, ...] = ()
    sample: int = 30_000_000
    changed: float = 0.005
    seed: int = 0


class Extended(NamedTuple):
    """What an extension left: where, its card, whether anything had to be done, warnings, and `run.json`'s content."""

    out: Path
    card: Card
    fresh: bool
    warnings: tuple[str, ...]
    run: dict[str, Any]


def extend(asked: Asked, out: Path, watch: Silent) -> Extended:
    """Extend a tokenizer into `out`. Raises `UserError` for what the user must mend."""
    opened = open_tokenizer(asked.base)
    family = family_of(opened)
    wanted = room(asked, family.size)
    refuse_places(out, out.parent)
    started = time.monotonic()
    with only_build(out):
        before = refuse_strangers(out, _name(opened), "tokenizer")
        domain = domain_text(asked.corpus, asked.languages, asked.sample, asked.seed)
        general = general_text(asked.general, domain.languages, asked.seed)
        card = _card(asked, opened, domain, general)
        if before and before.identity == card.identity and intact(out, before) and not foreign(out):
            return Extended(out, before, False, tuple(before.counts["warnings"]), {})
        general = set_aside(family.backend, domain, general).checked(asked.general)
        chosen = choose(family, domain, general.choosing, asked.changed, wanted, asked.multiple, watch)
        made = grown(family, chosen.pieces)
        counts = _measured(asked, family, made, chosen, domain, general)
        run = {"seconds": round(time.monotonic() - started, 2), "stages": watch.times}
        files = {**made.files, **_kept(opened), TABLE: table_bytes(family, chosen)}
        card = card.model_copy(update={"counts": counts})
        card = write_tokenizer(out, made.backend, _config(opened), card, files, run)
        return Extended(out, card, True, tuple(counts["warnings"]), run)


def room(asked: Asked, size: int) -> int:
    """How many new pieces there are to be. Raises `UserError` when the size that is asked for is no larger."""
    target = asked.size or size + asked.pieces
    if target <= size:
        raise UserError(f"The base has {size:,} ids already, and {target:,} are asked for.", where=asked.base,
                        mend="give a larger --size, or --pieces")  # fmt: skip
    return -(-target // asked.multiple) * asked.multiple - size


def _measured(
    asked: Asked, family: Family, made: Grown, chosen: Chosen, domain: DomainText, general: GeneralText
) -> dict[str, Any]:
    """All that is counted of the extension: on text that had no part in choosing."""
    changed, aside = (general_changed(family.backend, made.backend, part) for part in (general.judging, general.aside))
    gains = {tag: gain(family.backend, made.backend, texts, asked.seed) for tag, texts in domain.held_out.items()}
    unknown = family.spec["model"].get("unk_token")
    rates = {tag: [unknown_rate(side, unknown, texts) for side in (family.backend, made.backend)]
             for tag, texts in domain.held_out.items()}  # fmt: skip
    warnings = [*chosen.warnings]
    for name, told in changed.items():
        if told["share"] > asked.changed:
            warnings.append(f"of the general lines that judge, {told['share']:.2%} in {name} change, more than "
                            f"{asked.changed:.2%}: give more general text, or a smaller --changed ({told['most']:,} of "
                            f"the {told['changed']:,} are of one document, the first {told['begins']!r})")  # fmt: skip
    return {
        "base": {"size": family.size, "kind": family.kind}, "vocabulary": family.size + len(chosen.pieces),
        "new_pieces": len(chosen.pieces), "sample": list(domain.told), "expected": chosen.expected,
        "general": changed, "aside": aside, "held_out": gains, "unknown": rates, "warnings": warnings,
    }  # fmt: skip


def _card(asked: Asked, opened: Opened, domain: DomainText, general: GeneralText) -> Card:
    """The card, but for counts and files: enough to know whether the work is done."""
    told = {key: value for key, value in asked._asdict().items() if key not in ("base", "corpus", "general")}
    code, versions = code_identity("tokenizer.extend.run"), library_versions(LIBRARIES)
    parents = {"base": opened.identity, "corpus": domain.identity, "general": general.identity}
    kept = {name: sha256_json(content.decode("latin-1")) for name, content in _kept(opened).items()}
    identity = sha256_json({"asked": told, "parents": parents, "config": opened.config, "files": kept, "code": code,
                            "versions": versions})  # fmt: skip
    return Card(kind="tokenizer", name=_name(opened), identity=identity, parents=parents, recipe=_jsonable(told),
                code=code, versions=versions)  # fmt: skip


def _jsonable(told: dict[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in told.items()}


def _name(opened: Opened) -> str:
    return f"extended {opened.card.name if opened.card else Path(opened.name).name}"


def _config(opened: Opened) -> dict[str, Any]:
    return {key: value for key, value in opened.config.items() if key not in DROPPED_KEYS}


def _kept(opened: Opened) -> dict[str, bytes]:
    """The base's files that go with the new tokenizer as they are."""
    paths: Sequence[Path] = [opened.folder / name for name in KEPT_FILES]
    return {path.name: path.read_bytes() for path in paths if path.is_file()}
