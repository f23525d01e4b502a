"""Tests of corpus/files.py: every way in which a file on disk differs from what its name and header promise."""

from __future__ import annotations

import gzip
import io
import random
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import files
from corpus.files import DecompressionBomb, InputFile, TruncatedFile


def on_disk(folder: Path, name: str, content: bytes) -> InputFile:
    path = folder / name
    path.write_bytes(content)
    return InputFile(str(path), name, len(content), "")


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def until_error(file: InputFile, size: int = files.CHUNK) -> tuple[bytes, Exception | None]:
    """What the file gives and how it ends."""
    given_bytes = io.BytesIO()
    try:
        for piece in file.chunks(size):
            given_bytes.write(piece)
    except (TruncatedFile, DecompressionBomb) as error:
        return given_bytes.getvalue(), error
    return given_bytes.getvalue(), None


def test_a_plain_file_is_read_as_it_is(tmp_path: Path) -> None:
    assert until_error(on_disk(tmp_path, "a.txt", b"plain\r\n")) == (b"plain\r\n", None)


def test_an_empty_file_gives_nothing(tmp_path: Path) -> None:
    assert list(on_disk(tmp_path, "a.txt", b"").chunks()) == []
    assert list(on_disk(tmp_path, "a.txt.gz", b"").chunks()) == []


def test_a_gzip_file_with_a_plain_name_is_inflated(tmp_path: Path) -> None:
    assert until_error(on_disk(tmp_path, "a.xml", gzip.compress(b"<a/>"))) == (b"<a/>", None)


def test_a_plain_file_with_a_gzip_name_is_read_as_it_is(tmp_path: Path) -> None:
    assert until_error(on_disk(tmp_path, "a.xml.gz", b"<a/>")) == (b"<a/>", None)


def test_a_file_that_merely_begins_with_two_bytes_of_the_magic_is_plain(tmp_path: Path) -> None:
    content = b"\x1f\x8b\x00 not deflate"
    assert until_error(on_disk(tmp_path, "a.bin", content)) == (content, None)


def test_a_double_colon_and_brackets_in_a_name_are_part_of_the_name(tmp_path: Path) -> None:
    for name in ("a::b.txt", "a[1]*.txt", "{a,b}.txt"):
        assert until_error(on_disk(tmp_path, name, b"x")) == (b"x", None)


@settings(max_examples=60, deadline=None)
@given(
    members=st.lists(st.binary(max_size=3000), min_size=1, max_size=4),
    repeats=st.integers(1, 40),
    padding=st.integers(0, 700),
    size=st.sampled_from([1, 7, 64, 512, 1 << 20]),
)
def test_members_one_after_the_other_read_as_one_content(
    tmp_path_factory: pytest.TempPathFactory, members: list[bytes], repeats: int, padding: int, size: int
) -> None:
    content = [member * repeats for member in members]
    packed = b"".join(gzip.compress(part) + b"\0" * padding for part in content)
    file = on_disk(tmp_path_factory.mktemp("members"), "m.gz", packed)
    got, error = until_error(file, size)
    assert error is None
    assert got == b"".join(content)
    assert all(len(piece) <= max(size, 3) for piece in file.chunks(size))


def test_padding_longer_than_a_chunk_does_not_hide_the_next_member(tmp_path: Path) -> None:
    packed = gzip.compress(b"one ") + b"\0" * 5000 + gzip.compress(b"two")
    assert until_error(on_disk(tmp_path, "m.gz", packed), 64) == (b"one two", None)


@pytest.mark.parametrize("cut", [4, 11, 400, 2000])
def test_a_truncated_stream_gives_what_came_before_and_says_so(tmp_path: Path, cut: int) -> None:
    content = noise(4000)
    got, error = until_error(on_disk(tmp_path, "t.gz", gzip.compress(content)[:cut]), 256)
    assert isinstance(error, TruncatedFile)
    assert "ends early" in str(error)
    assert content.startswith(got)
    assert len(got) > cut - 300 or cut < 20


def test_a_missing_checksum_counts_as_truncated(tmp_path: Path) -> None:
    got, error = until_error(on_disk(tmp_path, "t.gz", gzip.compress(b"whole")[:-8]))
    assert (got, type(error)) == (b"whole", TruncatedFile)


def test_a_second_member_that_is_cut_is_noticed(tmp_path: Path) -> None:
    packed = gzip.compress(b"one ") + gzip.compress(noise(2000))[:500]
    got, error = until_error(on_disk(tmp_path, "t.gz", packed))
    assert got.startswith(b"one ")
    assert isinstance(error, TruncatedFile)


def test_a_damaged_stream_is_noticed(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(noise(50_000)))
    packed[30_000] ^= 0xFF
    got, error = until_error(on_disk(tmp_path, "d.gz", bytes(packed)), 1024)
    assert isinstance(error, TruncatedFile)
    assert "damaged" in str(error)
    assert noise(50_000).startswith(got[:20_000])


def test_a_wrong_checksum_is_noticed(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b"content"))
    packed[-8] ^= 1
    assert isinstance(until_error(on_disk(tmp_path, "d.gz", bytes(packed)))[1], TruncatedFile)


def test_bytes_after_the_end_that_are_no_gzip_are_named(tmp_path: Path) -> None:
    got, error = until_error(on_disk(tmp_path, "j.gz", gzip.compress(b"content") + b"trailing junk"))
    assert got == b"content"
    assert "something follows" in str(error)


def test_a_bomb_is_refused_before_it_is_inflated_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BOMB_FLOOR", 1 << 20)
    squeeze = zlib.compressobj(9, wbits=31)
    packed = b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(40)) + squeeze.flush()
    got, error = until_error(on_disk(tmp_path, "b.gz", packed))
    assert isinstance(error, DecompressionBomb)
    assert len(got) <= 2 << 20


def test_a_bomb_behind_an_ordinary_member_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BOMB_FLOOR", 1 << 20)
    packed = gzip.compress(noise(20_000)) + gzip.compress(bytes(40 << 20), 9)
    assert isinstance(until_error(on_disk(tmp_path, "b.gz", packed))[1], DecompressionBomb)


def test_highly_regular_text_below_the_floor_is_no_bomb(tmp_path: Path) -> None:
    content = b"line\n" * 1_000_000
    assert until_error(on_disk(tmp_path, "r.gz", gzip.compress(content))) == (content, None)


def test_other_file_systems_are_read_through_fsspec() -> None:
    import fsspec

    with fsspec.open("memory://files/a.xml.gz", "wb") as out:
        out.write(gzip.compress(b"<remote/>"))
    assert until_error(InputFile("memory://files/a.xml.gz", "a.xml.gz", 0, "")) == (b"<remote/>", None)
