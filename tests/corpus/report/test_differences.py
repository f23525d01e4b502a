"""Passages that overlap are joined, and what is joined still says what the two texts say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corpus.clusters_drawn import passages
from corpus.report.differences import NONE, Line, Passage, lines, side_by_side

WORDS = st.lists(st.sampled_from("one two three four five".split()), min_size=1, max_size=60).map(" ".join)


def spelt(line: Line, side: int) -> str:
    changed = [change[side] for change in line.changes]
    return "".join(text + change for text, change in zip(line.text, [*changed, ""], strict=True))


@given(WORDS, WORDS)
def test_what_is_joined_is_what_stands_in_the_texts(one: str, other: str) -> None:
    drawn: list[Passage] = [Passage(**passage) for passage in passages(one, other)]  # type: ignore[typeddict-item]
    joined = lines(drawn)
    assert [change for line in joined for change in line.changes] == [(p["one"], p["other"]) for p in drawn]
    for line in joined:
        assert spelt(line, 0) in one


def test_places_that_lie_close_together_are_one_line() -> None:
    one, other = "家庭血压测量应当安静", "家庭血壓測量應當安靜"
    joined = lines([Passage(**passage) for passage in passages(one, other)])  # type: ignore[typeddict-item]
    assert len(joined) == 1
    assert spelt(joined[0], 0) == one
    assert spelt(joined[0], 1) == other


def test_places_that_lie_apart_are_two_lines() -> None:
    far = " and so on" * 20
    joined = lines([Passage(**passage) for passage in passages(f"81 mg{far} 7 days", f"325 mg{far} 14 days")])  # type: ignore[typeddict-item]
    assert [line.changes for line in joined] == [[("81", "325")], [("7", "14")]]


def test_what_only_one_side_has_is_marked_and_the_other_shows_a_sign() -> None:
    left, right = side_by_side([Passage(before="is ", one="", other="not ", after="given")], "en")
    assert f'<mark class="m-a nothing" title="nothing stands here">{NONE}</mark>' in left
    assert '<mark class="m-b">not </mark>given' in right
    assert 'lang="en"' in left
    assert "…" not in left


def test_a_text_that_goes_on_says_so_and_does_not_begin_with_the_end_of_a_sentence() -> None:
    passage = Passage(before=". " + "a" * 46, one="1", other="2", after="b" * 48)
    left, _ = side_by_side([passage], None)
    assert "…aaaa" not in left[:40] or "…." not in left
    assert left.count("…") == 2


def test_a_pair_that_differs_everywhere_is_cut() -> None:
    apart = [Passage(before="x" * 48, one="y" * 500, other="z" * 500, after="w" * 48) for _ in range(6)]
    cells = side_by_side(apart, None)
    assert len(cells) == 6
    assert max(map(len, cells)) < 500
