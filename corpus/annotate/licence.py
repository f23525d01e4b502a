"""What a document's licence allows, as facts a recipe can ask for.

Comes from the `licence` column (an SPDX id, or `unknown`) that the sources fill; goes to `corpus/decide.py`, where a
recipe can demand `licence.commercial == true`, and to the attribution file of the export. A fact is null when it is
not known, and a null breaks every rule that asks for it: what nobody stated is never assumed to be allowed.

This is a summary for choosing documents, not legal advice: the licence text decides.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import polars as pl

from corpus.annotate.fact import Fact

NEEDS: tuple[str, ...] = ()
LIBRARIES: tuple[str, ...] = ("polars",)

GROUPS = ("public-domain", "permissive", "share-alike", "no-derivatives", "non-commercial", "restricted", "unknown")

FACTS = (
    Fact("licence.known", "Boolean", "", "true, false", "The id is in the table of corpus/annotate/licence.py."),
    Fact("licence.group", "String", "", ", ".join(GROUPS), "The strictest condition, non-commercial above the others."),
    Fact("licence.commercial", "Boolean", "", "true, false, null", "Commercial use is allowed."),
    Fact("licence.derivatives", "Boolean", "", "true, false, null", "Changed versions may be shared."),
    Fact("licence.share_alike", "Boolean", "", "true, false, null", "Changed versions must keep the licence."),
    Fact("licence.attribution", "Boolean", "", "true, false, null", "The author or the notice must be named."),
)


class Terms(NamedTuple):
    """What one kind of licence says. The fields are the facts of the same names."""

    group: str
    commercial: bool | None
    derivatives: bool | None
    share_alike: bool | None
    attribution: bool | None


#                       group              commercial  derivatives  share-alike  attribution
PUBLIC = Terms("public-domain", True, True, False, False)
PERMISSIVE = Terms("permissive", True, True, False, True)
SHARE_ALIKE = Terms("share-alike", True, True, True, True)
NO_DERIVATIVES = Terms("no-derivatives", True, False, False, True)
NON_COMMERCIAL = Terms("non-commercial", False, True, False, True)
NON_COMMERCIAL_SA = Terms("non-commercial", False, True, True, True)
NON_COMMERCIAL_ND = Terms("non-commercial", False, False, False, True)
RESTRICTED = Terms("restricted", False, False, None, None)
UNKNOWN = Terms("unknown", None, None, None, None)

# Creative Commons, by the element part of the id; the legal codes are at https://creativecommons.org/licenses/.
# The rights above are the same in versions 1.0 to 4.0 and in the ported ones (CC-BY-3.0-DE, CC-BY-3.0-IGO).
CREATIVE_COMMONS = {
    "CC-BY": PERMISSIVE,
    "CC-BY-SA": SHARE_ALIKE,
    "CC-BY-ND": NO_DERIVATIVES,
    "CC-BY-NC": NON_COMMERCIAL,
    "CC-BY-NC-SA": NON_COMMERCIAL_SA,
    "CC-BY-NC-ND": NON_COMMERCIAL_ND,
}

# Everything else by its whole id (https://spdx.org/licenses/). The three LicenseRef ids are this project's own, for
# what SPDX has no id for.
OTHERS = {
    "CC0-1.0": PUBLIC,
    "CC-PDDC": PUBLIC,  # Creative Commons' public domain dedication and certification
    "CC-PDM-1.0": PUBLIC,  # the public domain mark
    "PDDL-1.0": PUBLIC,
    "LicenseRef-PublicDomain": PUBLIC,  # works of the US government among them
    "ODC-By-1.0": PERMISSIVE,
    "ODbL-1.0": SHARE_ALIKE,
    "OGL-UK-1.0": PERMISSIVE,
    "OGL-UK-2.0": PERMISSIVE,
    "OGL-UK-3.0": PERMISSIVE,
    "Apache-2.0": PERMISSIVE,
    "MIT": PERMISSIVE,
    "BSD-2-Clause": PERMISSIVE,
    "BSD-3-Clause": PERMISSIVE,
    "GFDL-1.1-only": SHARE_ALIKE,
    "GFDL-1.1-or-later": SHARE_ALIKE,
    "GFDL-1.2-only": SHARE_ALIKE,
    "GFDL-1.2-or-later": SHARE_ALIKE,
    "GFDL-1.3-only": SHARE_ALIKE,
    "GFDL-1.3-or-later": SHARE_ALIKE,
    "GFDL-1.3": SHARE_ALIKE,  # the ids without a suffix are deprecated by SPDX and still common
    "LicenseRef-ResearchOnly": NON_COMMERCIAL,
    "LicenseRef-AllRightsReserved": RESTRICTED,
}

_KIND = r"(CC-BY(?:-NC)?(?:-SA|-ND)?)"
_CC_ID = re.compile(
    # the second form: "Creative Commons Attribution" without a version, as `corpus/licences.py` writes it
    rf"{_KIND}-(?:1\.0|2\.0|2\.5|3\.0|4\.0)(?:-[A-Z]{{2,3}})?|LicenseRef-{_KIND}",
    re.IGNORECASE,
)
_OTHERS = {name.lower(): terms for name, terms in OTHERS.items()}


def terms(licence: str | None) -> Terms:
    """The terms of one SPDX id; `UNKNOWN` for an id that is not in the tables, for `unknown` and for none.

    SPDX ids are matched without regard to case, as the SPDX specification (annex D) says they are.
    """
    name = (licence or "").strip()
    creative_commons = _CC_ID.fullmatch(name)
    if creative_commons:
        return CREATIVE_COMMONS[(creative_commons[1] or creative_commons[2]).upper()]
    return _OTHERS.get(name.lower(), UNKNOWN)


def annotate(batch: pl.DataFrame, settings: Any = None) -> pl.DataFrame:
    """FACTS of each row, from `licence`. Looked up once per distinct id, joined back in row order."""
    distinct = batch["licence"].unique()
    found = [terms(name) for name in distinct.to_list()]
    table = pl.DataFrame(
        {
            "licence": distinct,
            "licence.known": [item.group != "unknown" for item in found],
            "licence.group": [item.group for item in found],
            "licence.commercial": [item.commercial for item in found],
            "licence.derivatives": [item.derivatives for item in found],
            "licence.share_alike": [item.share_alike for item in found],
            "licence.attribution": [item.attribution for item in found],
        },
        schema={"licence": pl.String} | {fact.name: getattr(pl, fact.dtype) for fact in FACTS},
    )
    joined = batch.select("licence").join(table, on="licence", how="left", maintain_order="left", nulls_equal=True)
    return joined.drop("licence")
