"""What `corpus similar` is asked with: a text, or the file that holds one.

Comes from the command line, goes as text to `corpus/similar.py`. What looks like a path and leads nowhere is refused: a
name compared as if it were a text would be answered with "nothing is like it", which is wrong and looks right.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from corpus.errors import UserError
from corpus.text.decode import Undecodable, decode

LARGEST = 32 << 20  # bytes of a file
SUFFIXES = (".txt", ".text", ".md", ".html", ".htm", ".xml")
_PROSE = re.compile("[，。；：、？！]")  # Chinese has no spaces to tell a sentence by


def asked_text(asked: str) -> str:
    """The text itself, or that of the file of this name. Raises `UserError` for a file that is missing, no file, too
    large or no text."""
    path = Path(asked)
    try:
        here, folder = path.is_file(), path.is_dir()
    except (OSError, ValueError):  # too long, or otherwise no name of a file
        here = folder = False
    if folder:
        raise UserError("That is a folder, and a document is one text.", asked, "give a file in it, or a text")
    if here:
        return _read(path)
    if looks_like_a_path(asked):
        raise UserError("There is no such file.", asked, "correct the path; words that only look like one can be "
                        "given in a file, or with a space among them")  # fmt: skip
    return asked


def looks_like_a_path(asked: str) -> bool:
    """Whether somebody meant a file: `notes/page`, `page.txt`, `my notes/page 1.txt`, and not `5 mg/kg of weight`."""
    named, parted = asked.lower().endswith(SUFFIXES), os.sep in asked
    word = not re.search(r"\s", asked) and not _PROSE.search(asked)
    return (named and (parted or word)) or (parted and word)


def _read(path: Path) -> str:
    if path.stat().st_size > LARGEST:
        raise UserError(f"The file is larger than {LARGEST >> 20} MiB.", str(path), "give one document")
    try:
        return decode(path.read_bytes()).text
    except Undecodable as error:
        raise UserError(f"The file is no text: {error}.", str(path), "give a text file, or the text itself") from None
