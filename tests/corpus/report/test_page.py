"""The page as a whole: self-contained, harmless whatever the documents hold, bounded in size, the same every time."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from corpus.card import read_card
from corpus.errors import UserError
from corpus.report import page as page_module
from corpus.report.head import STYLE
from corpus.report.page import SECTIONS, write_report
from corpus.report.wording import FATES
from tests.corpus.report.made import HOSTILE, RECIPE, Row, documents, make
from tests.corpus.report.test_html import Reader

MOST_BYTES = 2_000_000
LOADING = {
    "script",
    "img",
    "link",
    "iframe",
    "object",
    "embed",
    "video",
    "audio",
    "form",
    "base",
    "foreignobject",
    "use",
}


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return documents(1500)


@pytest.fixture(scope="module")
def text(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_report(make(tmp_path_factory.mktemp("made"), rows)).read_text(encoding="utf-8")


def test_every_section_is_there_with_its_heading_and_the_contents_lead_to_it(text: str) -> None:
    for section in SECTIONS:
        assert f'id="{section.anchor}"><h2>{section.heading}</h2>' in text
        assert f'href="#{section.anchor}"' in text


def test_the_page_loads_nothing_and_its_policy_forbids_what_it_does_not_need(text: str) -> None:
    read = Reader(text)
    assert not {name for name, _ in read.tags} & LOADING
    for name, attributes in read.tags:
        assert not any(key.startswith("on") or key in ("src", "style", "srcset") for key in attributes), (
            name,
            attributes,
        )
        assert (attributes.get("href") or "#").startswith("#")
    policy = next(dict(a)["content"] for n, a in read.tags if dict(a).get("http-equiv") == "Content-Security-Policy")
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert f"style-src 'sha256-{digest}'" in policy
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_hostile_documents_change_no_element_of_the_page(rows: list[Row], tmp_path: Path) -> None:
    tame = _poisoned(rows, "x")
    wild = _poisoned(rows, HOSTILE)
    names = ("tame", "wild")
    pages = [
        write_report(_made(tmp_path / name, some)).read_text("utf-8")
        for name, some in zip(names, (tame, wild), strict=True)
    ]
    elements = [[(name, sorted(attributes)) for name, attributes in Reader(page).tags] for page in pages]
    assert [name for name, _ in elements[0]].count("article") > 10
    assert [e for e in elements[1] if e[0] != "div"] == [e for e in elements[0] if e[0] != "div"]
    assert "<script" not in pages[1]
    assert "&lt;script&gt;" in pages[1]
    assert "\u202e" not in pages[1]
    assert "\x00" not in pages[1]


def _poisoned(rows: list[Row], poison: str) -> list[Row]:
    poisoned = [dict(row) for row in rows]
    for row in poisoned:
        row.update(title=poison, excerpt=poison, value=poison if row["value"] else None, **{"evidence.level": poison})
        row.update({"language": poison, "language.tag": poison, "document.licence": poison, "id": row["id"] + poison})
        copy = row["fate"] == "duplicate"
        row["other"] = row["other"] + poison if copy else poison if row["other"] else None
    return poisoned


def _made(folder: Path, rows: list[Row]) -> Path:
    poison = str(rows[0]["title"])
    return make(folder, rows, broken=[{"place": poison, "cause": poison, "detail": poison}] * 3, said=poison)


def test_the_same_folder_gives_the_same_page_and_only_the_footer_tells_of_the_run(
    rows: list[Row], tmp_path: Path
) -> None:
    folder = make(tmp_path, rows)
    first = write_report(folder).read_text("utf-8")
    assert write_report(folder).read_text("utf-8") == first
    (folder / "run.json").write_text(json.dumps({"workers": 7, "seconds": 99.0}))
    other = write_report(folder).read_text("utf-8")
    assert other != first
    assert other.split("<footer>")[0] == first.split("<footer>")[0]
    (folder / "run.json").unlink()
    assert "No run.json" in write_report(folder).read_text("utf-8")


def test_the_report_does_not_depend_on_how_the_files_were_cut(rows: list[Row], tmp_path: Path, text: str) -> None:
    folder = make(tmp_path, rows)
    for name in ("ledger/documents", "facts/facts"):
        files = sorted(folder.glob(f"{name}-*.parquet"))
        whole = pl.concat([pl.read_parquet(path) for path in files])
        for path in files:
            path.unlink()
        for number, start in enumerate(range(0, whole.height, 211)):
            whole[start : start + 211].write_parquet(folder / f"{name}-{number:05d}.parquet")
    assert write_report(folder).read_text("utf-8") == text


def test_numbers_in_the_rules_table_are_those_of_the_ledger(rows: list[Row], text: str) -> None:
    judged = [row for row in rows if row["fate"] != "superseded"]
    spoken = sum(row["language"] == "en" for row in judged)
    broke = sum(any(entry["rule"] == "en-words-min" for entry in row["broken"]) for row in judged)
    first = sum(row["fate"] == "dropped" and row["rule"] == "en-words-min" for row in judged)
    told = re.search(r"<code>en-words-min</code>.*?</tr>", text[text.index('id="rules"') :])
    assert told is not None
    numbers = re.findall(r'<td class="n">([\d,]+)</td>', told[0])
    assert numbers == [f"{number:,}" for number in (spoken, broke, first)]


def test_a_dropped_sample_is_shown_with_signal_value_rule_and_demand(text: str) -> None:
    sample = (
        r"<code>english.words</code> is <strong>\d+</strong>, <code>en-words-min</code> demands <strong>≥\s40</strong>"
    )
    assert re.search(sample, text)


def test_a_broken_entry_is_shown_with_its_place_and_cause(text: str) -> None:
    assert "<code>truncated-gzip</code>" in text
    assert "pubmed/cut.xml.gz#7" in text


def test_copies_are_a_tile_a_branch_of_the_funnel_and_samples(rows: list[Row], text: str) -> None:
    gone = [row for row in rows if row["fate"] == "duplicate"]
    exact = sum(row["rule"] == "exact" for row in gone)
    assert f"<b>{len(gone)}</b><span>copies removed</span>" in text
    funnel = text[text.index('id="funnel"') : text.index('id="survival"')]
    assert f"<title>exact copy: {exact}</title>" in funnel
    assert f'<span class="d2">exact copy</span></th><td class="n">{exact}</td>' in funnel
    samples = text[text.index('id="samples"') :]
    assert re.search(
        r'class="badge f-duplicate">duplicate</b> near copy of <code>[^<]+</code> \(92\.5\s% alike\)', samples
    )


def test_an_older_folder_has_all_but_the_new_sections(rows: list[Row], tmp_path: Path) -> None:
    folder = make(tmp_path, [row for row in rows if row["fate"] != "duplicate"])
    for name in ("relations", "learned"):
        shutil.rmtree(folder / name)
    card = json.loads((folder / "card.json").read_text())
    del card["counts"]["copies"]
    (folder / "card.json").write_text(json.dumps(card))
    text = write_report(folder).read_text("utf-8")
    found = re.findall(r'<section id="([a-z]+)">', text)
    assert found == [section.anchor for section in SECTIONS if section.anchor not in ("copies", "learned")]


def test_a_fate_of_every_kind_has_a_colour() -> None:
    style = STYLE.read_text(encoding="utf-8")
    assert [fate for fate in FATES if f".f-{fate}" not in style] == []


def code(number: int) -> str:
    """A language code of its own for each number below 17,576."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return letters[number // 676] + letters[number // 26 % 26] + letters[number % 26]


