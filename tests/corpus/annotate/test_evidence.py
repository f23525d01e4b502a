"""Evidence levels, retractions and notices, on invented `meta` columns; the tables also on the types of real files."""

from __future__ import annotations

import gzip
import json
import os
import random
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.annotate import evidence
from corpus.annotate.hierarchy import (
    ARTICLE_TYPES,
    NEUTRAL_ARTICLE_TYPES,
    NEUTRAL_TYPES,
    NOTICE_ARTICLE_TYPES,
    NOTICE_TYPES,
    PREPRINT,
    PUBLICATION_TYPES,
    RANKS,
    RETRACTED,
    PublicationType,
)

ARTICLE, RCT, REVIEW, CASE = "D016428", "D016449", "D016454", "D002363"
META_ANALYSIS, LETTER, MULTICENTER, VETERINARY_RCT = "D017418", "D016422", "D016448", "D000081262"
ANIMALS, HUMANS = "D000818", "D006801"


def facts_of(*metas: dict[str, Any] | str | None) -> pl.DataFrame:
    rows = [json.dumps(meta) if isinstance(meta, dict) else meta for meta in metas]
    return evidence.annotate(pl.DataFrame({"meta": rows}, schema={"meta": pl.String}))


def fact(name: str, **meta: object) -> object:
    return facts_of(meta)[f"evidence.{name}"].to_list()[0]


def level(*types: str, mesh: tuple[str, ...] = (), article_type: str = "") -> str:
    return str(fact("level", publication_types=list(types), mesh=list(mesh), article_type=article_type))


@pytest.mark.parametrize(("ui", "line"), PUBLICATION_TYPES.items())
def test_every_publication_type_of_the_table_gives_its_level_and_rank(ui: str, line: PublicationType) -> None:
    assert level(ARTICLE, ui) == line.level
    assert fact("rank", publication_types=[ui]) == RANKS[line.level]
    assert fact("reasons", publication_types=[ARTICLE, ui]) == [f"{ui}:{line.level}"]


@pytest.mark.parametrize(("article_type", "its_level"), ARTICLE_TYPES.items())
def test_every_article_type_of_the_table_gives_its_level(article_type: str, its_level: str) -> None:
    assert level(article_type=article_type) == its_level


def test_the_strongest_design_wins_and_the_outranked_are_recorded() -> None:
    types = [REVIEW, ARTICLE, "D000078182", META_ANALYSIS]
    assert level(*types) == "synthesis"
    assert fact("reasons", publication_types=types) == [
        "D000078182:synthesis", "D017418:synthesis", "D016454:narrative",
    ]  # fmt: skip


def test_journal_article_alone_is_unknown_and_has_no_rank() -> None:
    row = facts_of({"publication_types": [ARTICLE, "D013485"]}).row(0, named=True)
    assert row["evidence.level"] == "unknown"
    assert row["evidence.status"] == "unknown"
    assert row["evidence.rank"] is None
    assert row["evidence.reasons"] == []


def test_multicenter_is_a_modifier_and_not_a_design() -> None:
    assert level(ARTICLE, MULTICENTER) == "unknown"
    assert level(MULTICENTER, RCT) == "rct"


def test_a_research_letter_keeps_its_design() -> None:
    assert level(LETTER, RCT) == "rct"
    assert fact("status", publication_types=[LETTER, RCT]) == "classified"


def test_topic_headings_are_not_designs() -> None:
    # D016032, Randomized Controlled Trials as Topic: a paper about trials.
    assert level(ARTICLE, mesh=("D016032", HUMANS)) == "unknown"


def test_animals_without_humans_cap_the_level_at_preclinical() -> None:
    assert level(ARTICLE, mesh=(ANIMALS,)) == "preclinical"
    assert level("D003160", mesh=(ANIMALS, "D051379")) == "preclinical"
    assert level(REVIEW, mesh=(ANIMALS,)) == "preclinical"
    assert fact("reasons", publication_types=["D003160"], mesh=[ANIMALS]) == [
        "D000818 without D006801:preclinical", "D003160:observational",
    ]  # fmt: skip


