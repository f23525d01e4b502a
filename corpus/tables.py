"""How answers of the command line look in a terminal: changes, alike documents, classifiers.

Called by `corpus/cli.py` with what `corpus/changes.py`, `corpus/similar.py` and `corpus/quality.py` found. The summary
of a build is in `corpus/summary.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from corpus.controls import visible

if TYPE_CHECKING:
    from corpus.changes import Changes
    from corpus.similar import Alike

TITLE = 70  # characters


def show_changes(found: Changes) -> None:
    """By source and tier, then a few documents of each kind of change."""
    console = Console(highlight=False, soft_wrap=True)
    rows = [row for row in found.table.iter_rows(named=True) if row["documents_gained"] or row["documents_lost"]]
    if not rows and not found.kinds:
        console.print(f"nothing changes: {found.table['documents_before'].sum():,} documents are kept, the same ones")
        return
    table = Table(box=None, padding=(0, 1), header_style="dim", pad_edge=False)
    for name in ("source", "tier"):
        table.add_column(name, overflow="fold")
    for name in ("documents", "gained", "lost", "characters", "gained", "lost"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(visible(row["source"]), visible(row["tier"]), *_counts(row))
    whole = {name: found.table[name].sum() for name in found.table.columns if name not in ("source", "tier")}
    table.add_row("all", "", *_counts(whole), style="bold")
    console.print(table)
    if len(rows) < found.table.height:
        console.print(f"  {found.table.height - len(rows)} more sources and tiers stay as they are", style="dim")
    if any(found.splits.values()):
        out, back = found.splits["held_out_to_train"], found.splits["train_to_held_out"]
        console.print(f"held-out split: {out:,} went from held out to train, {back:,} from train to held out")
    for kind, number in found.kinds.items():
        console.print(f"\n{kind}: {number:,}", style="bold")
        for sample in map(visible, found.samples.filter(kind=kind).iter_rows(named=True)):
            console.print(f"  {sample['id']}  {_cut(sample['title'])}\n      {sample['before']}  →  {sample['after']}",
                          markup=False)  # fmt: skip


def _counts(row: dict[str, Any]) -> list[str]:
    """Documents and characters as they are afterwards, what is new among them, and what is gone."""
    shown = []
    for what, spell in (("documents", "{:,}".format), ("characters", _short)):
        gained, lost = row[f"{what}_gained"], row[f"{what}_lost"]
        shown += [spell(row[f"{what}_after"]), f"+{spell(gained)}" if gained else "", f"-{spell(lost)}" if lost else ""]
    return shown


def _short(number: int) -> str:
    """1,234 as it is, 12.3 k, 4.56 M."""
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (10_000, "k")):
        if number >= size:
            return f"{number / (1000 if unit == 'k' else size):,.1f} {unit}"
    return f"{number:,}"


def show_alike(found: Sequence[Alike]) -> None:
    """The documents, the most alike first."""
    console = Console(highlight=False, soft_wrap=True)
    if not found:
        console.print("no document of this corpus has anything in common with the text")
        return
    for one in found:
        one = one._replace(**visible(one._asdict()))
        shown = f"{one.jaccard:.3f}" if one.jaccard is not None else f"~{one.estimate:.2f}"
        inside = f", {one.contained:.0%} of the text is in it" if one.contained is not None else ""
        console.print(f"{shown:>6}  {one.id}  ({' '.join(filter(None, (one.fate, one.tier)))}{inside})", markup=False)
        if one.title:
            console.print(f"        {_cut(one.title)}", markup=False)
        if one.evidence:
            console.print(f"        {one.veto or 'differs'}: {one.evidence}", markup=False, style="dim")
    if any(one.jaccard is None for one in found):
        console.print("~ estimated from sketches: the folder does not hold the text of what was not kept", style="dim")


def show_classifiers(told: Sequence[dict[str, Any]], out: str) -> None:
    """What each classifier is worth, and where they lie."""
    console = Console(highlight=False, soft_wrap=True)
    table = Table(box=None, padding=(0, 1), header_style="dim", pad_edge=False)  # 80 columns have to do
    for name in ("task", "language"):
        table.add_column(name, no_wrap=True)
    for name in ("trained on", "held back", "AUC", "95 % interval", "calibration\nerror"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in map(visible, told):
        parts = {part: sum(label["documents"].get(part, 0) for label in one["labels"]) for part in ("train", "test")}
        area = one["auc"]
        table.add_row(one["task"], one["language"], f"{parts['train']:,}", f"{parts['test']:,}", f"{area['value']:.4f}",
                      f"{area['low']:.4f}–{area['high']:.4f}", f"{one['calibration_error']:.3f}")  # fmt: skip
    console.print(table)
    console.print(f'\n  to use them:  [annotate.learned] models = "{out}"', markup=False)


def _cut(text: str | None) -> str:
    text = " ".join((text or "").split())
    return text if len(text) <= TITLE else text[: TITLE - 1] + "…"
