"""Tests of corpus/listing.py, corpus/walk.py and corpus/identity.py: which files a path means, and when one changed."""

from __future__ import annotations

import hashlib
import os
import socket
import sqlite3
import time
import unicodedata
from pathlib import Path

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import identity
from corpus.errors import UserError
from corpus.files import InputFile
from corpus.identity import identify
from corpus.listing import list_files, offered
from corpus.sources.settings import TextSettings

SUFFIXES = (".txt", ".md")
UNPRIVILEGED = pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")


def tree(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"content of {name}")


def listed(base: Path | str, *paths: str) -> list[InputFile]:
    path = paths[0] if len(paths) == 1 else paths
    return list_files(TextSettings(kind="text", name="notes", path=path), str(base), SUFFIXES)


def names(base: Path | str, *paths: str) -> list[str]:
    return [file.name for file in listed(base, *paths)]


def refused(base: Path | str, *paths: str) -> UserError:
    with pytest.raises(UserError) as error:
        listed(base, *paths)
    return error.value


def test_a_folder_gives_its_files_by_suffix_at_any_depth_sorted_by_name(tmp_path: Path) -> None:
    tree(tmp_path, "in/b.txt", "in/a.md", "in/sub/deep/c.TXT", "in/d.txt.gz", "in/e.pdf", "in/f.csv.gz", "out.txt")
    assert names(tmp_path, "in") == ["a.md", "b.txt", "d.txt.gz", "sub/deep/c.TXT"]


def test_names_do_not_depend_on_where_the_folder_stands(tmp_path: Path) -> None:
    tree(tmp_path, "one/in/sub/a.txt", "two/else/in/sub/a.txt")
    assert names(tmp_path / "one", "in") == names(tmp_path / "two" / "else", "in") == ["sub/a.txt"]
    assert names(tmp_path, f"{tmp_path}/one/in") == ["sub/a.txt"]
    assert names(tmp_path / "one", f"file://{tmp_path}/one/in") == ["sub/a.txt"]


def test_paths_are_relative_to_the_recipe_and_may_lead_upwards(tmp_path: Path) -> None:
    tree(tmp_path, "data/a.txt", "recipes/x.toml")
    assert names(tmp_path / "recipes", "../data") == ["a.txt"]
    assert listed(tmp_path / "recipes", "../data")[0].url == str(tmp_path / "data" / "a.txt")


def test_a_file_named_outright_is_taken_whatever_its_suffix(tmp_path: Path) -> None:
    tree(tmp_path, "in/a.dat")
    (file,) = listed(tmp_path, "in/a.dat")
    assert (file.name, file.size, file.identity) == ("a.dat", len("content of in/a.dat"), "")


def test_a_glob_takes_what_it_matches_and_names_it_below_its_fixed_folder(tmp_path: Path) -> None:
    tree(tmp_path, "in/2024/a.txt", "in/2024/b.dat", "in/2025/a.txt", "in/2025/x/a.txt", "in/top.txt")
    assert names(tmp_path, "in/*/a.txt") == ["2024/a.txt", "2025/a.txt"]
    assert names(tmp_path, "in/**/a.txt") == ["2024/a.txt", "2025/a.txt", "2025/x/a.txt"]
    assert names(tmp_path, "in/2024/*.dat") == ["b.dat"]
    assert names(tmp_path, "in/202[45]/?.txt") == ["2024/a.txt", "2025/a.txt"]


def test_a_bare_star_offers_only_files_of_the_kind(tmp_path: Path) -> None:
    tree(tmp_path, "in/a.txt", "in/b.pdf", "in/sub/c.txt")
    assert names(tmp_path, "in/*") == ["a.txt"]
    assert names(tmp_path, "in/**") == ["a.txt", "sub/c.txt"]


def test_a_glob_that_matches_folders_means_what_is_in_them(tmp_path: Path) -> None:
    tree(tmp_path, "in/y2024/a.txt", "in/y2025/sub/a.txt", "in/other/a.txt")
    assert names(tmp_path, "in/y*") == ["y2024/a.txt", "y2025/sub/a.txt"]


