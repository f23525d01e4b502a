"""Short names for tokenizers, by which a table or a report calls them.

From the names or folders that the user gave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

from tokenizer.opened import SENTENCEPIECE, TOKENIZER_JSON

LONGEST = 40  # characters


def labels(names: Sequence[str]) -> list[str]:
    """One short name each, all different: the last part of a path; as many parts as tell it from the others; and a
    number where the same one is given twice."""
    parts = [_parts(name) for name in names]
    deepest = max(map(len, parts), default=1)
    chosen = ["/".join(one[-1:]) for one in parts]
    for depth in range(2, deepest + 1):
        twice = {
            label
            for label in chosen
            if len({one for one, other in zip(parts, chosen, strict=True) if other == label}) > 1
        }
        chosen = ["/".join(one[-depth:]) if label in twice else label for one, label in zip(parts, chosen, strict=True)]
    chosen = [label if len(label) <= LONGEST else "…" + label[1 - LONGEST :] for label in chosen]
    taken: Counter[str] = Counter()
    numbered = []
    for label in chosen:
        taken[label] += 1
        numbered.append(f"{label}#{taken[label]}" if chosen.count(label) > 1 else label)
    return numbered


def _parts(name: str) -> tuple[str, ...]:
    parts = tuple(part for part in PurePath(name).parts if part != "/") or (name,)
    return parts[:-1] if len(parts) > 1 and parts[-1] in (TOKENIZER_JSON, *SENTENCEPIECE) else parts
