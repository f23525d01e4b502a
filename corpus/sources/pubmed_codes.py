"""NLM's codes as tables: languages to BCP 47, and publication-type names of old files to identifiers.

Data only, read by `corpus/sources/pubmed_citation.py` and `pubmed_documents.py`.
"""

from __future__ import annotations

from corpus.document import UNDETERMINED

# MEDLINE's three-letter codes (MARC; https://www.nlm.nih.gov/bsd/language_table.html) to the shortest code of the
# same language (ISO 639, as BCP 47 asks). `mul`, `und` and codes that are not listed are undetermined.
LANGUAGES: dict[str, str] = {
    "afr": "af", "alb": "sq", "amh": "am", "ara": "ar", "arm": "hy", "aze": "az", "baq": "eu", "bel": "be",
    "ben": "bn", "bos": "bs", "bul": "bg", "bur": "my", "cat": "ca", "chi": "zh", "cro": "hr", "cze": "cs",
    "dan": "da", "dut": "nl", "eng": "en", "epo": "eo", "est": "et", "fao": "fo", "fin": "fi", "fre": "fr",
    "geo": "ka", "ger": "de", "gla": "gd", "gle": "ga", "glg": "gl", "gre": "el", "heb": "he", "hin": "hi",
    "hrv": "hr", "hun": "hu", "ice": "is", "ind": "id", "ita": "it", "jpn": "ja", "kaz": "kk", "kin": "rw",
    "kir": "ky", "kor": "ko", "lao": "lo", "lat": "la", "lav": "lv", "lit": "lt", "ltz": "lb", "mac": "mk",
    "mal": "ml", "mao": "mi", "may": "ms", "mon": "mn", "nep": "ne", "nob": "nb", "nor": "no", "per": "fa",
    "pol": "pl", "por": "pt", "pus": "ps", "rum": "ro", "rus": "ru", "san": "sa", "scc": "sr", "scr": "hr",
    "sin": "si", "slo": "sk", "slv": "sl", "spa": "es", "srp": "sr", "swa": "sw", "swe": "sv", "tam": "ta",
    "tat": "tt", "tel": "te", "tgk": "tg", "tha": "th", "tib": "bo", "tur": "tr", "ukr": "uk", "urd": "ur",
    "uzb": "uz", "vie": "vi", "wel": "cy",
}  # fmt: skip
_BCP47 = frozenset(LANGUAGES.values())


def bcp47(code: str | None) -> str:
    """The BCP 47 tag of a MEDLINE language code in any case (`chi` -> `zh`); `und` where there is none."""
    name = (code or "").strip().lower()
    return LANGUAGES.get(name) or (name if name in _BCP47 else UNDETERMINED)


# Publication types by name, for files from before 2013, which have no UI attribute. Names and identifiers as they stand
# together in PubMed's own records and MeSH (https://www.nlm.nih.gov/mesh/pubtypes.html); former names included.
PUBLICATION_TYPES: dict[str, str] = {
    "adaptive clinical trial": "D000076362",
    "biography": "D019215",
    "case reports": "D002363",
    "classical article": "D016419",
    "clinical conference": "D016429",
    "clinical study": "D000068397",
    "clinical trial": "D016430",
    "clinical trial, phase i": "D017426",
    "clinical trial, phase ii": "D017427",
    "clinical trial, phase iii": "D017428",
    "clinical trial, phase iv": "D017429",
    "comment": "D016420",
    "comparative study": "D003160",
    "congress": "D016423",
    "congresses": "D016423",
    "consensus development conference": "D016446",
    "consensus development conference, nih": "D016447",
    "controlled clinical trial": "D018848",
    "corrected and republished article": "D016439",
    "duplicate publication": "D016438",
    "editorial": "D016421",
    "english abstract": "D004740",
    "evaluation studies": "D023362",
    "evaluation study": "D023362",
    "guideline": "D016431",
    "historical article": "D016456",
    "interview": "D017203",
    "introductory journal article": "D054711",
    "journal article": "D016428",
    "letter": "D016422",
    "meta-analysis": "D017418",
    "multicenter study": "D016448",
    "news": "D016433",
    "newspaper article": "D018431",
    "observational study": "D064888",
    "patient education handout": "D029282",
    "personal narrative": "D062210",
    "personal narratives": "D062210",
    "practice guideline": "D017065",
    "pragmatic clinical trial": "D065007",
    "preprint": "D000076942",
    "published erratum": "D016425",
    "randomized controlled trial": "D016449",
    "randomized controlled trial, veterinary": "D000081262",
    "research support, n.i.h., extramural": "D052061",
    "research support, n.i.h., intramural": "D052060",
    "research support, non-u.s. gov't": "D013485",
    "research support, u.s. gov't, non-p.h.s.": "D013486",
    "research support, u.s. gov't, p.h.s.": "D013487",
    "retracted publication": "D016441",
    "retraction notice": "D016440",
    "retraction of publication": "D016440",
    "review": "D016454",
    "systematic review": "D000078182",
    "technical report": "D016427",
    "twin study": "D018486",
    "validation studies": "D023361",
    "validation study": "D023361",
    "video-audio media": "D059040",
}
RETRACTED_PUBLICATION = "D016441"
