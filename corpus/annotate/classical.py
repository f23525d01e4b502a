"""Which Han characters speak for classical Chinese and which for modern, as weights.

Data only, read by `corpus/annotate/language.py`, which adds the weights up over a text. Classical prose lives on
particles and pronouns that modern prose has given up (之 乎 者 也 became 的 吗 了), and modern prose on words for
things that had no name then (检查, 抗, 腺, 酶). Prescriptions have few particles, so the signs of the pharmacist (末 钱
炙) count a little.

The characters were chosen by their frequency in 73,355 chapters of dated classical medical books and 25,445 modern
texts (drug monographs, consultations, hotel reviews, web pages), on one half of them by hash; benchmarks/language.py
reports the other half. Left out are 者 以 于 为, as frequent in modern medical text (患者, 用于), and names of herbs,
organs and diseases, which are about medicine and not about the language.
"""

from __future__ import annotations

# Characters of both written forms where they differ.
_CHARACTERS: dict[int, str] = {
    3: "曰皆亦矣乃诸諸谓謂之焉哉乎耶遂惟凡俱岂豈兮欤歟毋吾汝弗孰奚庶曷",
    1: "而其则則此故若云又各即宜至令甚盖蓋夫既犹猶须須勿倘也末钱錢两兩煎炙捣擣咀焙",
    -1: "是要对對个個会會和等患症疗療进進应應情现現炎压壓期量建素品状狀",
    -3: "的了很这這你您们們他她它么麼吗嗎呢吧那些什做给給让讓就还還没沒我到检檢查"
    "型抗腺癌胺氨酶氯钠鈉唑酰氟氧胞菌瘤院电電需该該敏低超员員",
}
WEIGHTS: dict[str, int] = {char: weight for weight, chars in _CHARACTERS.items() for char in chars}

# The sum from which a text is classical: at least this, and at least this share of its Han characters. Measured in
# benchmarks/language-2026-11.md.
THRESHOLD = 4
SHARE = 0.02
