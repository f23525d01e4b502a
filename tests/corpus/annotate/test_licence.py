"""Licence facts: what each family of licences allows, and that nothing unstated counts as allowed."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.annotate import licence

COLUMNS = [fact.name for fact in licence.FACTS]


def facts_of(*ids: str | None) -> pl.DataFrame:
    return licence.annotate(pl.DataFrame({"licence": list(ids)}, schema={"licence": pl.String}))


@pytest.mark.parametrize(
    ("spdx", "group", "commercial", "derivatives", "share_alike", "attribution"),
    [
        ("CC0-1.0", "public-domain", True, True, False, False),
        ("LicenseRef-PublicDomain", "public-domain", True, True, False, False),
        ("CC-BY-4.0", "permissive", True, True, False, True),
        ("CC-BY-2.5", "permissive", True, True, False, True),
        ("CC-BY-3.0-IGO", "permissive", True, True, False, True),
        ("LicenseRef-CC-BY", "permissive", True, True, False, True),
        ("LicenseRef-CC-BY-NC-ND", "non-commercial", False, False, False, True),
        ("CC-BY-SA-3.0", "share-alike", True, True, True, True),
        ("CC-BY-ND-4.0", "no-derivatives", True, False, False, True),
        ("CC-BY-NC-4.0", "non-commercial", False, True, False, True),
        ("CC-BY-NC-SA-4.0", "non-commercial", False, True, True, True),
        ("CC-BY-NC-ND-4.0", "non-commercial", False, False, False, True),
        ("ODC-By-1.0", "permissive", True, True, False, True),
        ("ODbL-1.0", "share-alike", True, True, True, True),
        ("Apache-2.0", "permissive", True, True, False, True),
        ("MIT", "permissive", True, True, False, True),
        ("GFDL-1.3-or-later", "share-alike", True, True, True, True),
        ("OGL-UK-3.0", "permissive", True, True, False, True),
        ("LicenseRef-AllRightsReserved", "restricted", False, False, None, None),
    ],
)
def test_each_licence_says_what_it_allows(
    spdx: str, group: str, commercial: bool, derivatives: bool, share_alike: bool | None, attribution: bool | None
) -> None:
    row = facts_of(spdx).row(0, named=True)
    assert row == {
        "licence.known": True,
        "licence.group": group,
        "licence.commercial": commercial,
        "licence.derivatives": derivatives,
        "licence.share_alike": share_alike,
        "licence.attribution": attribution,
    }


@pytest.mark.parametrize("spdx", ["unknown", "", None, "CC-BY-5.0", "CC-BY", "CC-BY-SA-NC-4.0", "GPL-3.0-only", "四"])
def test_what_is_not_in_the_table_is_unknown_and_grants_nothing(spdx: str | None) -> None:
    row = facts_of(spdx).row(0, named=True)
    assert row.pop("licence.known") is False
    assert row.pop("licence.group") == "unknown"
    assert set(row.values()) == {None}


def test_ids_match_without_regard_to_case() -> None:
    assert facts_of("cc-by-nc-4.0").equals(facts_of("CC-BY-NC-4.0"))
    assert facts_of("apache-2.0").equals(facts_of("Apache-2.0"))


def test_the_columns_and_types_are_those_documented() -> None:
    frame = facts_of("MIT")
    assert frame.columns == COLUMNS
    assert [str(dtype) for dtype in frame.dtypes] == [fact.dtype for fact in licence.FACTS]
    assert facts_of().shape == (0, len(COLUMNS))


def test_every_group_in_the_tables_is_a_documented_group() -> None:
    used = {terms.group for terms in [*licence.CREATIVE_COMMONS.values(), *licence.OTHERS.values()]}
    assert used < set(licence.GROUPS)


@given(st.lists(st.sampled_from(["CC0-1.0", "CC-BY-4.0", "CC-BY-NC-ND-3.0", "unknown", "", "odd", None]), max_size=30))
def test_each_row_depends_on_its_own_licence_only(ids: list[str | None]) -> None:
    whole = facts_of(*ids)
    assert whole.height == len(ids)
    for row, spdx in enumerate(ids):
        assert whole[row].equals(facts_of(spdx))
