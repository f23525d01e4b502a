"""The funnel as a flow drawing: what came in at the left, what became of it in bands whose widths are the counts.

A Sankey diagram of four columns: entries read, what became of them, the fates of the documents that stood, and tiers or
rules. Records and documents are different units (one record may give two documents): each is drawn at one scale, and
the band between them changes its width. Counts come from the card; the section is `corpus/report/funnel.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from corpus.report.html import Html, tag
from corpus.report.wording import count, cut, share

WIDTH, NODE = 1000, 13
COLUMNS = (0, 245, 490, 706)
HEADS = ("entries read", "what became of them", "documents", "tiers, first broken rules, copies")
BODY = 300  # height of the larger of all entries and all documents, in units of the drawing
LINE = 20  # least distance between the middles of two labels
GAP = 9


class Node(NamedTuple):
    """A block: CSS class, label, its count, and the count that its share is told of."""

    kind: str
    label: str
    value: int
    whole: int


class Placed(NamedTuple):
    """A node with its column, its top and its height in the drawing."""

    node: Node
    column: int
    top: float
    height: float

    @property
    def x(self) -> float:
        return COLUMNS[self.column]


class Flow(NamedTuple):
    """The four columns: all entries; outcomes, `read` first; fates, `kept` first; ends, in groups by the fate they
    belong to."""

    entries: Node
    outcomes: Sequence[Node]
    fates: Sequence[Node]
    ends: Sequence[tuple[str, Sequence[Node]]]  # by the label of the fate


def draw(flow: Flow, title: str) -> Html:
    """The drawing as SVG, with a title for screen readers."""
    scale = BODY / max(flow.entries.value, sum(node.value for node in flow.fates), 1)
    source = Placed(flow.entries, 0, 26, flow.entries.value * scale)
    outcomes = _stack(flow.outcomes, 1, scale)
    fates = _stack(flow.fates, 2, scale)
    ends = _stack([node for _, nodes in flow.ends for node in nodes], 3, scale)
    bands = _bands(source, outcomes, [node.height for node in outcomes])
    if outcomes and flow.fates:
        total = sum(node.height for node in fates) or 1
        bands += _bands(outcomes[0], fates, [node.height * outcomes[0].height / total for node in fates])
    start = 0
    for label, nodes in flow.ends:
        origin = next(node for node in fates if node.node.label == label)
        group = ends[start : start + len(nodes)]
        bands += _bands(origin, group, [node.height for node in group])
        start += len(nodes)
    placed = [source, *outcomes, *fates, *ends]
    height = max(node.top + max(node.height, LINE) for node in placed) + 8
    heads = [tag("text", text, x=x, y=12, class_="head") for x, text in zip(COLUMNS, HEADS, strict=True)]
    return tag(
        "svg", tag("title", title), bands, [_block(node) for node in placed], heads, [_label(node) for node in placed],
        viewBox=f"0 0 {WIDTH} {height:.0f}", class_="flow", role="img",
    )  # fmt: skip


def _stack(nodes: Sequence[Node], column: int, scale: float) -> list[Placed]:
    """Nodes from the top down, far enough apart for their labels."""
    placed: list[Placed] = []
    top, middle = 26.0, -LINE
    for node in nodes:
        height = max(node.value * scale, 1.5)
        top = max(top, middle + LINE - height / 2)
        placed.append(Placed(node, column, top, height))
        middle = int(top + height / 2 + 0.5)
        top += height + GAP
    return placed


def _bands(origin: Placed, targets: Sequence[Placed], widths: Sequence[float]) -> list[Html]:
    """Bands from one node to each target, leaving it one below the other."""
    bands, at = [], origin.top
    for target, width in zip(targets, widths, strict=True):
        bands.append(_band((origin.x + NODE, at, width), (target.x, target.top, target.height), target.node))
        at += width
    return bands


def _band(start: tuple[float, float, float], end: tuple[float, float, float], node: Node) -> Html:
    """A band between two vertical edges, each given as x, top and height."""
    (x0, y0, h0), (x1, y1, h1) = start, end
    middle = (x0 + x1) / 2
    path = (
        f"M{x0:.1f} {y0:.1f}C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}V{y1 + h1:.1f}"
        f"C{middle:.1f} {y1 + h1:.1f} {middle:.1f} {y0 + h0:.1f} {x0:.1f} {y0 + h0:.1f}Z"
    )
    return tag("path", d=path, class_=f"band {node.kind}")


def _block(placed: Placed) -> Html:
    told = tag("title", f"{placed.node.label}: {count(placed.node.value)}")
    return tag("rect", told, x=placed.x, y=placed.top, width=NODE, height=placed.height, class_=placed.node.kind)


def _label(placed: Placed) -> Html:
    """Name and count to the right of a node; on two lines where the node is tall enough."""
    node, x, middle = placed.node, placed.x + NODE + 7, placed.top + placed.height / 2
    numbers = count(node.value) + (f" · {share(node.value, node.whole)}" if node.whole != node.value else "")
    name = cut(node.label, 26)
    if placed.height >= 2 * LINE:
        lines = [tag("tspan", name, x=x, dy="-0.25em", class_="name"), tag("tspan", numbers, x=x, dy="1.3em")]
        return tag("text", lines, x=x, y=middle)
    return tag("text", tag("tspan", name, class_="name"), " ", tag("tspan", numbers), x=x, y=middle, dy="0.35em")
