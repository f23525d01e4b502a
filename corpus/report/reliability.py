"""A reliability plot: what a classifier says against what is true, for documents that it never saw.

Tenths of the range of scores come from `learned/*.json`, for `corpus/report/learned.py`. On the diagonal, the share of
positive documents is the score; the area of a point is its share of the documents (M. DeGroot, S. Fienberg, The
Statistician 32, 1983).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pydantic import BaseModel

from corpus.report.html import Html, tag
from corpus.report.wording import plural, share, short

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 330, 262, 54, 14, 14, 44
LARGEST, SMALLEST = 11.0, 3.2  # radius of a point


class Tenth(BaseModel):
    """Documents whose score lies in one tenth of the range: mean score, share of positive ones, how many."""

    score: float
    positive: float
    documents: int


def draw(tenths: Sequence[Tenth], title: str) -> Html:
    """The plot as SVG."""
    known = [tenth for tenth in tenths if math.isfinite(tenth.score) and math.isfinite(tenth.positive)]
    most = max((tenth.documents for tenth in known), default=1) or 1
    points = [_point(tenth, most) for tenth in sorted(known, key=lambda tenth: -tenth.documents)]
    diagonal = tag("line", x1=_x(0), y1=_y(0), x2=_x(1), y2=_y(1), class_="threshold")
    return tag("svg", tag("title", title), _frame(), diagonal, points,
               viewBox=f"0 0 {WIDTH} {HEIGHT}", class_="histogram", role="img")  # fmt: skip


def _x(value: float) -> float:
    return LEFT + min(max(value, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)


def _y(value: float) -> float:
    return HEIGHT - BOTTOM - min(max(value, 0.0), 1.0) * (HEIGHT - BOTTOM - TOP)


def _point(tenth: Tenth, most: int) -> Html:
    radius = max(LARGEST * math.sqrt(max(tenth.documents, 0) / most), SMALLEST)
    said = f"{plural(tenth.documents, 'document')}: mean score {tenth.score:.2f}, {share(tenth.positive, 1)} positive"
    return tag("circle", tag("title", said), cx=_x(tenth.score), cy=_y(tenth.positive), r=radius, class_="point")


def _frame() -> list[Html]:
    drawn = []
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        drawn.append(tag("line", x1=_x(0), x2=_x(1), y1=_y(value), y2=_y(value), class_="ground"))
        if value != 0.25 and value != 0.75:
            drawn.append(tag("text", short(value), x=_x(value), y=HEIGHT - BOTTOM + 22, text_anchor="middle"))
            drawn.append(tag("text", short(value), x=LEFT - 14, y=_y(value) + 4, text_anchor="end"))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    drawn.append(tag("text", "score", x=(LEFT + WIDTH - RIGHT) / 2, y=HEIGHT - 5, text_anchor="middle", class_="axis"))
    drawn.append(tag("text", "share that is positive", x=12, y=middle, text_anchor="middle", class_="axis",
                     transform=f"rotate(-90 12 {middle:.0f})"))  # fmt: skip
    return drawn
