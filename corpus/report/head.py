"""The head of a page: style, and the policy that lets a page load nothing and run nothing.

Used by the report of a build (`corpus/report/page.py`) and by every other page of the house.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from corpus.report.html import Html, tag

STYLE = Path(__file__).with_name("style.css")


def head(title: str, *more: Path) -> Html:
    """The `<head>` of a page in the house's style, with more style sheets after it."""
    style = Html("".join(path.read_text(encoding="utf-8") for path in (STYLE, *more)))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return tag(
        "head", tag("meta", charset="utf-8"), tag("meta", http_equiv="Content-Security-Policy", content=Html(policy)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"), tag("meta", name="color-scheme", content="light dark"),
        tag("title", title), tag("style", style),
    )  # fmt: skip
