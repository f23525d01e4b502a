"""A place in a stream of JSON text, from which one value at a time is read with bounded memory.

`table_json.py` walks with it over arrays and objects of any size. The standard library's decoder does the reading: it
is asked again with twice the text when a value is not yet complete, so that each character is looked at a few times.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_SPACE = re.compile(r"[ \t\r\n\ufeff]*")
_TOKEN = re.compile(r'\\.|["\[\]{},]', re.DOTALL)
PIECE = 1 << 15  # characters held beyond what a value needs: the decoder counts the lines before each fault it tells
_NEAR = 16  # characters: a fault so close to the end of what is known may be one of what is not known yet
_DECODER = json.JSONDecoder(strict=False, parse_constant=lambda _: None)


class BadValue(Exception):
    """Not JSON, or too large: `cause` and `detail` as in `Broken`."""

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(cause, detail)
        self.cause = cause
        self.detail = detail


def _failing(error: Exception) -> Iterator[str]:
    yield from ()
    raise error


class Cursor:
    """Reads values from `parts` one after the other, none larger than `limit` bytes (or, not to encode each value
    to measure it, as many characters)."""

    def __init__(self, parts: Iterator[str], limit: int) -> None:
        self._parts = parts
        self._waiting: list[tuple[str, int]] = []  # text behind _text and from where on, what comes first as the last
        self._limit = limit
        self._text = ""
        self._at = 0
        # The line of the character `_counted`, and where it starts; negative: before the first character of _text.
        self._line, self._line_start, self._counted = 1, 0, 0

    def peek(self) -> str:
        """The next character that is not space, "" at the end of the text."""
        while True:
            found = _SPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, character: str) -> None:
        """Step over this character. Raises `BadValue` if it is not the next."""
        found = self.peek()
        if found != character:
            there = f"{found!r} stands" if found else "the text ends"
            raise BadValue(
                "json-syntax", f"{self.place()}: {there} where {character!r} is expected; no way on from here"
            )
        self._at += 1

    def value(self) -> Any:
        """The next value. Raises `BadValue`, and stays before it, if it is none or too large."""
        self.peek()
        while True:
            known = len(self._text) - self._at
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._complete(error) or (known <= self._limit and not self._grow(known)):
                    raise BadValue("json-syntax", f"{self.place(error.pos)}: {error.msg}") from None
            except RecursionError:
                raise BadValue("json-syntax", f"{self.place()}: nested too deeply") from None
            except ValueError as error:
                raise BadValue("json-syntax", f"{self.place()}: {error}") from None
            else:
                # "1", "1." and "1e+" may go on as numbers behind what is known; nothing else that is complete can.
                settled = len(self._text) - end >= 3 or not isinstance(value, int | float)
                if end - self._at <= self._limit and (settled or not self._grow(known)):
                    self._at = end
                    self._put_back()
                    return value
            if known > self._limit:
                detail = f"{self.place()}: more than {self._limit:,} bytes (max_record_bytes)"
                raise BadValue("oversize", detail)

    def skip(self) -> str:
        """Step over a value that cannot be read, by its brackets and quotes; says up to where."""
        self.peek()
        depth, quoted = 0, False
        while True:
            end = self._at
            for token in _TOKEN.finditer(self._text, self._at):
                character = token[0]
                end = token.end()
                if character == '"':
                    quoted = not quoted
                elif quoted or character[0] == "\\":
                    continue
                elif character in "[{":
                    depth += 1
                elif depth == 0:  # a comma or bracket of what is around the value
                    self._at = token.start()
                    return f"; passed over up to {self.place()}"
                elif character in "]}":
                    depth -= 1
                if depth == 0 and not quoted and character in '"]}':
                    self._at = end
                    return f"; passed over up to {self.place()}"
            # A backslash at the very end belongs to the character that comes next.
            self._at = end if self._text.endswith("\\") else len(self._text)
            if not self._more():
                self._at = len(self._text)
                return "; passed over up to the end"

    def place(self, at: int = -1) -> str:
        """Line and column of a character of the text at hand, both from 1; without `at`, of the next one."""
        self._count()
        at = self._at if at < 0 else at
        lines = self._text.count("\n", self._at, at)
        start = self._text.rfind("\n", self._at, at) + 1 if lines else self._line_start
        return f"line {self._line + lines:,}, column {at - start + 1:,}"

    def _count(self) -> None:
        """Bring the count of lines up to here; no character is counted twice."""
        if lines := self._text.count("\n", self._counted, self._at):
            self._line += lines
            self._line_start = self._text.rfind("\n", self._counted, self._at) + 1
        self._counted = self._at

    def _complete(self, error: json.JSONDecodeError) -> bool:
        """Is this fault certain, whatever follows the text at hand?"""
        return error.pos < len(self._text) - _NEAR and not error.msg.startswith("Unterminated string")

    def _grow(self, size: int) -> bool:
        """Have about `size` characters more, if there are any."""
        return self._more(max(size, PIECE))

    def _more(self, size: int = PIECE) -> bool:
        """Let go of what was read and append about `size` characters; if there are none, nothing moves."""
        new = list[str]()
        try:
            while size > 0 and (part := self._part(size)):
                new.append(part)
                size -= len(part)
        except Exception as error:  # a damaged stream: what came before is read first
            if not new:
                raise
            self._parts = _failing(error)
        if not new:
            return False
        self._count()
        self._text = "".join((self._text[self._at :], *new))
        self._line_start -= self._at
        self._at = self._counted = 0
        return True

    def _part(self, size: int) -> str:
        """The next characters behind the text at hand, at most `size`; "" at the end."""
        text, start = self._waiting.pop() if self._waiting else (next((part for part in self._parts if part), ""), 0)
        if len(text) - start > size:
            self._waiting.append((text, start + size))
        return text[start : start + size]

    def _put_back(self) -> None:
        """Behind a large value, do not hold on to all that was read to find its end."""
        end = self._at + PIECE
        if len(self._text) - end > PIECE:
            self._waiting.append((self._text[end:], 0))
            self._text = self._text[:end]
