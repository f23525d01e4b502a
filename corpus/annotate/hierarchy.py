"""The evidence hierarchy as tables: which publication type states which level, what is neutral, what is a notice.

Data only, read by `corpus/annotate/evidence.py`. A physician who disagrees changes a line here.

Unique identifiers (UI) are those of NLM's Medical Subject Headings, publication characteristics (tree V,
https://www.nlm.nih.gov/mesh/pubtypes.html). Each was seen with its name in PubMed records or in a public copy of the
MeSH tables. Types whose UI could not be confirmed that way are not listed (Network Meta-Analysis and Scoping Review,
new in 2025; Equivalence Trial; Clinical Trial Protocol; the veterinary types other than the randomised trial): a
record that has one is graded by its other types and says `<UI>:unlisted` among its reasons.
The order of the levels follows the usual pyramid (Oxford CEBM 2011 levels of evidence; Murad et al. 2016, BMJ
Evidence-Based Medicine 21:125, doi:10.1136/ebmed-2016-110401), with guidelines first because they weigh the rest.
"""

from __future__ import annotations

from typing import NamedTuple

# Level -> rank, strongest first. `unknown` has no rank: a threshold on rank keeps only what is known.
RANKS: dict[str, int] = {
    "guideline": 1,
    "synthesis": 2,
    "rct": 3,
    "trial": 4,
    "observational": 5,
    "narrative": 6,
    "case": 7,
    "opinion": 8,
    "preclinical": 9,
}


class PublicationType(NamedTuple):
    """One line of the hierarchy: NLM's name, the level it states, and why where that is not plain."""

    name: str
    level: str
    note: str = ""


PUBLICATION_TYPES: dict[str, PublicationType] = {
    "D017065": PublicationType("Practice Guideline", "guideline"),
    "D016431": PublicationType("Guideline", "guideline"),
    "D016446": PublicationType("Consensus Development Conference", "guideline"),
    "D016447": PublicationType("Consensus Development Conference, NIH", "guideline"),
    "D017418": PublicationType("Meta-Analysis", "synthesis"),
    "D000078182": PublicationType("Systematic Review", "synthesis"),
    "D016449": PublicationType("Randomized Controlled Trial", "rct"),
    "D065007": PublicationType("Pragmatic Clinical Trial", "rct", "randomised by definition in nearly all"),
    "D000076362": PublicationType("Adaptive Clinical Trial", "rct"),
    "D017428": PublicationType("Clinical Trial, Phase III", "rct", "phase III is randomised with few exceptions"),
    "D017429": PublicationType("Clinical Trial, Phase IV", "rct", "after approval; mostly randomised"),
    "D018848": PublicationType("Controlled Clinical Trial", "trial", "controlled, allocation not random"),
    "D016430": PublicationType("Clinical Trial", "trial"),
    "D017426": PublicationType("Clinical Trial, Phase I", "trial"),
    "D017427": PublicationType("Clinical Trial, Phase II", "trial"),
    "D064888": PublicationType("Observational Study", "observational"),
    "D000068397": PublicationType("Clinical Study", "observational", "trial or cohort not said: the weaker"),
    "D003160": PublicationType("Comparative Study", "observational", "says little: any two things compared"),
    "D023361": PublicationType("Validation Study", "observational"),
    "D023362": PublicationType("Evaluation Study", "observational"),
    "D018486": PublicationType("Twin Study", "observational"),
    "D016454": PublicationType("Review", "narrative", "also on systematic reviews, which outrank it"),
    "D029282": PublicationType("Patient Education Handout", "narrative", "written for patients"),
    "D002363": PublicationType("Case Reports", "case"),
    "D016429": PublicationType("Clinical Conference", "case", "physicians on one patient"),
    "D016421": PublicationType("Editorial", "opinion"),
    "D016422": PublicationType("Letter", "opinion", "a research letter carries its design too, which outranks it"),
    "D016420": PublicationType("Comment", "opinion"),
    "D016433": PublicationType("News", "opinion"),
    "D018431": PublicationType("Newspaper Article", "opinion"),
    "D017203": PublicationType("Interview", "opinion"),
    "D062210": PublicationType("Personal Narrative", "opinion"),
    "D054711": PublicationType("Introductory Journal Article", "opinion", "prefaces an issue or section"),
    "D000081262": PublicationType("Randomized Controlled Trial, Veterinary", "preclinical"),
}

