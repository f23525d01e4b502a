"""Exams by the name they have on the Hub, taken from a server on loopback that answers as the Hub does.

The Hub's own client asks it, in another process, since it reads its settings when it is imported. A data set's file is
at /datasets/OWNER/NAME/resolve/REVISION/FILE, and the answer names the commit and the file's hash
(huggingface_hub, `file_download.get_hf_file_metadata`).
"""

from __future__ import annotations

import hashlib
import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import polars as pl
import pytest

ROWS = [
    {"id": f"m-{number}", "question": f"Which ion has number {number}?",
     "opa": "Na", "opb": "K", "opc": "Ca", "opd": "Mg",
     "cop": number % 4, "choice_type": "single", "exp": None, "subject_name": "Physiology", "topic_name": None}
    for number in range(6)
]  # fmt: skip
FILE = "/datasets/openlifescienceai/medmcqa/resolve/main/data/validation-00000-of-00001.parquet"
SUITE = """
name = "hub"

[[task]]
name = "medmcqa"
form = "medmcqa"
path = ["medmcqa_dev.jsonl", "hub:openlifescienceai/medmcqa/data/validation-00000-of-00001.parquet"]
"""
READ = """
import sys
from corpus.errors import UserError
from eval.run.exams import read_tasks
from eval.run.recipe import load_suite
try:
    tasks, missing = read_tasks(load_suite(sys.argv[1]), leave_out="--skip" in sys.argv)
except UserError as error:
    sys.exit(f"{error}")
for task in tasks:
    print(task.task.name, len(task.items), "".join(item.letters for item in task.items), task.files)
print("missing", missing)
"""


class Hub(http.server.BaseHTTPRequestHandler):
    """One file of one data set; anything else is not found."""

    body: ClassVar[bytes] = b""
    asked: ClassVar[list[str]] = []

    def do_HEAD(self) -> None:
        self._head()

    def do_GET(self) -> None:
        if self._head():
            self.wfile.write(self.body)

    def _head(self) -> bool:
        self.asked.append(f"{self.command} {self.path}")
        there = self.path == FILE
        self.send_response(200 if there else 404)
        if there:
            self.send_header("X-Repo-Commit", "0" * 40)
            self.send_header("ETag", f'"{hashlib.sha256(self.body).hexdigest()}"')
        else:
            self.send_header("X-Error-Code", "EntryNotFound")
        self.send_header("Content-Length", str(len(self.body) if there else 0))
        self.end_headers()
        return there

    def log_message(self, *_: object) -> None:
        """Nothing: the tests look at `asked`."""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[http.server.ThreadingHTTPServer]:
    """The server, with a real Parquet file of six questions."""
    pl.DataFrame(ROWS, infer_schema_length=None).write_parquet(tmp_path / "served.parquet")
    Hub.body, Hub.asked = (tmp_path / "served.parquet").read_bytes(), []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield serving
        serving.shutdown()


def read(tmp_path: Path, port: int, *more: str) -> subprocess.CompletedProcess[str]:
    """The exams of the suite, read by a process of its own that takes the server for the Hub."""
    (tmp_path / "hub.toml").write_text(SUITE, "utf-8")
    own = {"HF_ENDPOINT": f"http://127.0.0.1:{port}", "HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "0"}
    code = [sys.executable, "-c", READ, str(tmp_path / "hub.toml"), *more]
    return subprocess.run(code, env=os.environ | own, capture_output=True, text=True, check=False)


def test_an_exam_is_downloaded_from_the_hub_once_and_its_hash_is_kept(
    tmp_path: Path, hub: http.server.ThreadingHTTPServer
) -> None:
    done = read(tmp_path, hub.server_port)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("medmcqa 6 ABCDAB {'hub:openlifescienceai/medmcqa/data/validation-0")
    assert hashlib.sha256(Hub.body).hexdigest() in done.stdout
    again = read(tmp_path, hub.server_port)
    assert again.stdout == done.stdout
    assert Hub.asked.count(f"GET {FILE}") == 1


def test_without_the_hub_its_cached_file_is_read(tmp_path: Path, hub: http.server.ThreadingHTTPServer) -> None:
    first = read(tmp_path, hub.server_port)
    hub.shutdown()
    hub.server_close()
    assert read(tmp_path, hub.server_port).stdout == first.stdout


def test_a_file_that_the_hub_does_not_have_is_told_and_left_out_where_asked(
    tmp_path: Path, hub: http.server.ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "SUITE", SUITE.replace("validation-", "test-"))
    done = read(tmp_path, hub.server_port)
    assert done.returncode == 1
    assert "An exam cannot be had from the Hub" in done.stderr
    assert "hub:openlifescienceai/medmcqa/data/test-00000" in done.stderr
    assert "404" in done.stderr
    assert read(tmp_path, hub.server_port, "--skip").stdout == "missing ['medmcqa']\n"