def test_brackets_in_a_real_name_are_no_pattern(tmp_path: Path) -> None:
    tree(tmp_path, "in/notes[1].txt", "in/notes1.txt")
    assert names(tmp_path, "in/notes[1].txt") == ["notes[1].txt"]


def test_leftovers_and_hidden_files_are_passed_over(tmp_path: Path) -> None:
    tree(
        tmp_path, "in/a.txt", "in/.hidden.txt", "in/.git/b.txt", "in/a.txt~", "in/#a.txt#", "in/~$a.txt",
        "in/x.txt.part", "in/x.txt.tmp", "in/__MACOSX/a.txt", "in/.DS_Store", "in/._a.txt", "in/a.txt.crdownload",
    )  # fmt: skip
    assert names(tmp_path, "in") == ["a.txt"]


def test_a_file_found_by_two_paths_is_read_once_whatever_their_order(tmp_path: Path) -> None:
    tree(tmp_path, "in/a.txt", "in/sub/b.txt")
    assert names(tmp_path, "in", "in/sub/*.txt", "in/a.txt") == ["a.txt", "sub/b.txt"]
    assert names(tmp_path, "in/sub/*.txt", "in/a.txt", "in") == ["a.txt", "sub/b.txt"]


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    tree(tmp_path, "one/a.txt", "two/a.txt")
    error = refused(tmp_path, "one", "two")
    assert "both named 'a.txt'" in error.what
    assert "one/a.txt" in error.where
    assert "two/a.txt" in error.where


def test_a_path_that_does_not_exist_is_named_with_the_likeliest(tmp_path: Path) -> None:
    tree(tmp_path, "books/a.txt")
    error = refused(tmp_path, "boks")
    assert error.what == "There is no such file or folder."
    assert 'path = "boks" in [[source]] "notes"' in error.where
    assert error.mend == "did you mean 'books'?"
    assert refused(tmp_path, "boks/old/a.txt").mend == "did you mean 'books'?"
    assert "relative to the recipe" in refused(tmp_path, "nowhere/at/all").mend
    assert "no such" in refused(tmp_path, "nowhere/*.txt").what


def test_a_folder_without_such_files_says_what_there_is(tmp_path: Path) -> None:
    tree(tmp_path, "in/a.pdf", "in/b.pdf", "in/README", "in/c.docx")
    error = refused(tmp_path, "in")
    assert "2 .pdf, 1 .docx, 1 no suffix" in error.mend
    assert ".txt, .md" in error.mend
    (tmp_path / "empty").mkdir()
    assert "what is there: nothing" in refused(tmp_path, "empty").mend
    assert "'*.rst'" in refused(tmp_path, "in/*.rst").what


def test_a_pattern_that_is_none_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, "in/a.txt")
    assert "no pattern" in refused(tmp_path, "in/**.txt").what


def test_loops_of_links_end_and_real_folders_give_the_names(tmp_path: Path) -> None:
    tree(tmp_path, "in/real/a.txt", "elsewhere/b.txt")
    (tmp_path / "in/real/loop").symlink_to(tmp_path / "in")
    (tmp_path / "in/alias").symlink_to(tmp_path / "in/real")
    (tmp_path / "in/linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in/self").symlink_to(tmp_path / "in/self")
    (tmp_path / "in/one.txt").symlink_to(tmp_path / "elsewhere/b.txt")
    assert names(tmp_path, "in") == ["linked/b.txt", "one.txt", "real/a.txt"]
    assert names(tmp_path, "in/**/*.txt") == ["linked/b.txt", "one.txt", "real/a.txt"]


def test_a_link_that_leads_nowhere_stops_the_build(tmp_path: Path) -> None:
    tree(tmp_path, "in/a.txt")
    (tmp_path / "in/gone.txt").symlink_to("missing.txt")
    assert "points to 'missing.txt'" in refused(tmp_path, "in").what
    assert "points to 'missing.txt'" in refused(tmp_path, "in/gone.txt").what


def test_what_is_no_file_is_passed_over_in_a_folder_and_refused_by_name(tmp_path: Path) -> None:
    tree(tmp_path, "in/a.txt")
    os.mkfifo(tmp_path / "in/pipe.txt")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "in" / "s.txt"))
        assert names(tmp_path, "in") == ["a.txt"]
    assert "neither a file nor a folder" in refused(tmp_path, "in/pipe.txt").what