def test_the_page_stays_small_whatever_the_corpus_holds(tmp_path: Path) -> None:
    """Hundreds of sources, languages, licences, causes and rules, and texts that escaping makes longest."""
    base = documents(600)
    many: list[Row] = []
    for place in range(3000):
        row = dict(base[place % len(base)])
        row.update({"id": f"s{place % 300}:{place:06d}" + "&" * 3000, "source": f"source-{place % 300}" + "&" * 300})
        row.update({"title": "&" * 5000, "excerpt": "\u202e" * 700, "language": code(place % 700), "broken": []})
        row.update({"document.licence": f"LicenseRef-{place}" + "&" * 500, "evidence.level": f"level-{place % 90}"})
        row.update({"rule": f"rule-{place % 150}" if row["fate"] == "dropped" else row["rule"], "value": "&" * 9000})
        many.append(row)
    kept = next(row["id"] for row in many if row["fate"] == "kept")
    for row in many:
        row["other"] = kept if row["fate"] == "duplicate" else row["other"]
    rules = [{**RECIPE["rule"][0], "name": f"rule-{n}", "language": [code(n)], "threshold": n} for n in range(400)]
    broken = [{"place": "&" * 9000, "cause": f"cause-{n}", "detail": "&" * 9000} for n in range(200)]
    many.sort(key=lambda row: str(row["id"]))
    path = write_report(make(tmp_path, many, broken, {**RECIPE, "rule": rules}, said="&" * 900 + "\u202e" * 900))
    assert path.stat().st_size < MOST_BYTES


def test_a_build_that_kept_nothing_and_one_that_read_nothing_have_a_report(tmp_path: Path, rows: list[Row]) -> None:
    dropped = [row for row in rows if row["fate"] == "dropped"]
    assert "No document was kept." in write_report(make(tmp_path / "dropped", dropped, [])).read_text("utf-8")
    assert "Nothing was read." in write_report(make(tmp_path / "empty", [], [])).read_text("utf-8")


def test_a_recipe_without_rules_or_tiers_has_a_report(tmp_path: Path, rows: list[Row]) -> None:
    kept = [{**row, "tier": "all"} for row in rows if row["fate"] == "kept"]
    text = write_report(make(tmp_path, kept, [], {**RECIPE, "rule": [], "tier": []})).read_text("utf-8")
    assert "The recipe has no rules" in text


def test_facts_that_an_older_build_did_not_have_leave_their_section_out(tmp_path: Path, rows: list[Row]) -> None:
    folder = make(tmp_path, rows)
    path = folder / "facts/facts-00000.parquet"
    pl.read_parquet(path).drop("licence.commercial", "english.words").write_parquet(path)
    text = write_report(folder).read_text("utf-8")
    assert 'id="licences"' not in text
    assert 'id="signals"' in text


def test_a_folder_that_holds_no_corpus_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text("{}")
    with pytest.raises(UserError, match="holds no corpus"):
        write_report(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["card.json"]


def test_a_report_that_fails_leaves_the_old_one(
    tmp_path: Path, rows: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make(tmp_path, rows[:50])
    before = write_report(folder).read_bytes()

    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(page_module, "page", full)
    with pytest.raises(OSError, match="No space"):
        write_report(folder)
    assert (folder / "report.html").read_bytes() == before
    assert not list(folder.glob(".report*"))
    assert read_card(folder) is not None


def test_a_folder_whose_name_looks_like_a_pattern_is_read(tmp_path: Path, rows: list[Row]) -> None:
    assert write_report(make(tmp_path / "run[1]*", rows[:50])).exists()
