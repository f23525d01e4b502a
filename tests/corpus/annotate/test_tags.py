"""Language tags: whatever names a language, BCP 47 comes out."""

from __future__ import annotations

import pytest

from corpus.annotate.tags import CONFUSABLE, SCRIPT_LANGUAGE, bcp47, chinese_form, scripts_of


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("en", "en"),
        ("eng", "en"),
        ("en-US", "en"),
        ("eng_Latn", "en"),
        ("chi", "zh"),
        ("zho_Hans", "zh-Hans"),
        ("zho_Hant", "zh-Hant"),
        ("cmn_Hani", "zh"),
        ("zh-Hant", "zh-Hant"),
        ("zh_TW", "zh-Hant"),
        ("zh-CN", "zh-Hans"),
        ("lzh_Hani", "lzh"),
        ("yue_Hant", "yue"),
        ("ger", "de"),
        ("deu", "de"),
        ("nor", "nb"),
        ("no", "nb"),
        ("iw", "he"),
        ("arb_Arab", "ar"),
        ("zsm_Latn", "ms"),
        ("ceb", "ceb"),
        (" EN ", "en"),
        ("", "und"),
        ("un", "und"),
        ("und", "und"),
        ("mul", "und"),
        ("xx-Goth", "und"),
    ],
)
def test_codes_become_bcp_47(code: str, tag: str) -> None:
    assert bcp47(code) == tag
    assert bcp47(tag) == tag


def test_scripts_follow_the_language() -> None:
    assert scripts_of("en") == {"Latn"}
    assert scripts_of("ru") == {"Cyrl"}
    assert scripts_of("sr") == {"Cyrl", "Latn"}
    assert scripts_of("zh-Hant") == scripts_of("lzh") == {"Hans", "Hant", "Hani"}
    assert scripts_of("ja") == {"Jpan"}
    assert scripts_of("ur") == {"Arab"}


def test_a_script_of_one_language_names_it() -> None:
    assert SCRIPT_LANGUAGE["Grek"] == "el"
    assert SCRIPT_LANGUAGE["Kore"] == "ko"
    assert not {"Cyrl", "Arab", "Deva", "Latn"} & SCRIPT_LANGUAGE.keys()


def test_the_form_of_chinese_is_read_from_the_tag() -> None:
    assert [chinese_form(tag) for tag in ("zh-Hans", "zh-Hant", "zh", "lzh", "en")] == ["Hans", "Hant", "", "", ""]


def test_confusable_languages_share_a_script() -> None:
    for group in CONFUSABLE:
        assert frozenset.intersection(*(scripts_of(tag) for tag in group))
