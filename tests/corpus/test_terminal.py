"""What is printed for other programs."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys

import pytest

from corpus.terminal import print_json


def test_what_is_no_number_is_null_in_json_as_any_reader_takes_it(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"rows": [{"low": -math.inf, "p": math.nan, "value": 0.5}], "pair": (1, math.inf)})

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    told = json.loads(capsys.readouterr().out, parse_constant=refuse)
    assert told == {"rows": [{"low": None, "p": None, "value": 0.5}], "pair": [1, None]}


def begun(code: str) -> subprocess.Popen[bytes]:
    """A command that holds back what it prints, as the interpreter does where no terminal is."""
    held = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=held)


WAYS = {
    "rich": "from rich.console import Console; c = Console(width=400); [c.print('x' * 300) for _ in range(2000)]",
    "print": "[print('x' * 300) for _ in range(2000)]",
    "few": "import time; time.sleep(0.3); print('x')",  # which stays in the buffer until the end
    "click": "import typer; [typer.echo('x' * 300) for _ in range(2000)]",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_reader_that_is_gone_ends_a_command_as_in_a_shell_and_without_a_word(way: str) -> None:
    """Whatever prints: rich and click end with code 1 by themselves, and the interpreter with 120."""
    code = ("import typer; from corpus.terminal import run; app = typer.Typer(add_completion=False)\n"
            f"@app.command()\ndef tell() -> None:\n    {WAYS[way]}\nrun(app)")  # fmt: skip
    command = begun(code)
    assert command.stdout is not None
    if way != "few":
        command.stdout.read(100)
    command.stdout.close()
    assert command.stderr is not None
    told = command.stderr.read()
    command.stderr.close()
    assert (command.wait(30), told) == (141, b"")


def test_what_the_user_must_mend_keeps_its_code_when_nobody_reads() -> None:
    code = ("from corpus.terminal import run; from corpus.errors import UserError\n"
            "def tell():\n    import time; time.sleep(0.3); print('x'); raise UserError('No.')\nrun(tell)")  # fmt: skip
    command = begun(code)
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.close()
    assert command.stderr.read() == b"error: No.\n"
    command.stderr.close()
    assert command.wait(30) == 1


def test_a_command_whose_answer_is_read_ends_as_it_did() -> None:
    for code, end in (("pass", 0), ("import sys; sys.exit(3)", 3)):
        run = ["-c", f"from corpus.terminal import run\ndef tell():\n    print('x'); {code}\nrun(tell)"]
        done = subprocess.run([sys.executable, *run], capture_output=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (end, b"x\n", b"")
