"""Languages by Compact Language Detector 2, whose model is inside its package: no file, no network.

The default judge in `corpus/annotate/language.py`. Takes samples of text, gives a `Guess` for each. pycld2 has no call
for a batch, and needs none: a call takes 25 to 50 microseconds. It is deterministic and keeps no state between calls,
so threads may share it (`tests/corpus/annotate/test_cld2_model.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pycld2

from corpus.annotate.guess import Guess, spelt
from corpus.annotate.tags import bcp47

# What CLD2 refuses with an error: control characters but tab and line ends, and noncharacters.
_REFUSED = re.compile("[\0-\x08\x0b\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef" + "".join(
    chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17)) + "]")  # fmt: skip


def identify(samples: Sequence[str]) -> list[Guess]:
    """A guess for each sample."""
    return [guess(text) for text in samples]


def guess(text: str) -> Guess:
    """Compact Language Detector 2 on one sample (https://github.com/CLD2Owners/cld2).

    Its `isReliable` says little (benchmarks/language-2026-11.md); that it needs `bestEffort` to name a language at all
    says much, so such a guess is weak and its confidence halved. English is then no guess but what it falls back on
    (French, Swedish and Yoruba sentences came out as it), and is dropped.
    """
    details = _detect(text, False)
    weak = details[0][1] == "un"
    if weak:
        details = _detect(text, True)
    dropped = ("un", "en") if weak else ("un",)
    languages = tuple((bcp47(code), percent / 100) for _, code, percent, _ in details if code not in dropped)
    return spelt(Guess(languages, (languages[0][1] if languages else 0.0) / (2 if weak else 1), weak), text)


def _detect(text: str, best_effort: bool) -> tuple[tuple[str, str, int, float], ...]:
    """CLD2's (name, code, percent, score) of up to three languages."""
    content = text.encode("utf-8", "replace")
    try:
        answer = pycld2.detect(content, isPlainText=True, bestEffort=best_effort)
    except pycld2.error:  # looked for only now, since one text in thousands has such characters
        content = _REFUSED.sub(" ", content.decode()).encode()
        answer = pycld2.detect(content, isPlainText=True, bestEffort=best_effort)
    details: tuple[tuple[str, str, int, float], ...] = answer[2]
    return details
