"""Language tags: how identifiers and sources name languages, and what each is written in.

Data and pure functions, used by `corpus/annotate/language.py` and `fasttext_model.py`. All tags that leave here are
BCP 47 (RFC 5646): the two-letter code where a language has one, Chinese with its script where it is known.
"""

from __future__ import annotations

import re
from functools import cache

# ISO 639-3 (and 639-2/B, as MEDLINE writes languages) -> the shorter code that BCP 47 prefers. Individual languages
# that a model names more finely than a corpus needs (arb, zsm, ekk, ...) go to their macrolanguage. Source: the ISO
# 639-3 code tables, https://iso639-3.sil.org/code_tables/639/data.
_CODES = (
    "afr af alb sq als sq sqi sq amh am ara ar arb ar arm hy hye hy asm as aym ay aze az azj az azb az bak ba baq eu "
    "eus eu bel be ben bn bih bh bis bi bos bs bre br bul bg bur my mya my cat ca chi zh zho zh cmn zh cos co cze cs "
    "ces cs cym cy wel cy dan da ger de deu de div dv dzo dz gre el ell el eng en epo eo est et ekk et fao fo per fa "
    "fas fa pes fa fij fj fin fi fre fr fra fr fry fy gla gd gle ga glg gl glv gv grn gn guj gu hat ht hau ha heb he "
    "hin hi hrv hr scr hr hun hu ibo ig ice is isl is ina ia ind id ita it jav jv jpn ja kal kl kan kn kas ks geo ka "
    "kat ka kaz kk khm km kin rw kir ky kor ko kur ku lao lo lat la lav lv lvs lv lin ln lit lt ltz lb lug lg mac mk "
    "mkd mk mal ml mao mi mri mi mar mr may ms msa ms zsm ms mlg mg plt mg mlt mt mon mn khk mn nau na nep ne npi ne "
    "dut nl nld nl nno nn nob nb nor nb nya ny oci oc ori or ory or orm om gaz om pan pa pol pl por pt pus ps pbt ps "
    "que qu roh rm rum ro ron ro mol ro run rn rus ru sag sg san sa scc sr srp sr sin si slo sk slk sk slv sl smo sm "
    "sna sn snd sd som so sot st spa es sun su swa sw swh sw swe sv tam ta tat tt tel te tgk tg tgl tl fil tl tha th "
    "tib bo bod bo tir ti ton to tsn tn tso ts tuk tk tur tr uig ug ukr uk urd ur uzb uz uzn uz vie vi vol vo wol wo "
    "xho xh yid yi ydd yi yor yo zha za zul zu iw he jw jv in id ji yi no nb mo ro sh sr"
)
_PREFERRED: dict[str, str] = dict(re.findall(r"(\w+) (\w+)", _CODES))
# Pseudo-languages of CLD2, and the codes that say that nothing is said (MEDLINE: und, mul).
_NOTHING = frozenset({"", "un", "und", "mul", "mis", "zxx", "tlh", "zzp", "xx", "unknown"})
_HANT_REGIONS = frozenset({"hant", "tw", "hk", "mo"})
_HANS_REGIONS = frozenset({"hans", "cn", "sg", "my"})

# Scripts other than Latin, by language; a language that is not here is written in Latin.
_WRITTEN: dict[str, tuple[str, ...]] = {
    script: tuple(languages.split())
    for script, languages in {
        "Cyrl": "ru uk be bg mk sr mn kk ky tg tt ba uz az bs",
        "Arab": "ar fa ur ps sd ug ks ku az pa",
        "Deva": "hi mr ne bh sa ks sd",
        "Beng": "bn as",
        "Hebr": "he yi",
        "Ethi": "am ti",
        "Tibt": "bo dz",
        "Grek": "el", "Armn": "hy", "Geor": "ka", "Thai": "th", "Laoo": "lo", "Khmr": "km", "Mymr": "my", "Guru": "pa",
        "Gujr": "gu", "Orya": "or", "Taml": "ta", "Telu": "te", "Knda": "kn", "Mlym": "ml", "Sinh": "si", "Thaa": "dv",
        "Syrc": "syr", "Cher": "chr", "Cans": "iu", "Mong": "mn", "Jpan": "ja", "Kore": "ko",
    }.items()
}  # fmt: skip
_ALSO_LATIN = frozenset({"sr", "uz", "az", "bs", "ku", "tt", "tk"})
_CHINESE = ("Hans", "Hant", "Hani")

# Scripts that one living language uses, or uses for nearly all of its text.
SCRIPT_LANGUAGE: dict[str, str] = {
    script: languages[0] for script, languages in _WRITTEN.items() if len(languages) == 1 and script != "Mong"
}

# Letters (lower case) of the Slavic languages in Cyrillic. CLD2 takes one Macedonian sentence in eight for Serbian and
# one Russian in fourteen for nothing, although their letters tell. Source: Unicode CLDR exemplar characters.
_SHARED = "абвгдежзиклмнопрстуфхцчш"
CYRILLIC: dict[str, frozenset[str]] = {
    "ru": frozenset(_SHARED + "ёйщъыьэюя"),
    "uk": frozenset(_SHARED + "ґєіїйщьюя"),
    "be": frozenset(_SHARED + "ёійўыьэюя") - frozenset("ищ"),
    "bg": frozenset(_SHARED + "йщъьюя"),
    "sr": frozenset(_SHARED + "ђјљњћџ"),
    "mk": frozenset(_SHARED + "ѓѕјљњќџ"),
}
SOUTH_SLAVIC = frozenset({"bg", "sr", "mk"})

# Written so alike that a sentence often fits several: the source's word decides between them.
CONFUSABLE: tuple[frozenset[str], ...] = (
    frozenset({"bs", "hr", "sr"}),
    frozenset({"id", "ms"}),
    frozenset({"nb", "nn", "da"}),
    frozenset({"cs", "sk"}),
    frozenset({"zu", "xh", "ss", "nr"}),
    frozenset({"st", "tn", "nso"}),
    frozenset({"hi", "mr", "ne", "bh", "sa"}),
    frozenset({"gl", "pt"}),
    frozenset({"bg", "mk"}),
)


@cache
def bcp47(code: str) -> str:
    """The BCP 47 tag of a language as CLD2, lid.176, GlotLID, MEDLINE or a source writes it; `und` if it says nothing.

    `zh-TW`, `zho_Hant` and the like become `zh-Hant`; of other languages only the language is kept.
    """
    parts = code.strip().lower().replace("_", "-").split("-")
    if parts[0] in _NOTHING:
        return "und"
    language = _PREFERRED.get(parts[0], parts[0])
    if language != "zh":
        return language
    rest = set(parts[1:])
    return "zh-Hant" if rest & _HANT_REGIONS else "zh-Hans" if rest & _HANS_REGIONS else "zh"


def chinese_form(tag: str) -> str:
    """`Hans` or `Hant` if the tag says which, else empty."""
    return tag[3:] if tag in ("zh-Hans", "zh-Hant") else ""


@cache
def scripts_of(tag: str) -> frozenset[str]:
    """The scripts (ISO 15924) that a language of BCP 47 is written in."""
    language = tag.split("-")[0]
    if language in ("zh", "lzh", "yue", "wuu"):
        return frozenset(_CHINESE)
    found = {script for script, languages in _WRITTEN.items() if language in languages}
    return frozenset(found | {"Latn"} if not found or language in _ALSO_LATIN else found)
