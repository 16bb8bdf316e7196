"""A clock that went backwards, and a database without time zones."""

from __future__ import annotations

from datetime import datetime

import pytest

from engine.doctor import clocks
from tests.doctor.conftest import Checked


def test_a_clock_before_the_last_landing_is_worth_a_look(checked: Checked) -> None:
    assert checked("clock", now="2026-11-01T06:00:00Z")["status"] == "ok"
    row = checked("clock", now="2026-11-01T05:59:59Z")
    assert row["status"] == "warn"
    assert row["found"] == (
        "it is 2026-11-01T05:59:59Z, the last events landed at 2026-11-01T06:00:00Z, which is later"
    )


def test_a_database_with_other_time_zones_fails(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "_SHOWN", datetime(2026, 6, 30, 19))
    assert checked("time_zones")["status"] == "fail"


def test_a_database_without_time_zones_fails(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "_SUMMER", "SELECT no_such_function('UTC')")
    row = checked("time_zones")
    assert (row["status"], str(row["found"]).startswith("CatalogException: ")) == ("fail", True)
