"""Language and script of invented texts: short, mixed, classical, damaged; the real sets where they are at hand."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.annotate import classical, language
from corpus.annotate.settings import LanguageSettings

ENGLISH = "The patients were treated with aspirin and followed for ten years after the first stroke."
CHINESE = "患者接受阿司匹林治疗，并在首次卒中后随访十年，结果显示复发率明显下降。"
TRADITIONAL = "患者接受阿司匹林治療，並在首次中風後隨訪十年，結果顯示復發率明顯下降。"
CLASSICAL = "夫病之始生也，极微极精，必先入结于皮肤。故曰：上工治未病，不治已病，此之谓也。"
JAPANESE = "患者はアスピリンで治療され、最初の脳卒中の後、十年間追跡された。"
KOREAN = "환자들은 아스피린으로 치료를 받았고 첫 뇌졸중 이후 십 년 동안 추적되었다."
GERMAN = "Die Patienten wurden mit Aspirin behandelt und nach dem ersten Schlaganfall zehn Jahre lang beobachtet."


def facts_of(*texts: str, declared: str = "und") -> list[dict[str, object]]:
    frame = pl.DataFrame(
        {"text": list(texts), "language": [declared] * len(texts)}, schema_overrides={"text": pl.String}
    )
    facts = language.annotate(frame, None)
    return [
        {name.removeprefix("language."): value for name, value in row.items()} for row in facts.iter_rows(named=True)
    ]


def tag(text: str, declared: str = "und") -> object:
    return facts_of(text, declared=declared)[0]["tag"]


@pytest.mark.parametrize(
    ("text", "its_tag", "script"),
    [
        (ENGLISH, "en", "Latn"),
        (GERMAN, "de", "Latn"),
        (CHINESE, "zh-Hans", "Hans"),
        (TRADITIONAL, "zh-Hant", "Hant"),
        (CLASSICAL, "lzh", "Hans"),
        (JAPANESE, "ja", "Jpan"),
        (KOREAN, "ko", "Kore"),
        ("Пациенты получали аспирин и наблюдались в течение десяти лет после первого инсульта.", "ru", "Cyrl"),
        ("Οι ασθενείς έλαβαν ασπιρίνη και παρακολουθήθηκαν για δέκα χρόνια.", "el", "Grek"),
        ("تلقى المرضى الأسبرين وتمت متابعتهم لمدة عشر سنوات بعد السكتة الأولى.", "ar", "Arab"),
    ],
)
def test_a_sentence_gets_its_language_and_script(text: str, its_tag: str, script: str) -> None:
    row = facts_of(text)[0]
    assert (row["tag"], row["script"], row["second"]) == (its_tag, script, None)
    assert float(str(row["confidence"])) > 0.8
    assert row["share"] == pytest.approx(1.0)


def test_han_characters_without_kana_are_chinese() -> None:
    assert tag("高血压") == "zh-Hans"
    assert tag("糖尿病") == "zh"
    assert tag("高血壓") == "zh-Hant"


def test_a_stray_kana_does_not_make_chinese_japanese() -> None:
    assert tag("维生素の秘密：" + CHINESE) == "zh-Hans"


def test_characters_that_only_japanese_has_tell_it_without_kana() -> None:
    assert tag("高血圧症治療薬") == "ja"
    assert tag("高血圧症", "zh") != "ja"
    assert tag("藥物説明書") == tag("子宮腔裏的胎兒") == "zh-Hant"


def test_a_short_text_keeps_the_declared_language_if_the_script_allows_it() -> None:
    assert tag("Diabetes") == "und"
    assert tag("Diabetes", "en") == "en"
    assert tag("Diabetes", "ger") == "de"
    assert tag("Diabetes", "zh") == "und"
    assert tag("糖尿病", "ja") == "ja"
    assert tag("糖尿病", "zh-TW") == "zh-Hant"
    assert tag("糖尿病", "en") == "zh"


def test_a_transliterated_title_keeps_its_declared_language() -> None:
    row = facts_of("Gruppy krovi u bol'nykh rakom podzheludochnoĭ zhelezy", declared="rus")[0]
    assert (row["tag"], row["script"], row["declared"]) == ("ru-Latn", "Latn", True)
    assert tag(ENGLISH, "rus") == "en"


def test_a_long_text_overrules_the_declared_language() -> None:
    row = facts_of(GERMAN, declared="en")[0]
    assert (row["tag"], row["declared"]) == ("de", False)


def test_the_declared_language_decides_between_near_relatives() -> None:
    text = "Pasien menerima aspirin dan dirawat di rumah sakit selama sepuluh hari karena serangan jantung."
    assert tag(text) == "id"
    assert tag(text, "ms") == "ms"
    assert tag(text, "de") == "id"


def test_whether_the_declared_language_was_found_is_recorded() -> None:
    assert [facts_of(CHINESE, declared=said)[0]["declared"] for said in ("und", "zh", "zh-Hans", "zh-Hant", "en")] == [
        None, True, True, False, False,
    ]  # fmt: skip
    assert facts_of(CLASSICAL, declared="chi")[0]["declared"] is True
    assert facts_of("1,5 ± 0,2", declared="en")[0]["declared"] is None


def test_text_without_letters_has_no_language() -> None:
    for text in ("", "  \n", "12.5 ± 0.3 (95 %)", "。，", "\ufffd\ufffe"):
        row = facts_of(text, declared="en")[0]
        assert (row["tag"], row["confidence"], row["script"], row["share"]) == ("und", 0.0, "Zyyy", 0.0)


def test_a_mixed_text_names_both_languages_and_the_share_of_the_first() -> None:
    row = facts_of(CHINESE * 3 + "\n\n" + ENGLISH)[0]
    assert (row["tag"], row["second"]) == ("zh-Hans", "en")
    assert 0.6 < float(str(row["share"])) < 0.9
    row = facts_of(ENGLISH * 4 + "\n\n" + CHINESE)[0]
    assert (row["tag"], row["second"]) == ("en", "zh-Hans")
    row = facts_of(f"{ENGLISH} {ENGLISH} {GERMAN}")[0]
    assert (row["tag"], row["second"]) == ("en", "de")
    assert 0.5 < float(str(row["share"])) < 0.8


def test_an_abstract_in_the_middle_of_a_long_page_is_noticed() -> None:
    row = facts_of(ENGLISH * 20 + CHINESE * 5 + ENGLISH * 20)[0]
    assert (row["tag"], row["second"]) == ("en", "zh-Hans")


def test_symbols_and_abbreviations_are_no_second_language() -> None:
    assert (
        facts_of("患者IL-6、TNF-α、CD4水平升高，EGFR阳性，予以阿司匹林100 mg口服治疗，随访三个月。")[0]["second"]
        is None
    )
    assert facts_of(f"α and β receptors: {ENGLISH}")[0]["second"] is None


def test_names_in_latin_letters_do_not_rule_a_chinese_text() -> None:
    for text in ("检测EGFR、KRAS、BRAF、PIK3CA、HER2、ALK、ROS1、MET突变，予Osimertinib、Gefitinib、Trastuzumab治疗",
                 "患者 aspirin " * 50):  # fmt: skip
        assert facts_of(text)[0]["tag"] in ("zh-Hans", "zh")


def test_classical_chinese_is_told_from_modern_by_its_particles() -> None:
    assert tag(CLASSICAL) == "lzh"
    assert tag("夫病之始生也，極微極精，必先入結於皮膚。故曰：上工治未病，此之謂也。") == "lzh"
    assert tag("本品适用于高血压患者的治疗。用法：口服，一次一片，一日两次。孕妇慎用。") == "zh-Hans"
    assert tag("我们认为这个病是可以治疗的，所以你不要担心。") == "zh-Hans"


def test_a_prescription_without_particles_is_classical_if_its_source_says_so() -> None:
    text = "当归、川芎、白芍、熟地黄"
    assert tag(text) == "zh-Hans"
    assert tag(text, "lzh") == "lzh"
    assert tag("我们认为这个病是可以治疗的", "lzh") == "zh-Hans"


def test_the_weights_of_classical_chinese_are_characters_of_one_kind() -> None:
    assert all(len(char) == 1 and -3 <= weight <= 3 for char, weight in classical.WEIGHTS.items())
    assert sum(map(len, classical._CHARACTERS.values())) == len(classical.WEIGHTS)
    assert not set("者以于为後后") & classical.WEIGHTS.keys()


def test_cyrillic_letters_correct_the_identifier() -> None:
    assert tag("Мур постоянно занят проблемой самоидентификации — социальной, культурной, групповой.") == "ru"
    assert tag("Меѓу другото, пациентите ќе бидат следени уште две години по операцијата.") == "mk"


def test_control_characters_and_noncharacters_do_no_harm() -> None:
    assert tag(f"\x00\x01{ENGLISH}\x7f\ufdd0\ufffe\U0001fffe") == "en"
    assert tag(ENGLISH.replace(" ", "\x0c")) == "en"
    assert language.annotate(pl.DataFrame({"text": ["a\0b", None], "language": [None, None]},
                                          schema={"text": pl.String, "language": pl.String})).height == 2  # fmt: skip


def test_the_columns_and_types_are_those_documented() -> None:
    for frame in (pl.DataFrame(schema={"text": pl.String, "language": pl.String}),
                  pl.DataFrame({"text": [ENGLISH], "language": ["en"]})):  # fmt: skip
        facts = language.annotate(frame)
        assert facts.columns == [fact.name for fact in language.FACTS]
        assert [str(dtype) for dtype in facts.dtypes] == [fact.dtype for fact in language.FACTS]


TEXTS = st.one_of(
    st.sampled_from([ENGLISH, CHINESE, TRADITIONAL, CLASSICAL, JAPANESE, KOREAN, GERMAN, "", "Diabetes", "高血圧"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.lists(st.sampled_from([ENGLISH, CHINESE, JAPANESE, "β", "\x00", "1.5 mg"]), max_size=12).map(" ".join),
)


@given(
    st.lists(st.tuples(TEXTS, st.sampled_from(["und", "en", "zh", "ja", "lzh", "rus"])), max_size=8), st.integers(0, 8)
)
def test_facts_do_not_depend_on_batch_cuts(rows: list[tuple[str, str]], cut: int) -> None:
    frame = pl.DataFrame(rows, schema={"text": pl.String, "language": pl.String}, orient="row")
    whole = language.annotate(frame)
    assert pl.concat([language.annotate(frame[:cut]), language.annotate(frame[cut:])]).equals(whole)
    assert language.annotate(frame.reverse()).reverse().equals(whole)
    assert whole["language.confidence"].is_between(0, 1).all()
    assert whole["language.share"].is_between(0, 1).all()
    assert (whole["language.second"].fill_null("-") != whole["language.tag"]).all()


def test_cld2_needs_no_resource() -> None:
    assert language.resources(None) == {}
    assert language.resources(LanguageSettings()) == {}


REAL = pytest.mark.skipif("MATERIA_REAL_DATA" not in os.environ, reason="MATERIA_REAL_DATA is not set: no real texts")


@REAL
def test_real_english_abstracts_and_chinese_monographs_are_what_they_are() -> None:
    amber = Path(os.environ["MATERIA_REAL_DATA"], "amber")
    with (amber / "abstracts_cohen2006" / "ADHD.csv").open(encoding="utf-8", newline="") as lines:
        abstracts = [row["abstract"] for row in csv.DictReader(lines) if len(row["abstract"]) > 200]
    assert len(abstracts) > 500
    assert {row["tag"] for row in facts_of(*abstracts)} == {"en"}
    monographs = json.loads((amber / "zh_drug_monographs" / "drug.json").read_text("utf-8"))
    assert {row["tag"] for row in facts_of(*monographs)} == {"zh-Hans"}


@REAL
def test_real_classical_chapters_are_mostly_classical() -> None:
    book = Path(os.environ["MATERIA_REAL_DATA"], "amber", "zh_tcm_books_gb18030", "437-黄帝内经素问.txt")
    chapters = [part for part in book.read_text("gb18030", errors="replace").split("<篇名>") if len(part) > 200]
    tags = [row["tag"] for row in facts_of(*chapters)]
    assert len(tags) > 50
    assert tags.count("lzh") / len(tags) > 0.95
