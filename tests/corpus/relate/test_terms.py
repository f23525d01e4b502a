"""Terms of a list in the place of one another; and the errors of a list that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UserError
from corpus.relate import terms
from corpus.relate.terms import Terms, files, hashes, load

KNOWN = Terms(
    [
        "metformin",
        "glipizide",
        "insulin",
        "insulin glargine",
        "insulin lispro",
        "b12",
        "阿莫西林",
        "阿奇霉素",
        "甘草",
    ]
)


def at(text: str, part: str) -> tuple[int, int]:
    """Where a part stands."""
    start = text.index(part)
    return start, start + len(part)


def swapped(one: str, part: str, other: str, other_part: str, known: Terms = KNOWN) -> tuple[str, str] | None:
    found = known.substituted(one, at(one, part), other, at(other, other_part))
    back = known.substituted(other, at(other, other_part), one, at(one, part))
    assert back == (found and found[::-1])
    return found


@pytest.mark.parametrize(
    ("one", "part", "other", "other_part", "pair"),
    [
        ("take metformin daily", "metformin", "take glipizide daily", "glipizide", ("metformin", "glipizide")),
        ("服用阿莫西林胶囊", "莫西林", "服用阿奇霉素胶囊", "奇霉素", ("阿莫西林", "阿奇霉素")),
        ("insulin glargine now", "glargine", "insulin lispro now", "lispro", ("insulin glargine", "insulin lispro")),
        ("metformin", "metformin", "glipizide", "glipizide", ("metformin", "glipizide")),
        ("(metformin)", "metformin", "(insulin)", "insulin", ("metformin", "insulin")),
        ("服metformin片", "metformin", "服glipizide片", "glipizide", ("metformin", "glipizide")),
        ("b12 lack", "b12", "insulin lack", "insulin", ("b12", "insulin")),
        ("take metformin or insulin", "metformin or", "take glipizide", "glipizide", ("metformin", "glipizide")),
    ],
)
def test_one_term_in_the_place_of_another_is_found_whole(one, part, other, other_part, pair):
    assert swapped(one, part, other, other_part) == pair


@pytest.mark.parametrize(
    ("one", "part", "other", "other_part"),
    [
        ("take metformin daily", "metformin", "take rosiglitazone daily", "rosiglitazone"),
        ("take rosiglitazone daily", "rosiglitazone", "take pioglitazone daily", "pioglitazone"),
        ("take metformin daily", "metformin", "take metformin daily", "metformin"),
        ("take metformin daily", "daily", "take glipizide daily", "daily"),
        ("xmetformin daily", "xmetformin", "glipizide daily", "glipizide"),
        ("metforminx daily", "metforminx", "glipizide daily", "glipizide"),
        ("metformin5 daily", "metformin5", "glipizide daily", "glipizide"),
        ("metformin once", "once", "glipizide daily", "daily"),
        ("take insulin daily", "insulin", "take insulin, daily", "insulin,"),
    ],
)
def test_no_term_or_the_same_term_or_part_of_a_word_is_no_substitution(one, part, other, other_part):
    assert swapped(one, part, other, other_part) is None


def test_a_longer_term_hides_the_shorter_one_inside_it():
    assert swapped("insulin glargine", "glargine", "insulin", "insulin") == ("insulin glargine", "insulin")
    assert swapped("insulin glargine", "insulin", "insulin lispro", "insulin") == ("insulin glargine", "insulin lispro")


def test_a_term_inside_a_longer_one_does_not_stand_there_itself():
    known = Terms(["insulin glargine", "glargine"])
    pair = swapped("insulin glargine now", "insulin glargine", "glargine now", "glargine", known)
    assert pair == ("insulin glargine", "glargine")


def test_a_place_between_two_words_touches_no_term():
    one, other = "take metformin daily", "take daily"
    assert KNOWN.substituted(one, at(one, "metformin"), other, (5, 5)) is None


def test_a_list_of_single_characters_or_of_nothing_finds_nothing():
    for known in (Terms([]), Terms(["a", "", "药"])):
        assert swapped("a 药", "a", "药 a", "药", known) is None


@given(st.lists(st.sampled_from(["metformin", "insulin", "glipizide", "and", "甘草", ","]), max_size=8), st.data())
def test_the_terms_at_a_span_are_those_that_overlap_it(words, data):
    text = " ".join(words)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    places, position = [], 0
    for word in words:
        places.append((word, position, position + len(word)))
        position += len(word) + 1
    single = Terms(["metformin", "insulin", "glipizide", "甘草"])
    expected = {word for word, a, b in places if a < end and b > start and len(word) > 1 and word != "and"}
    assert single._at(text, (start, end)) == expected


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_list_is_folded_as_the_texts_are(tmp_path):
    lists = [
        write(tmp_path / "en.txt", "\ufeffMetformin\r\n  Glipizide  \n\nＩｎｓｕｌｉｎ\n".encode()),
        write(tmp_path / "zh.txt", "阿莫西林\n甘草\n黃芪\n".encode()),
    ]
    known = load(lists)
    assert known is not None
    assert swapped("metformin", "metformin", "insulin", "insulin", known) == ("metformin", "insulin")
    assert swapped("服黄芪", "黄芪", "服甘草", "甘草", known) == ("黄芪", "甘草")


def test_without_a_file_there_are_no_terms():
    assert load([]) is None


def test_a_missing_list_a_list_of_another_encoding_and_a_giant_one_are_told_to_the_user(tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"No such file[^$]*relate\.terms"):
        load([tmp_path / "none.txt"])
    with pytest.raises(UserError, match="not UTF-8"):
        load([write(tmp_path / "gbk.txt", "阿莫西林".encode("gbk"))])
    monkeypatch.setattr(terms, "LARGEST", 3)
    with pytest.raises(UserError, match="larger than"):
        load([write(tmp_path / "large.txt", b"abcd")])


def test_files_are_looked_for_beside_the_recipe_and_a_missing_one_stops_the_build(tmp_path, monkeypatch):
    monkeypatch.setenv("LISTS", "lists")
    (tmp_path / "lists").mkdir()
    path = write(tmp_path / "lists" / "drugs.txt", b"aspirin\n")
    assert files("lists/drugs.txt", tmp_path) == files(("$LISTS/drugs.txt",), tmp_path) == [path]
    assert files("", tmp_path) == files((), tmp_path) == []
    with pytest.raises(UserError, match=r"is not there[^$]*none\.txt"):
        files(["lists/drugs.txt", "none.txt"], tmp_path)


def test_a_changed_list_has_another_hash(tmp_path):
    path = write(tmp_path / "drugs.txt", b"aspirin\n")
    before = hashes([path])
    write(path, b"aspirin\nheparin\n")
    assert hashes([path]) != before
    assert len(before[0]) == 64
