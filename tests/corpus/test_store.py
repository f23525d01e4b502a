"""What is in the store is complete, whatever was killed when."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from corpus.errors import UserError
from corpus.store import Store, sha256_file

KEY = "ab" * 32


def make(store: Store, text: str = "fact") -> None:
    with store.making("annotate", KEY) as making:
        (making.folder / "facts.txt").write_text(text)
        making.counts = {"documents": 1}


def half_made(store: Store) -> None:
    with store.making("annotate", KEY) as making:
        (making.folder / "facts.txt").write_text("half")
        raise ValueError("halfway")


def test_a_finished_piece_can_be_read_back_with_its_hashes(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert not store.has("annotate", KEY)
    make(store)
    entry = store.entry("annotate", KEY)
    assert store.has("annotate", KEY)
    assert entry.counts == {"documents": 1}
    assert entry.outputs == {"facts.txt": sha256_file(entry.folder / "facts.txt")}
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_failure_while_making_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(ValueError, match="halfway"):
        half_made(store)
    assert not store.has("annotate", KEY)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_two_makers_of_one_piece_agree_and_the_first_stands(tmp_path: Path) -> None:
    store = Store(tmp_path)
    make(store)
    make(store)
    assert store.has("annotate", KEY)


def test_a_piece_that_lost_a_file_or_bytes_counts_as_not_done_and_is_made_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    make(store)
    (store.folder("annotate", KEY) / "facts.txt").write_text("cut")
    assert not store.has("annotate", KEY)
    make(store)
    assert store.has("annotate", KEY)


@pytest.mark.parametrize("point", ["annotate:written", "annotate:renaming", "annotate:committed"])
def test_kill_minus_nine_leaves_a_piece_whole_or_absent_and_the_next_sweep_clears_the_rest(
    tmp_path: Path, point: str
) -> None:
    code = (
        "from corpus.store import Store; from pathlib import Path\n"
        f"with Store(Path({str(tmp_path)!r})).making('annotate', {KEY!r}) as making:\n"
        "    (making.folder / 'facts.txt').write_text('x')"
    )
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "MATERIA_KILL_AT": point}, check=False)
    assert done.returncode == -9
    store = Store(tmp_path)
    assert store.has("annotate", KEY) == (point == "annotate:committed")
    store.sweep()
    assert list((tmp_path / "tmp").iterdir()) == []
    make(store, "x")
    assert json.loads((store.folder("annotate", KEY) / "done.json").read_bytes())["sizes"] == {"facts.txt": 1}


def test_bytes_that_changed_on_the_disk_are_noticed_and_the_piece_is_made_anew(tmp_path: Path) -> None:
    store = Store(tmp_path)
    make(store)
    (store.folder("annotate", KEY) / "facts.txt").write_text("fict")  # the same size
    with pytest.raises(UserError, match="not what was written") as caught:
        store.file("annotate", KEY, "facts.txt")
    assert "run again" in caught.value.mend
    assert not store.has("annotate", KEY)
    make(store)
    assert store.file("annotate", KEY, "facts.txt").read_text() == "fact"


@pytest.mark.parametrize("content", [None, "[]", "{}", "{"])
def test_a_piece_without_a_readable_note_is_made_again(tmp_path: Path, content: str | None) -> None:
    store = Store(tmp_path)
    make(store)
    note = store.folder("annotate", KEY) / "done.json"
    note.unlink() if content is None else note.write_text(content)
    assert not store.has("annotate", KEY)
    make(store)
    assert store.has("annotate", KEY)


def test_a_sweep_leaves_the_work_of_a_living_build_alone(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.making("annotate", KEY) as making:
        store.sweep()
        assert making.folder.exists()
