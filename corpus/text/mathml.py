"""MathML on one line: fractions as `a/b`, powers as `x^2`, indices as `x_i`, roots as `√(x+1)`.

Called by `corpus/text/markup.py` for each `math` element of PubMed and JATS. The aim is a formula that a person
reads aloud correctly and whose numbers cannot merge, not one that could be typeset again: brackets are
added wherever the line would otherwise group differently than the page did, and only there. Unlike in prose (`C0`), an
index in a formula always takes `_` (`C_0`): there a letter and a digit side by side are a product.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from html.entities import html5
from typing import Any

from lxml import etree

MAX_DEPTH = 150  # levels of nesting; what is deeper is read as plain text

_ATOM = re.compile(r"[^\W_]+(?:[.,]\d+)?\Z|[^\w\s]\Z")  # one number, one name or one sign
_POWERED = re.compile(r"[^\W_]+(?:[.,]\d+)?(?:[\^_][^\W_]+)*\Z")
_INVISIBLE = dict.fromkeys(map(ord, "\u2061\u2062\u2063\u2064\u200b\ufeff"))
_RELATIONS = frozenset("=<>≤≥≠≈≃≅≡∼~∝≪≫⩽⩾→←↔⇒⇔⟶⇌∈∉⊂⊆∪∩±∓×⋅·÷∗")
_SIGNS = frozenset("+-−–")
_CLOSERS = frozenset(":,;.)]}")
_LARGE = frozenset("∑∏∫√")
_OPENERS = frozenset("([{|,;:/^_√")
_ACCENTS = {
    "¯": "\u0304", "‾": "\u0304", "―": "\u0304", "_": "\u0304", "ˉ": "\u0304", "^": "\u0302", "ˆ": "\u0302",
    "~": "\u0303", "˜": "\u0303", "∼": "\u0303", "˙": "\u0307", ".": "\u0307", "¨": "\u0308", "→": "\u20d7",
    "⃗": "\u20d7",
}  # fmt: skip


def math_text(element: Any, depth: int = 0) -> str:
    """The formula below a MathML element (`math` or any other, namespaced or not) as one line of text."""
    if depth > MAX_DEPTH:
        return " ".join("".join(element.itertext(etree.Element)).split())
    rule = _RULES.get(_name(element))
    if rule is not None:
        return rule([math_text(child, depth + 1) for child in _elements(element)], element)
    return _row(element, depth)


def _name(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _elements(element: Any) -> list[Any]:
    return [child for child in element if isinstance(child.tag, str)]


def _row(element: Any, depth: int) -> str:
    """Tokens and groups side by side: signs and relations get air, one-letter names are written as one word."""
    out = _leaf(element) if not len(element) else ""
    previous = ""
    for child in _elements(element):
        piece = math_text(child, depth + 1)
        kind = _name(child)
        if kind == "mspace":
            piece = " "
        if not piece:
            continue
        if kind == "mo":
            out = out.rstrip() if piece in _CLOSERS else out
            piece = _operator(piece, out)
        elif previous and kind != "mspace" and _needs_space(out, piece, previous, kind):
            piece = " " + piece
        out += piece
        previous = kind
    return " ".join(out.split()) if depth == 0 else out


def _leaf(element: Any) -> str:
    text = "".join(
        html5.get(part[1:], part) if part.startswith("&") and part.endswith(";") else part
        for part in element.itertext(etree.Element, etree.Entity)
    )
    return " ".join(text.translate(_INVISIBLE).split())


def _operator(sign: str, before: str) -> str:
    if sign in _RELATIONS:
        return f" {sign} "
    if sign in _SIGNS:  # a sign at the start or behind another operator belongs to the number that follows
        last = before.rstrip()[-1:]
        return sign if not last or last in _OPENERS or last in _RELATIONS or last in _SIGNS else f" {sign} "
    return sign + " " if sign in (",", ";") else sign


def _needs_space(out: str, piece: str, previous: str, kind: str) -> bool:
    left, right = out[-1:], piece[:1]
    if right in _LARGE:
        return left.isalnum() or left in ")]"
    if previous == kind == "mi" and len(piece) == 1:  # authors spell words letter by letter
        return False
    return (left.isalnum() or left in ")]") and right.isalnum() and not (previous == "mn" and kind == "mi")


def _leaf_rule(_: list[str], element: Any) -> str:
    return _leaf(element)


def _text_rule(_: list[str], element: Any) -> str:
    text = _leaf(element)
    return f" {text} " if len(text) > 1 else text


def bracketed(text: str, atom: re.Pattern[str] = _ATOM) -> str:
    """The text, in brackets unless it is a single number, name or sign."""
    text = text.strip()
    return text if atom.match(text) or _is_bracketed(text) else f"({text})"


def _is_bracketed(text: str) -> bool:
    """Whether the first bracket closes at the very end: `(a+b)` but not `(a)+(b)`."""
    if not (text.startswith("(") and text.endswith(")")):
        return False
    level = 0
    for index, character in enumerate(text):
        level += (character == "(") - (character == ")")
        if level == 0:
            return index == len(text) - 1
    return False


def _part(parts: list[str], index: int) -> str:
    return parts[index].strip() if index < len(parts) else ""


def _base(text: str) -> str:
    return bracketed(text) if text else ""


def _script(mark: str, text: str) -> str:
    if not text:
        return ""
    if re.match(r"[+\-−–]?[^\W_]+(?:[.,]\d+)?\Z|[^\w\s(]\Z", text):
        return mark + text
    return mark + bracketed(text)


def _fraction(parts: list[str], _: Any) -> str:
    top, bottom = _part(parts, 0), _part(parts, 1)
    return f"{bracketed(top, _POWERED)}/{bracketed(bottom, _POWERED)}"


def _sup(parts: list[str], _: Any) -> str:
    return _base(_part(parts, 0)) + _script("^", _part(parts, 1))


def _sub(parts: list[str], _: Any) -> str:
    return _base(_part(parts, 0)) + _script("_", _part(parts, 1))


def _subsup(parts: list[str], _: Any) -> str:
    return _sub(parts[:2], None) + _script("^", _part(parts, 2))


def _over(parts: list[str], _: Any) -> str:
    base, mark = _part(parts, 0), _part(parts, 1)
    if len(base) == 1 and mark in _ACCENTS:
        return unicodedata.normalize("NFC", base + _ACCENTS[mark])
    if mark in _ACCENTS or mark in ("⏞", "︷"):  # a bar over a group: named by what it covers
        return base
    return _base(base) + _script("^", mark)


def _square_root(parts: list[str], element: Any) -> str:
    inside = _row_of(parts) if parts else _leaf(element)
    return "√" + bracketed(inside)


def _root(parts: list[str], _: Any) -> str:
    return f"{_base(_part(parts, 0))}^(1/{bracketed(_part(parts, 1))})"


def _row_of(parts: list[str]) -> str:
    """`msqrt` holds its row without an `mrow`; the parts are already text."""
    out = ""
    for part in parts:
        gap = out[-1:].isalnum() and part[:1].isalnum()
        sign = part in _RELATIONS or (part in _SIGNS and out)
        out += f" {part} " if sign else f" {part}" if gap else part
    return out.strip()


def _fenced(parts: list[str], element: Any) -> str:
    separator = (element.get("separators", ",").strip() or " ")[:1]
    joint = separator + " " if separator in ",;" else separator
    return f"{element.get('open', '(')}{joint.join(part.strip() for part in parts)}{element.get('close', ')')}"


def _first(parts: list[str], _: Any) -> str:
    return _part(parts, 0)


def _nothing(_: list[str], __: Any) -> str:
    return ""


def _table(parts: list[str], _: Any) -> str:
    return "; ".join(part.strip() for part in parts if part.strip())


def _table_row(parts: list[str], _: Any) -> str:
    return ", ".join(part.strip() for part in parts if part.strip())


def _multiscripts(parts: list[str], element: Any) -> str:
    """Isotopes and tensors: `14C` from a prescript, indices behind the base as elsewhere."""
    names = [_name(child) for child in _elements(element)]
    cut = names.index("mprescripts") if "mprescripts" in names else len(parts)
    before, after = parts[cut + 1 :], parts[1:cut]
    lead = "".join(part.strip() for part in before[1::2] + before[0::2])
    tail = "".join(_script("_" if index % 2 == 0 else "^", part.strip()) for index, part in enumerate(after))
    return lead + _part(parts, 0) + tail


_RULES: dict[str, Callable[[list[str], Any], str]] = {
    "mi": _leaf_rule,
    "mn": _leaf_rule,
    "mo": _leaf_rule,
    "ms": _leaf_rule,
    "mtext": _text_rule,
    "mfrac": _fraction,
    "msup": _sup,
    "msub": _sub,
    "msubsup": _subsup,
    "munder": _sub,
    "mover": _over,
    "munderover": _subsup,
    "msqrt": _square_root,
    "mroot": _root,
    "mfenced": _fenced,
    "mtable": _table,
    "mtr": _table_row,
    "mlabeledtr": _table_row,
    "mmultiscripts": _multiscripts,
    "semantics": _first,
    "maction": _first,
    "annotation": _nothing,
    "annotation-xml": _nothing,
    "none": _nothing,
    "mprescripts": _nothing,
    "mphantom": _nothing,
    "mspace": _nothing,
}