def test_animals_with_humans_change_nothing() -> None:
    assert level(RCT, mesh=(ANIMALS, HUMANS)) == "rct"
    assert level(ARTICLE, mesh=(ANIMALS, HUMANS)) == "unknown"


def test_an_editorial_on_animals_stays_opinion() -> None:
    assert level("D016421", mesh=(ANIMALS,)) == "opinion"


def test_a_letter_that_reports_an_animal_study_is_preclinical() -> None:
    assert level(LETTER, "D003160", mesh=(ANIMALS,)) == "preclinical"


def test_animal_is_null_without_mesh_headings() -> None:
    assert fact("animal", publication_types=[RCT]) is None
    assert fact("animal", mesh=[HUMANS]) is False
    assert fact("animal", mesh=[ANIMALS]) is True


def test_a_human_trial_type_on_animals_only_is_conflicted_and_a_veterinary_one_is_not() -> None:
    assert fact("status", publication_types=[RCT], mesh=[ANIMALS]) == "conflicted"
    assert fact("status", publication_types=[VETERINARY_RCT], mesh=[ANIMALS]) == "classified"
    assert level(VETERINARY_RCT, mesh=(ANIMALS,)) == "preclinical"


def test_designs_that_exclude_each_other_are_conflicted_and_the_stronger_wins() -> None:
    row = facts_of({"publication_types": [RCT, CASE]}).row(0, named=True)
    assert (row["evidence.level"], row["evidence.status"]) == ("rct", "conflicted")
    assert fact("status", publication_types=[META_ANALYSIS, RCT]) == "conflicted"
    assert fact("status", publication_types=[RCT], article_type="case-report") == "conflicted"
    assert fact("status", publication_types=[META_ANALYSIS, REVIEW]) == "classified"


def test_a_type_in_no_table_is_unlisted_and_decides_nothing() -> None:
    row = facts_of({"publication_types": [ARTICLE, "D999999"]}).row(0, named=True)
    assert row["evidence.level"] == "unknown"
    assert row["evidence.reasons"] == ["D999999:unlisted"]
    assert fact("reasons", article_type="quiz") == ["quiz:unlisted"]


def test_a_retracted_publication_is_retracted_by_its_type() -> None:
    row = facts_of({"publication_types": [ARTICLE, RCT, RETRACTED]}).row(0, named=True)
    assert row["evidence.retracted"] is True
    assert RETRACTED in row["evidence.retraction"]
    assert row["evidence.level"] == "rct"


def test_the_sentence_of_the_source_is_the_reason_of_a_retraction() -> None:
    reason = "RetractionIn: Invented J Med 2020;1:2 (PMID 12)"
    row = facts_of({"retracted": reason, "publication_types": [RETRACTED]}).row(0, named=True)
    assert row["evidence.retracted"] is True
    assert row["evidence.retraction"] == reason


def test_a_retraction_notice_is_not_itself_retracted() -> None:
    row = facts_of({"publication_types": ["D016440"]}).row(0, named=True)
    assert row["evidence.retracted"] is False
    assert row["evidence.retraction"] is None
    assert row["evidence.notices"] == ["is-retraction"]


def test_notices_are_recorded_and_links_that_are_none_are_not() -> None:
    links = ["ExpressionOfConcernIn", "ErratumIn", "ErratumIn", "CommentIn", "Cites", "CorrectedandRepublishedIn"]
    assert fact("notices", notices=[{"type": name, "ref": "PMID 1"} for name in links]) == [
        "corrected-and-republished", "erratum", "expression-of-concern",
    ]  # fmt: skip
    assert fact("notices", notices=[{"type": "corrected-article"}], article_type="correction") == ["is-erratum"]
    assert fact("notices", notices=[{"type": "erratum"}]) == ["erratum"]
    assert fact("notices", doi="10.0/invented") == []


def test_preprints_are_marked() -> None:
    assert fact("preprint", publication_types=[PREPRINT]) is True
    assert fact("preprint", article_type="preprint") is True
    assert fact("preprint", publication_types=[ARTICLE]) is False
    assert fact("reasons", publication_types=[PREPRINT]) == []


