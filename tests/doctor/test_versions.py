"""Python, libraries, and the duckbill that published what is published."""

from __future__ import annotations

import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from engine.doctor import versions
from engine.doctor.versions import is_within
from tests.doctor.conftest import Checked

LOCK = Path(__file__).parents[2] / "requirements.lock"


def test_the_measured_database_is_the_one_that_is_tested_with() -> None:
    assert f"duckdb=={versions.MEASURED_DUCKDB}" in LOCK.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("there", "ranges", "expected"),
    [
        ("2.0.0", ">=2.0,<3", True),
        ("1.9.9", ">=2.0,<3", False),
        ("3.0.0.dev1", "<3,>=2.0", False),
        ("26.0.1", "<27,>=20", True),
        ("2.10", ">=2.9", True),
        ("2.0.1", "==2.0.0", False),
        ("2.0", "==2.0.0", True),
        ("2.0.1", "!=2.0.1", False),
        ("2.0.1", ">2.0.1", False),
        ("2.0.1", "<=2.0.1", True),
        ("5", "", True),
    ],
)
def test_versions_are_compared_by_their_numbers(there: str, ranges: str, expected: bool) -> None:
    assert is_within(there, ranges) is expected


def test_an_old_python_fails(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "python_version", lambda: "3.9.18")
    row = checked("python")
    assert row["status"] == "fail"
    assert "3.9.18, but >=3.11 is needed" in str(row["found"])


def test_a_library_out_of_range_fails_and_the_remedy_installs_it(
    checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "version", lambda name: "1.4.0" if name == "polars" else version(name))
    row = checked("libraries")
    assert row["status"] == "fail"
    assert "polars 1.4.0 is not" in str(row["found"])
    assert re.fullmatch(r"pip install 'polars[<>=.,0-9]+'", str(row["remedy"]))


def test_a_library_that_is_gone_fails(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_sqlglot(name: str) -> str:
        if name == "sqlglot":
            raise PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(versions, "version", without_sqlglot)
    assert checked("libraries")["status"] == "fail"


def test_without_an_installed_package_nothing_says_what_is_needed(
    checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(name: str) -> list[str]:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(versions, "requires", nothing)
    assert checked("libraries")["status"] == "warn"


def test_a_database_that_was_not_measured_is_worth_a_look(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "version", lambda name: "2.0.7" if name == "duckdb" else version(name))
    row = checked("database")
    assert (row["status"], row["remedy"]) == ("warn", "pip install 'duckdb==2.0.0'")


@pytest.mark.parametrize(("this", "said"), [("0.0.9", "newer"), ("9.0.0", "older")])
def test_what_another_duckbill_has_published_is_told(
    checked: Checked, monkeypatch: pytest.MonkeyPatch, this: str, said: str
) -> None:
    monkeypatch.setattr(versions, "VERSION", this)
    row = checked("published_by")
    assert row["status"] == "warn"
    assert f"published by a{'n' if said == 'older' else ''} {said} duckbill than this {this}" in str(row["found"])
