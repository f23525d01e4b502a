"""Lines and paragraphs of a batch of texts, and the words that each line holds.

Works on the code points of `corpus/text/codepoints.py`; goes to the quality signals in `corpus/annotate/`. Three
ways of cutting are needed because the published rules use three: `str.splitlines` (Gopher, C4), every newline
(FineWeb), and runs of newlines (the repetition rules).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from corpus.text.codepoints import NEWLINE, CodePoints, Ints, Mask, Spans, characters, counts

_CARRIAGE_RETURN = 13


@lru_cache(maxsize=1)
def _line_breaks() -> Mask:
    return characters("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")


def newline_lines(text: CodePoints) -> Spans:
    """The pieces between newlines (`text.split("\\n")`), empty ones included; every text has at least one."""
    breaks = np.flatnonzero(text.codes == NEWLINE)
    starts = breaks[:-1] + 1
    return Spans(starts, breaks[1:], text.owner(starts))


def lines(text: CodePoints) -> Spans:
    """The lines as `str.splitlines` gives them: all of Unicode's line breaks, no empty line after the last break."""
    breaks = np.flatnonzero(_line_breaks().take(text.codes))
    starts, ends = breaks[:-1] + 1, breaks[1:]
    spans = Spans(starts, ends, text.owner(starts))
    empty = starts == ends
    inside_break = empty & (text.codes[starts - 1] == _CARRIAGE_RETURN) & (text.codes[ends] == NEWLINE)
    return spans.only(~inside_break & ~(empty & (ends == text.ends[spans.owners])))


def full_lines(text: CodePoints) -> Spans:
    """The pieces between runs of newlines that are not empty."""
    spans = newline_lines(text)
    return spans.only(spans.starts < spans.ends)


def paragraphs(text: CodePoints, chunks: Spans) -> Spans:
    """The pieces between runs of two or more newlines, after white space at both ends of the text is set aside.

    `chunks` are the pieces between white space. A text of white space only has no paragraph.
    """
    breaks = np.flatnonzero(text.codes == NEWLINE)
    first, last = _outer(text, chunks)
    has_text = last > first
    owners = text.owner(breaks[1:])
    inner = (breaks[1:] > first[owners]) & (breaks[1:] < last[owners])
    breaks = breaks[1:][inner]
    opens = np.flatnonzero(np.diff(breaks, prepend=-2) != 1)
    sizes = np.diff(opens, append=len(breaks))
    opens, sizes = opens[sizes > 1], sizes[sizes > 1]
    starts = np.concatenate((first[has_text], breaks[opens] + sizes))
    ends = np.concatenate((last[has_text], breaks[opens]))
    starts.sort()
    ends.sort()
    return Spans(starts, ends, text.owner(starts))


def _outer(text: CodePoints, chunks: Spans) -> tuple[Ints, Ints]:
    """Where each text begins and ends once white space at its ends is set aside; equal for a blank text."""
    first = np.searchsorted(chunks.starts, text.starts)
    beyond = np.searchsorted(chunks.starts, text.ends)
    some = beyond > first
    starts, ends = text.starts.copy(), text.starts.copy()
    starts[some] = chunks.starts[first[some]]
    ends[some] = chunks.ends[beyond[some] - 1]
    return starts, ends


class LineWords(NamedTuple):
    """For each line: the number of `words` between white space, and the line without white space at its ends."""

    words: Ints
    stripped: Spans


def words_of(spans: Spans, chunks: Spans) -> LineWords:
    """Which chunks each line holds. A blank line has none and strips to an empty piece at its start."""
    first = np.searchsorted(chunks.starts, spans.starts)
    beyond = np.searchsorted(chunks.starts, spans.ends)
    some = beyond > first
    starts, ends = spans.starts.copy(), spans.starts.copy()
    starts[some] = chunks.starts[first[some]]
    ends[some] = chunks.ends[beyond[some] - 1]
    return LineWords(beyond - first, Spans(starts, ends, spans.owners))


def bullets(text: CodePoints, stripped: Spans) -> Mask:
    """Which lines, without white space at their ends and not empty, begin with a bullet or a hyphen."""
    first = text.codes[stripped.starts]
    found: Mask = (first == ord("•")) | (first == ord("-"))
    return found


def trailing_off(text: CodePoints, stripped: Spans) -> Mask:
    """Which lines, without white space at their ends and not empty, end in an ellipsis: … or three full stops."""
    codes, ends = text.codes, stripped.ends
    stops = (codes[ends - 1] == ord(".")) & (codes[ends - 2] == ord(".")) & (codes[ends - 3] == ord("."))
    found: Mask = (codes[ends - 1] == ord("…")) | (stops & (stripped.lengths >= 3))
    return found


def ellipses(text: CodePoints) -> Ints:
    """Ellipses in each text as `str.count` counts them: three full stops each, and the single character."""
    stops = np.flatnonzero(text.codes == ord("."))
    heads = np.flatnonzero(np.diff(stops, prepend=-2) != 1)
    threes = np.diff(heads, append=len(stops)) // 3
    written_out = np.bincount(text.owner(stops[heads]), weights=threes, minlength=text.size)
    return counts(np.flatnonzero(text.codes == ord("…")), text) + written_out.astype(np.int64)


def largest(values: Ints, owners: Ints, texts: int) -> Ints:
    """The largest of each text's `values`, 0 where it has none. `owners` are sorted."""
    result = np.zeros(texts, np.int64)
    heads = np.flatnonzero(np.diff(owners, prepend=-1))
    if len(heads):
        result[owners[heads]] = np.maximum.reduceat(values, heads)
    return result