@UNPRIVILEGED
def test_what_may_not_be_read_is_named_with_the_cure(tmp_path: Path) -> None:
    tree(tmp_path, "in/sub/a.txt", "b.txt")
    (tmp_path / "in/sub").chmod(0)
    (tmp_path / "b.txt").chmod(0)
    try:
        for path in ("in", "b.txt"):
            assert "chmod" in refused(tmp_path, path).mend
    finally:
        (tmp_path / "in/sub").chmod(0o755)


def test_names_are_nfc_and_bytes_that_are_no_utf8_are_written_out(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    decomposed = unicodedata.normalize("NFD", "café.txt")
    (tmp_path / "in" / decomposed).write_text("x")
    with open(os.fsencode(tmp_path / "in") + b"/\xb1\xbe\xb2\xdd.txt", "wb") as out:
        out.write(b"x")
    files = listed(tmp_path, "in")
    assert [file.name for file in files] == ["\\xb1\\xbe\\xb2\\xdd.txt", "café.txt"]
    assert [b"".join(file.chunks()) for file in files] == [b"x", b"x"]
    assert names(tmp_path, "in/café*") == ["café.txt"]


def test_a_recipe_without_a_folder_reads_where_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, "in/a.txt")
    monkeypatch.chdir(tmp_path)
    assert names("", "in") == names(".", "in/*.txt") == ["a.txt"]


@given(st.text(max_size=12))
def test_a_suffix_counts_in_any_case_and_under_gz(stem: str) -> None:
    assert offered(stem + ".TXT", SUFFIXES)
    assert offered(stem + ".md.gz", SUFFIXES)
    assert not offered(stem + ".gz.pdf", SUFFIXES)


def remote(name: str, content: str = "x") -> None:
    with fsspec.open(f"memory://{name}", "wb") as out:
        out.write(content.encode())


def test_a_store_is_listed_like_a_folder() -> None:
    for name in ("s1/in/b.txt", "s1/in/sub/a.txt.gz", "s1/in/c.pdf", "s1/in/.hidden.txt"):
        remote(name)
    assert names("", "memory://s1/in") == ["b.txt", "sub/a.txt.gz"]
    assert names("", "memory://s1/in/**/*.gz") == ["sub/a.txt.gz"]
    assert names("", "memory://s1/in/c.pdf") == ["c.pdf"]
    assert b"".join(listed("", "memory://s1/in/b.txt")[0].chunks()) == b"x"


def test_a_store_without_such_files_or_answer_is_named() -> None:
    remote("s2/in/c.pdf")
    assert "1 .pdf" in refused("", "memory://s2/in").mend
    assert "FileNotFoundError" in refused("", "memory://s2/nowhere").what
    assert "does not answer" in refused("", "nosuch://bucket/x").what


def test_the_stores_own_tag_is_the_identity() -> None:
    from corpus.listing import _tag

    assert _tag({"ETag": '"abc"', "size": 3}) == "ETag:abc"
    assert _tag({"lfs": {"sha256": "f00"}, "blob_id": "b"}) == "lfs:f00"
    assert _tag({"lfs": None, "blob_id": "b"}) == "blob_id:b"
    assert _tag({"content_md5": bytearray(b"\x01")}) == "content_md5:01"
    assert _tag({"name": "x", "size": 3}) == ""


def test_a_dataset_by_name_is_looked_up_on_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    class Hub(type(fsspec.filesystem("memory"))):  # type: ignore[misc]
        def info(self, path: str, **_: object) -> dict[str, object]:
            asked.append(path)
            return {"name": path, "type": "directory", "size": 0}

        def find(self, path: str, **_: object) -> dict[str, dict[str, object]]:
            held = ("README.md", "dataset_infos.json", "data/a.txt", ".gitattributes")
            return {f"{path}/{name}": {"type": "file", "size": 1, "blob_id": name} for name in held}

        def unstrip_protocol(self, name: str) -> str:
            return f"hf://{name}"

    monkeypatch.setattr("fsspec.core.url_to_fs", lambda url: (Hub(), url.removeprefix("hf://")))
    (file,) = listed("", "hf:owner/name")
    assert asked == ["datasets/owner/name"]
    assert file == InputFile("hf://datasets/owner/name/data/a.txt", "data/a.txt", 1, "blob_id:data/a.txt")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_identity_is_the_hash_of_the_bytes(tmp_path: Path) -> None:
    tree(tmp_path, "in/a.txt", "in/b.txt")
    files = identify(listed(tmp_path, "in"), str(tmp_path / "store" / "hashes.sqlite"))
    assert [(file.name, file.identity) for file in files] == [
        ("a.txt", sha256("content of in/a.txt")), ("b.txt", sha256("content of in/b.txt")),
    ]  # fmt: skip


