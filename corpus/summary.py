"""What the command line prints at the end of a build: the funnel as a table, and where to look next.

Reads the counts that `corpus/build.py` put into the card.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from corpus.controls import visible

if TYPE_CHECKING:
    from corpus.build import Built


def summary(built: Built, out: str) -> None:
    """Print the funnel, the tiers and the paths on standard output."""
    from rich.console import Console
    from rich.table import Table

    from corpus.learn.unread import told

    console = Console(highlight=False)
    table = Table(box=None, show_header=False, padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    for name, count, note in funnel_rows(built.card.counts):
        table.add_row(name, f"{count:,}", note)
    console.print(table)
    for line in passed_over(built.card.inputs):
        console.print(line, markup=False)
    for entry in built.card.counts.get("unread", []):
        console.print(f"  warning: {told(entry)}", style="bold", soft_wrap=True, markup=False)
    run = built.run
    state = f"built in {run['seconds']:.1f} s" if built.fresh else "already up to date, nothing to do"
    memory = f", largest worker {run['peak_worker_bytes'] / 2**20:,.0f} MiB" if built.fresh else ""
    console.print(f"\n{state}{memory}")
    tier = next(iter(built.card.counts["tiers"]), "")
    data = f"{out}/data/{tier}-*.parquet" if tier else "none: no document was kept; the report says which rules did it"
    console.print(f"  report   {out}/report.html\n  data     {data}\n  ledger   {out}/ledger/", soft_wrap=True)
    console.print(f"  one document's story:  corpus explain ID --out {out}", soft_wrap=True)


def passed_over(inputs: dict[str, dict[str, Any]]) -> list[str]:
    """A line a source for the files of its folders that are no input of its kind, so that none is left out unnamed."""
    return [
        f"  not read in {name}: "
        + ", ".join(f"{count:,} {visible(what)}" for what, count in told["passed_over"].items())
        for name, told in inputs.items()
        if told["passed_over"]
    ]


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 1e6 else f"{count / 1e3:,.1f} kB"


def funnel_rows(counts: dict[str, Any]) -> list[tuple[str, int, str]]:
    """`name, count, note` for each step of the funnel, in order; indented names are parts of the one above."""
    records, fates, documents = counts["records"], counts["documents"], sum(counts["documents"].values())
    rows = [("records read", sum(records.values()), "")]
    for outcome in ("broken", "superseded", "deleted", "duplicate", "deletion"):
        if records.get(outcome):
            note = ", ".join(f"{cause} {n:,}" for cause, n in counts["broken"].items()) if outcome == "broken" else ""
            name = "deletion notices" if outcome == "deletion" else outcome
            rows.append((f"  {name}", records[outcome], note))
    rows.append(("documents", documents, f"from {records.get('read', 0):,} standing records and older versions"))
    for fate in ("superseded", "deleted", "repeated", "broken", "retracted"):
        if fates.get(fate):
            rows.append((f"  {fate}", fates[fate], ""))
    if fates.get("dropped"):
        rules = sorted(counts["rules"].items(), key=lambda item: (-item[1], item[0]))
        more = f", and {len(rules) - 3} more rules" if len(rules) > 3 else ""
        rows.append(("  dropped", fates["dropped"], ", ".join(f"{rule} {n:,}" for rule, n in rules[:3]) + more))
    if fates.get("leaked"):
        rows.append(("  leaked", fates["leaked"], "exam items"))
    if fates.get("duplicate"):
        note = ", ".join(f"{name} {n:,}" for name, n in counts["copies"].items())
        rows.append(("  duplicate", fates["duplicate"], note))
    rows.append(("kept", fates.get("kept", 0), f"{_size(counts['kept_bytes'])} of text"))
    if counts.get("cut", {}).get("documents"):
        told = f"{_size(counts['cut']['bytes'])} of exam items taken out of them"
        rows.append(("  cut", counts["cut"]["documents"], told))
    if counts.get("holding"):
        rows.append(("  with exam items", counts["holding"], 'left in, as leaks = "keep" says'))
    for tier, splits in counts["tiers"].items():
        rows.append((f"  {tier}", sum(cell["documents"] for cell in splits.values()),
                     ", ".join(f"{split} {cell['documents']:,}" for split, cell in splits.items())))  # fmt: skip
    return rows
