"""`tokenizer show`: pieces, ids and bytes in the terminal, in colour and without.

Registered by `tokenizer/cli.py`; the pieces come from `tokenizer/show.py`. Every piece stands between two bars, so that
a pipe, a file and NO_COLOR lose nothing but colour. Below the text in pieces stands a table: one line a piece.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corpus.controls import visible
from corpus.terminal import print_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from tokenizer.cut import Piece
    from tokenizer.show import Shown

COLOURS = ("black on cyan", "black on yellow", "black on green", "black on magenta")
ROWS = 60  # pieces in the table; the line of pieces and --json have more


def show(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The text, or - for standard input.")],
    tokenizer: Annotated[
        list[str] | None, typer.Option(metavar="NAME_OR_DIR", help="A tokenizer; may be given several times.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")] = False,
) -> None:
    """Show a text in the pieces of a tokenizer, with ids and bytes.

    \b
    tokenizer show "Diabetes mellitus, 糖尿病"
    tokenizer show - --tokenizer ours --tokenizer theirs < page.txt
    """
    from tokenizer.opened import usable
    from tokenizer.show import clean, default_tokenizer
    from tokenizer.show import show as look

    cleaned = clean(_standard_input() if text == "-" else text)
    with usable():
        found = look(cleaned.text, tokenizer or [default_tokenizer(Path())])
    if as_json:
        told = {"text": cleaned.text, "surrogates": cleaned.surrogates, "tokenizers": [_told(one) for one in found]}
        print_json(told)
        return
    from rich.console import Console

    console = Console(highlight=False)
    if cleaned.surrogates:
        what = "code unit is" if cleaned.surrogates == 1 else "code units are"
        console.print(f"{cleaned.surrogates:,} {what} no character (a lone surrogate, or a byte that is no UTF-8): "
                      "U+FFFD stands in the place.", style="bold", soft_wrap=True)  # fmt: skip
    for one in found:
        _draw(one, cleaned.text, console)


def _standard_input() -> str:
    from corpus.errors import UserError
    from tokenizer.show import LONGEST

    raw = sys.stdin.buffer.read(LONGEST + 1)
    if len(raw) > LONGEST:
        raise UserError(f"The text is too long to show: more than {LONGEST >> 20} MiB.", mend="give a part of it")
    return raw.decode("utf-8", "surrogateescape")


def _told(one: Shown) -> dict[str, Any]:
    pieces = [{"id": piece.id, "piece": piece.name, "bytes": None if piece.raw is None else piece.raw.hex(" "),
               "start": piece.start, "end": piece.end} for piece in one.pieces]  # fmt: skip
    return {"name": one.name, "vocabulary": one.size, "tokens": one.tokens, "given_back": one.back, "pieces": pieces}


def _draw(one: Shown, text: str, console: Console) -> None:
    from rich.text import Text

    size = len(text.encode())
    rate = f", {size / one.tokens:.2f} bytes a token" if one.tokens else ""
    console.print()
    console.print(f"{visible(one.name)}: {one.tokens:,} tokens for {len(text):,} characters{rate}", style="bold",
                  markup=False, soft_wrap=True)  # fmt: skip
    if not one.back:
        console.print("decoding does not give this text back exactly", style="dim")
    if not one.tokens:
        return
    line = Text("|")
    for number, piece in enumerate(one.pieces):
        line.append(spelt(piece), COLOURS[number % len(COLOURS)]).append("|")
    console.print(line, soft_wrap=not console.is_terminal)
    if one.tokens > len(one.pieces):
        console.print(f"these are the first {len(one.pieces):,} of {one.tokens:,} pieces", style="dim")
    console.print(_table(one.pieces[:ROWS], text))
    if len(one.pieces) > ROWS:
        console.print(f"the table shows the first {ROWS} pieces; --json has more", style="dim")


def spelt(piece: Piece) -> str:
    """A piece as it is shown: spaces as ␣, controls as their pictures, bytes that are no whole character as <E7>."""
    from tokenizer.cut import segments

    if piece.raw is None:
        return visible(piece.name)
    parts = [_bytes(part) if isinstance(part, bytes) else _visible(part) for part in segments(piece.raw)]
    return "".join(parts)


def _bytes(raw: bytes) -> str:
    return "".join(f"<{byte:02X}>" for byte in raw)


def _visible(text: str) -> str:
    """Text without anything that a terminal would not show in its place: a combining mark gets a circle to stand on."""
    import unicodedata

    shown = visible(text).replace(" ", "␣")
    if shown and unicodedata.combining(shown[0]):
        shown = "◌" + shown
    return "".join(
        f"[U+{ord(each):04X}]" if unicodedata.category(each) in ("Cf", "Zl", "Zp") else each for each in shown
    )


def _table(pieces: Sequence[Piece], text: str) -> object:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("id", justify="right", no_wrap=True)
    table.add_column("piece", overflow="fold")
    table.add_column("bytes", overflow="fold")
    table.add_column("stands for", overflow="fold", style="dim")
    for number, piece in enumerate(pieces):
        raw = "unknown or special" if piece.raw is None else piece.raw.hex(" ").upper()
        stands = _visible(text[piece.start : piece.end])
        shown: Text = Text(spelt(piece), COLOURS[number % len(COLOURS)])
        table.add_row(str(piece.id), shown, raw, Text("" if stands == spelt(piece) else stands))
    return table