def test_the_order_of_types_in_the_source_does_not_matter() -> None:
    forward = facts_of({"publication_types": [ARTICLE, REVIEW, CASE, LETTER], "mesh": [ANIMALS, HUMANS]})
    backward = facts_of({"publication_types": [LETTER, CASE, REVIEW, ARTICLE], "mesh": [HUMANS, ANIMALS]})
    assert forward.equals(backward)


def test_the_columns_and_types_are_those_documented() -> None:
    for frame in (facts_of(), facts_of({}), facts_of(None), facts_of({"journal": "J Invented Res", "sections": ["A"]})):
        assert frame.columns == [fact.name for fact in evidence.FACTS]
        assert [str(dtype) for dtype in frame.dtypes] == [fact.dtype for fact in evidence.FACTS]


def test_no_type_stands_in_two_tables() -> None:
    tables = [PUBLICATION_TYPES.keys(), NEUTRAL_TYPES.keys(), NOTICE_TYPES.keys(), {PREPRINT, RETRACTED}]
    assert sum(map(len, tables)) == len(set().union(*tables))
    forms = [ARTICLE_TYPES.keys(), NEUTRAL_ARTICLE_TYPES, NOTICE_ARTICLE_TYPES.keys()]
    assert sum(map(len, forms)) == len(set().union(*forms))


TYPES = [*PUBLICATION_TYPES, *NEUTRAL_TYPES, *NOTICE_TYPES, RETRACTED, PREPRINT, "D999999"]
META = st.fixed_dictionaries(
    {},
    optional={
        "publication_types": st.lists(st.sampled_from(TYPES), max_size=4),
        "mesh": st.lists(st.sampled_from([ANIMALS, HUMANS, "D003920"]), max_size=3),
        "article_type": st.sampled_from(["", "case-report", "research-article", "Retraction"]),
        "notices": st.lists(st.fixed_dictionaries({"type": st.sampled_from(["ErratumIn", "CommentIn"])}), max_size=2),
        "retracted": st.sampled_from(["", "said so"]),
        "journal": st.just("J Invented Res"),
    },
)


@given(st.lists(META, max_size=12), st.integers(0, 12), st.randoms(use_true_random=False))
def test_facts_do_not_depend_on_batch_cuts_or_row_order(
    metas: list[dict[str, Any]], cut: int, shuffle: random.Random
) -> None:
    whole = facts_of(*metas)
    assert pl.concat([facts_of(*metas[:cut]), facts_of(*metas[cut:])]).equals(whole)
    order = list(range(len(metas)))
    shuffle.shuffle(order)
    assert facts_of(*(metas[row] for row in order)).equals(whole[order] if order else whole)


@given(META, st.sampled_from(sorted(PUBLICATION_TYPES)))
def test_one_more_type_never_weakens_the_level(meta: dict[str, Any], ui: str) -> None:
    more = meta | {"publication_types": [*meta.get("publication_types", []), ui]}
    facts = facts_of(meta, more)
    before, after = facts["evidence.rank"].to_list()
    if facts["evidence.animal"].to_list() == [True, True]:  # capped: preclinical, or opinion and nothing else
        assert set(facts["evidence.level"]) <= {"preclinical", "opinion"}
    else:
        assert before is None or after <= before


@pytest.mark.skipif("MATERIA_REAL_DATA" not in os.environ, reason="MATERIA_REAL_DATA is not set: no real PubMed files")
def test_every_publication_type_of_the_real_files_is_in_a_table() -> None:
    files = sorted(Path(os.environ["MATERIA_REAL_DATA"], "amber", "pubmed_xml").iterdir())
    assert len(files) == 31
    known = PUBLICATION_TYPES.keys() | NEUTRAL_TYPES.keys() | NOTICE_TYPES.keys() | {PREPRINT, RETRACTED}
    seen: set[bytes] = set()
    for path in files:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        seen |= set(re.findall(rb'<PublicationType UI="(\w+)"', content))
    assert len(seen) > 25
    assert {ui.decode() for ui in seen} - known == set()
