"""Documents of the domain in general text are set aside, and others are not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import UserError
from corpus.progress import Silent
from tests.tokenizer.extend.bases import general_lines
from tests.tokenizer.small import documents
from tokenizer.extend.aside import set_aside
from tokenizer.extend.measure import effective, share
from tokenizer.extend.run import Asked, extend
from tokenizer.extend.texts import GeneralText, domain_text, general_text
from tokenizer.opened import open_tokenizer


def mixed(folder: Path) -> Path:
    """A file of general documents of two lines, English and Chinese in turn, and some of the domain."""
    lines = general_lines(4800)
    pairs = [f"{lines[place]}\n{lines[place + 2]}" for place in range(0, 4800, 4)]
    pairs += [f"{lines[place + 1]}\n{lines[place + 3]}" for place in range(0, 4800, 4)]
    texts = [text for both in zip(pairs[:600], pairs[1200:1800], strict=True) for text in both]
    texts = [*texts, *(row["text"] for row in documents(40, seed=9))]
    file = folder / "mixed.jsonl"
    file.write_text("\n".join(json.dumps({"text": text}) for text in texts), encoding="utf-8")
    return file


@pytest.fixture
def text(bases: dict[str, Path], corpus: Path, tmp_path: Path) -> GeneralText:
    domain = domain_text(corpus, (), 1_000_000, 0)
    general = general_text(mixed(tmp_path), domain.languages, 0)
    return set_aside(open_tokenizer(str(bases["gpt-2"])).backend, domain, general)


def test_every_document_of_the_domain_is_set_aside_and_no_other(text: GeneralText) -> None:
    theirs = {line for row in documents(40, seed=9) for line in row["text"].splitlines()}
    aside = [*text.aside.lines, *text.aside_choosing.lines]
    assert aside
    assert set(aside) <= theirs
    assert not theirs & {*text.choosing.lines, *text.judging.lines}


def test_both_languages_choose_and_judge_though_they_stand_by_turns(text: GeneralText) -> None:
    for part in (text.choosing, text.judging):
        for number in (part.names.index("en"), part.names.index("zh")):
            documents_of = part.document[part.group == number]
            assert len(documents_of) > 400
            assert 0.3 < (documents_of % 2).mean() < 0.7


def test_what_was_set_aside_is_told_beside_the_rest(bases: dict[str, Path], corpus: Path, tmp_path: Path) -> None:
    asked = Asked(str(bases["gpt-2"]), corpus, mixed(tmp_path), pieces=60)
    counts = extend(asked, tmp_path / "out", Silent()).card.counts
    for tag in ("en", "zh"):
        assert counts["general"][tag]["share"] <= 0.005
        assert counts["aside"][tag]["share"] > 0.1
        assert 1 <= counts["aside"][tag]["most"] <= counts["aside"][tag]["changed"]


def test_general_text_of_which_too_little_remains_is_refused(text: GeneralText) -> None:
    few = text.choosing.only(np.arange(len(text.choosing.lines)) < 399)
    assert text.checked(Path("mixed.jsonl")) is text
    with pytest.raises(UserError, match=r"after .* documents that are the domain's"):
        text._replace(choosing=few).checked(Path("mixed.jsonl"))


def test_an_interval_is_wider_where_lines_of_a_document_change_together() -> None:
    document = np.repeat(np.arange(100, dtype=np.int32), 20)
    spread, together = np.arange(2000) % 20 == 0, document < 5
    assert spread.sum() == together.sum() == 100
    apart, close = share(spread, document), share(together, document)
    assert apart["share"] == close["share"] == 0.05
    assert close["high"] - close["low"] > 2 * (apart["high"] - apart["low"])
    assert effective(np.array([0.0, 0.0, 20.0]), np.full(3, 20.0)) == pytest.approx(2.0)
    assert effective(np.zeros(7), np.full(7, 20.0)) == 7
