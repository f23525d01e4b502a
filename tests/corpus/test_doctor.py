"""`corpus doctor` names what is wrong and the command that mends it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from corpus import doctor
from corpus.doctor import Check, diagnose


class Usage(NamedTuple):
    free: int


def named(name: str) -> list[Check]:
    return [check for check in diagnose() if check.name == name]


def test_this_environment_can_build_a_corpus() -> None:
    assert [check for check in diagnose() if check.ok is False] == []


def test_what_is_wrong_comes_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_installed", lambda name: "0.0.1")
    assert all(check.mend for check in diagnose() if check.ok is False)


def test_a_foreign_package_of_our_name_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    owners = {"tokenizer": ["materia-medica-lm", "tokenizer"]}
    monkeypatch.setattr("importlib.metadata.packages_distributions", lambda: owners)
    (check,) = named("packages")
    assert check.ok is False
    assert "`tokenizer` also installed by tokenizer" in check.detail
    assert check.mend.startswith("pip uninstall tokenizer && pip install --force-reinstall")


def test_a_library_outside_its_bounds_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = doctor._installed
    monkeypatch.setattr(doctor, "_installed", lambda name: "0.1" if name == "polars" else real(name))
    bad = [check for check in named("libraries") if check.ok is False]
    assert [check.detail.split(",")[0] for check in bad] == ["polars 0.1"]
    assert "constraints.txt" in bad[0].mend


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = doctor._installed
    monkeypatch.setattr(doctor, "_installed", lambda name: "" if name == "lxml" else real(name))
    (bad,) = [check for check in named("libraries") if check.ok is False]
    assert bad.detail.startswith("lxml is missing")


def test_a_version_that_was_not_tested_is_worth_knowing_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "tested_versions", lambda: {"polars": "1.99"})
    (check,) = named("libraries")
    assert check.ok is None
    assert "tested 1.99" in check.detail


def test_the_wrong_fasttext_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.packages_distributions", lambda: {"fasttext": ["fasttext-wheel"]})
    (check,) = named("fasttext")
    assert check.ok is False
    assert "fasttext-numpy2-wheel" in check.mend


def test_a_file_that_hides_a_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "train.py").write_text("")
    monkeypatch.chdir(tmp_path)
    (check,) = named("shadows")
    assert check.ok is None
    assert "train.py" in check.detail


@pytest.mark.parametrize(("free", "ok"), [(1 << 20, False), (5 << 30, None), (100 << 30, True)])
def test_a_disk_that_is_nearly_full_is_said_before_the_build(
    free: int, ok: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(free))
    (check,) = named("disk")
    assert check.ok is ok
    assert bool(check.mend) is (ok is not True)


def test_a_store_that_does_not_exist_yet_is_judged_by_its_disk(tmp_path: Path) -> None:
    checks = [check for check in diagnose(tmp_path / "not" / "there") if check.name == "disk"]
    assert [str(tmp_path) in check.detail or check.ok is True for check in checks] == [True]


def test_little_memory_gives_the_number_of_workers_that_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "available_memory", lambda: 100 << 20)
    (check,) = named("machine")
    assert check.ok is None
    assert check.mend == "corpus build --workers 1"


def test_a_check_that_breaks_is_a_finding_and_not_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ImportError("libstdc++.so.6: version not found")

    monkeypatch.setattr("pycld2.detect", broken)
    (check,) = named("language detection")
    assert check.ok is False
    assert "libstdc++" in check.detail
