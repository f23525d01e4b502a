"""Errors a user can mend, in one shape: what happened, where, and what mends it.

Raised anywhere in the toolkit, printed by the command lines, which turn them into exit code 1.
Programming errors stay ordinary exceptions: a traceback is the right message for those.
"""

from __future__ import annotations


class UserError(Exception):
    """Something the user can mend.

    Parameters: `what` happened (one sentence), `where` (file, line, key or record; may be empty),
    `mend` (the command or edit that cures it; may be empty).
    """

    def __init__(self, what: str, where: str = "", mend: str = "") -> None:
        super().__init__(what, where, mend)
        self.what = what
        self.where = where
        self.mend = mend

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.mend:
            lines.append(f"  mend:  {self.mend}")
        return "\n".join(lines)