def test_an_untouched_file_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, "in/a.txt", "in/b.txt")
    cache = str(tmp_path / "hashes.sqlite")
    monkeypatch.setattr(identity, "RACY", -1)
    before = identify(listed(tmp_path, "in"), cache)
    (tmp_path / "in/b.txt").write_text("other content")
    read: list[str] = []
    hash_of = identity._hash
    monkeypatch.setattr(identity, "_hash", lambda file: read.append(file.name) or hash_of(file))  # type: ignore[func-returns-value]
    after = identify(listed(tmp_path, "in"), cache)
    assert read == ["b.txt"]
    assert after[0] == before[0]
    assert after[1].identity == sha256("other content")


def test_a_file_as_young_as_its_hash_is_hashed_again(tmp_path: Path) -> None:
    tree(tmp_path, "in/a.txt")
    cache = str(tmp_path / "hashes.sqlite")
    identify(listed(tmp_path, "in"), cache)
    kept = os.stat(tmp_path / "in/a.txt")
    (tmp_path / "in/a.txt").write_text("content of in/X.txt")
    os.utime(tmp_path / "in/a.txt", ns=(kept.st_atime_ns, kept.st_mtime_ns))
    (file,) = identify(listed(tmp_path, "in"), cache)
    assert file.identity == sha256("content of in/X.txt")


def test_a_change_that_keeps_size_and_time_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "RACY", -1)
    tree(tmp_path, "in/a.txt")
    old = time.time_ns() - 10**12
    os.utime(tmp_path / "in/a.txt", ns=(old, old))
    cache = str(tmp_path / "hashes.sqlite")
    identify(listed(tmp_path, "in"), cache)
    (tmp_path / "in/a.txt").write_text("content of in/X.txt")
    os.utime(tmp_path / "in/a.txt", ns=(old, old))
    (file,) = identify(listed(tmp_path, "in"), cache)
    assert file.identity == sha256("content of in/X.txt")


@pytest.mark.parametrize("damage", [b"no database at all", b"SQLite format 3\0" + b"\xff" * 2000, b""])
def test_a_damaged_cache_is_thrown_away(tmp_path: Path, damage: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "RACY", -1)
    tree(tmp_path, "in/a.txt")
    cache = tmp_path / "hashes.sqlite"
    cache.write_bytes(damage)
    (file,) = identify(listed(tmp_path, "in"), str(cache))
    assert file.identity == sha256("content of in/a.txt")
    with sqlite3.connect(cache) as database:
        assert database.execute("select sha256 from hashes1").fetchall() == [(file.identity,)]


def test_a_cache_that_another_build_holds_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, "in/a.txt")
    cache = tmp_path / "hashes.sqlite"
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, timeout: connect(path, timeout=0))
    with connect(cache, isolation_level=None) as other:
        other.execute("begin exclusive")
        (file,) = identify(listed(tmp_path, "in"), str(cache))
        other.execute("rollback")
    assert file.identity == sha256("content of in/a.txt")
    assert cache.exists()


def test_an_identity_that_is_there_is_kept_and_a_remote_file_without_is_hashed() -> None:
    remote("s3/a.txt", "remote content")
    told = InputFile("memory://s3/gone.txt", "gone.txt", 1, "ETag:abc")
    untold = InputFile("memory://s3/a.txt", "a.txt", 14, "")
    assert [file.identity for file in identify([told, untold])] == ["ETag:abc", sha256("remote content")]


def test_a_file_that_vanished_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        identify([InputFile(str(tmp_path / "gone.txt"), "gone.txt", 1, "")])
    assert "gone.txt" in error.value.where
