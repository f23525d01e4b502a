"""The decoder finds the encoding of real kinds of text and says when it was told the wrong one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.text.decode import Undecodable, canonical, decode

HANS = "高血压患者应定期测量血压,遵医嘱服药。饮食宜清淡,每日食盐不超过5克;戒烟限酒,适量运动。"
HANT = "高血壓患者應定期測量血壓,遵醫囑服藥。飲食宜清淡,每日食鹽不超過5克;戒菸限酒,適量運動。"
CLASSICAL = "太阳病,头痛发热,汗出恶风者,桂枝汤主之。夫病脉证并治,观其脉证,知犯何逆,随证治之。"
JAPANESE = "高血圧の患者は定期的に血圧を測り、医師の指示どおりに薬を服用してください。塩分は控えめに。"
KOREAN = "고혈압 환자는 정기적으로 혈압을 측정하고 의사의 지시에 따라 약을 복용해야 합니다."
FRENCH = "L’hypertension artérielle élevée doit être traitée : régime pauvre en sel, activité régulière, médicaments."

CASES = [
    ("gb18030", HANS, "gb18030"),
    ("gb18030", CLASSICAL, "gb18030"),
    ("big5", HANT, "big5"),
    ("cp932", JAPANESE, "shift_jis"),
    ("euc_jp", JAPANESE, "euc-jp"),
    ("iso2022_jp", JAPANESE, "iso-2022-jp"),
    ("cp949", KOREAN, "euc-kr"),
    ("cp1252", FRENCH, "windows-1252"),
    ("utf-8", HANS, "utf-8"),
    ("utf-8-sig", HANS, "utf-8"),
    ("utf-16", HANS + "\n", "utf-16-le"),
]


def as_written(text: str, codec: str) -> bytes:
    """The text in `codec`, without what that encoding cannot say."""
    return text.encode(codec, "ignore")


@pytest.mark.parametrize(("codec", "text", "encoding"), CASES)
def test_the_encoding_is_found_without_a_declaration(codec: str, text: str, encoding: str) -> None:
    raw = as_written(text * 3, codec)
    decoded = decode(raw)
    assert decoded.encoding == encoding
    assert decoded.text == raw.decode(codec)
    assert not decoded.replaced
    assert not decoded.wrong_declared


@pytest.mark.parametrize(("codec", "text", "encoding"), CASES)
@pytest.mark.parametrize("declared", ["iso-8859-1", "gb2312", "big5", "Shift_JIS", "utf-8", "no-such-thing"])
def test_a_wrong_declaration_is_overruled_and_reported(codec: str, text: str, encoding: str, declared: str) -> None:
    raw = as_written(text * 3, codec)
    decoded = decode(raw, declared)
    assert decoded.text == raw.decode(codec)
    assert decoded.wrong_declared == (canonical(declared) != encoding)


@pytest.mark.parametrize(("codec", "text"), [("gb18030", HANS), ("big5", HANT), ("cp932", JAPANESE), ("cp949", KOREAN)])
def test_a_dozen_characters_are_enough(codec: str, text: str) -> None:
    raw = as_written(text[:12], codec)
    assert decode(raw).text == raw.decode(codec)


def test_utf16_without_a_mark_is_recognised_in_both_orders() -> None:
    for codec in ("utf-16-le", "utf-16-be"):
        assert decode(("血压 120/80 mmHg\n" + HANS).encode(codec)).text.startswith("血压 120/80 mmHg\n")


def test_labels_mean_their_superset_as_in_browsers() -> None:
    assert canonical("GB2312") == canonical("gbk") == "gb18030"
    assert canonical(" 'ISO-8859-1' ") == "windows-1252"
    assert decode("朱镕基 麴".encode("gb18030"), "gb2312").text == "朱镕基 麴"  # characters GB 2312 lacks
    assert decode(b"\x93quoted\x94", "latin1").text == "“quoted”"


@pytest.mark.parametrize("label", ["utf-7", "rot13", "zlib", "idna", "unicode_escape", "", "\x00"])
def test_codecs_that_are_no_text_encoding_are_not_believed(label: str) -> None:
    assert canonical(label) == ""
    assert decode(b"+ADw-script+AD4-", label).text == "+ADw-script+AD4-"


def test_an_alphabet_that_cannot_be_guessed_is_read_as_declared() -> None:
    russian = "Артериальная гипертензия требует регулярного измерения давления."
    assert decode(russian.encode("cp1251"), "windows-1251").text == russian
    with pytest.raises(Undecodable):
        decode(russian.encode("cp1251"))


def test_few_bad_bytes_are_replaced_and_counted() -> None:
    raw = as_written(HANS * 100, "gb18030")
    decoded = decode(raw[:1000] + b"\xff" + raw[1000:])
    assert decoded.encoding == "gb18030"
    assert decoded.replaced == 1
    assert decoded.text.count("\ufffd") == 1
    assert decoded.text.endswith(HANS)


def test_a_cut_utf8_text_stays_utf8() -> None:
    decoded = decode((HANS * 5).encode()[:-1])
    assert (decoded.encoding, decoded.replaced) == ("utf-8", 1)


def test_damage_in_a_text_that_is_nearly_all_ascii_costs_only_itself() -> None:
    english = "The dose was 5 mg twice daily for two weeks, and the patient recovered. " * 20
    assert decode(english.encode() + b"\xff\xfe\xff").replaced == 3
    mixed = decode(english.encode() + "≥5 µg, 2–3 days, ×109".encode() + b"\xff \xfe")
    assert (mixed.encoding, mixed.replaced) == ("utf-8", 2)
    with pytest.raises(Undecodable):
        decode(b"\xff\x80\x81\xff")


def test_many_bad_bytes_are_refused() -> None:
    raw = as_written(HANS, "gb18030")
    with pytest.raises(Undecodable):
        decode((raw + b"\xff\xff\xff ") * 50)


def test_a_replacement_character_of_the_author_is_not_counted() -> None:
    assert decode(("damaged before our time: \ufffd " + HANS).encode()).replaced == 0


@pytest.mark.parametrize("raw", [bytes(range(256)) * 40, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(500)])
def test_binary_is_no_text(raw: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(raw)


def test_nothing_is_decoded_to_nothing() -> None:
    assert decode(b"") == ("", "utf-8", 0, False)
    assert decode(b"", "gb2312").text == ""


def test_ascii_contradicts_no_declaration() -> None:
    assert not decode(b"plain", "gb2312").wrong_declared


@settings(deadline=None)  # the machine may be busy
@given(st.text())
def test_utf8_is_read_back_whatever_was_declared(text: str) -> None:
    decoded = decode(b"\xef\xbb\xbf" + text.encode(), "shift_jis")
    assert decoded.text == text


@settings(deadline=None)  # the machine may be busy
@given(st.binary(max_size=400), st.sampled_from(["", "gb2312", "big5", "utf-16", "cp1251", "x-unknown"]))
def test_any_bytes_are_decoded_or_refused(raw: bytes, declared: str) -> None:
    try:
        decoded = decode(raw, declared)
    except Undecodable:
        return
    assert decoded.text.count("\ufffd") >= decoded.replaced > -1


def test_the_real_books_are_all_gb18030_and_one_has_bad_bytes() -> None:
    root = os.environ.get("MATERIA_REAL_DATA")
    books = sorted(Path(root, "amber/zh_tcm_books_gb18030").glob("*.txt")) if root else []
    if not books:
        pytest.skip("MATERIA_REAL_DATA is not set")
    read = [decode(book.read_bytes()) for book in books[::10] + [b for b in books if b.name.startswith("203-")]]
    assert {book.encoding for book in read} == {"gb18030"}
    assert [book.replaced for book in read if book.replaced] == [2]