# They say something of form, money or place, nothing of the design.
NEUTRAL_TYPES: dict[str, str] = {
    "D016428": "Journal Article",
    "D016448": "Multicenter Study",  # a modifier: it comes with a design or says nothing
    "D004740": "English Abstract",
    "D016456": "Historical Article",
    "D016419": "Classical Article",
    "D016423": "Congresses",
    "D016427": "Technical Report",
    "D016416": "Meeting Abstracts",
    "D019215": "Biography",
    "D059040": "Video-Audio Media",
    "D064886": "Dataset",
    "D016438": "Duplicate Publication",
    "D016426": "Scientific Integrity Review",
    "D013485": "Research Support, Non-U.S. Gov't",
    "D013486": "Research Support, U.S. Gov't, Non-P.H.S.",
    "D013487": "Research Support, U.S. Gov't, P.H.S.",
    "D052060": "Research Support, N.I.H., Intramural",
    "D052061": "Research Support, N.I.H., Extramural",
    "D057666": "Research Support, American Recovery and Reinvestment Act",
    "D057689": "Research Support, U.S. Government",
}

# JATS article-type (values suggested at https://jats.nlm.nih.gov/archiving/tag-library/1.3/attribute/article-type.html).
ARTICLE_TYPES: dict[str, str] = {
    "guideline": "guideline",
    "systematic-review": "synthesis",
    "meta-analysis": "synthesis",
    "review-article": "narrative",
    "case-report": "case",
    "editorial": "opinion",
    "letter": "opinion",
    "reply": "opinion",
    "discussion": "opinion",
    "article-commentary": "opinion",
    "introduction": "opinion",
    "news": "opinion",
    "announcement": "opinion",
    "obituary": "opinion",
    "oration": "opinion",
    "book-review": "opinion",
    "product-review": "opinion",
    "in-brief": "opinion",
}
NEUTRAL_ARTICLE_TYPES: frozenset[str] = frozenset(
    {
        "research-article", "brief-report", "rapid-communication", "methods-article", "data-paper", "abstract",
        "protocol", "registered-report", "meeting-report", "dissertation", "technical-report", "collection",
        "preprint", "reprint", "retracted-article", "translation", "other",
    }
)  # fmt: skip

# Two designs that one piece of work cannot have. The stronger still wins; the status says that someone should look.
CONFLICTS: tuple[tuple[str, str], ...] = (
    ("synthesis", "rct"),
    ("synthesis", "trial"),
    ("synthesis", "case"),
    ("rct", "case"),
    ("trial", "case"),
    ("guideline", "case"),
)

# Animals without Humans: the work is preclinical whatever its design, unless it is opinion and nothing else. "Animals"
# alone is no sign, since NLM gives it to much work on humans too.
ANIMALS = "D000818"
HUMANS = "D006801"
UNCAPPED: frozenset[str] = frozenset({"opinion"})
HUMAN_TRIALS: frozenset[str] = frozenset({"rct", "trial"})  # with animals only they contradict MeSH, so: conflicted
VETERINARY: frozenset[str] = frozenset({"D000081262"})

RETRACTED = "D016441"  # Retracted Publication: the work itself
PREPRINT = "D000076942"

# Notices a work has (PubMed CommentsCorrections RefType, JATS related-article-type; letters and digits only, lower
# case) and notices it is. "is-" says that the document is the notice and the harm lies with another.
NOTICES: dict[str, str] = {
    "erratumin": "erratum",
    "correctionforward": "erratum",
    "erratumfor": "is-erratum",
    "correctedarticle": "is-erratum",
    "expressionofconcernin": "expression-of-concern",
    "expressionofconcernfor": "is-expression-of-concern",
    "objectofconcern": "is-expression-of-concern",
    "correctedandrepublishedin": "corrected-and-republished",
    "republishedin": "corrected-and-republished",
    "correctedandrepublishedfrom": "is-corrected-and-republished",
    "republishedfrom": "is-corrected-and-republished",
    "retractionin": "retraction",
    "retractedandrepublishedin": "retraction",
    "retractionforward": "retraction",
    "retractionof": "is-retraction",
    "retractedarticle": "is-retraction",
    "retractedandrepublishedfrom": "is-corrected-and-republished",
    "partialretractionin": "partial-retraction",
    "partialretraction": "partial-retraction",
    "partialretractionof": "is-partial-retraction",
}
NOTICE_TYPES: dict[str, str] = {
    "D016425": "is-erratum",  # Published Erratum
    "D016439": "is-corrected-and-republished",  # Corrected and Republished Article
    "D016440": "is-retraction",  # Retraction of Publication, renamed Retraction Notice
}
NOTICE_ARTICLE_TYPES: dict[str, str] = {
    "correction": "is-erratum",
    "addendum": "is-erratum",
    "expression-of-concern": "is-expression-of-concern",
    "retraction": "is-retraction",
    "partial-retraction": "is-partial-retraction",
}
