"""What `python -m benchmarks` records: a benchmark at a time, without measuring anything here."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import metered_runs


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of results, where a benchmark gives the number of its events instead of a time."""

    def measured(names: list[str], _scratch: Path, given: Namespace) -> dict[str, list[dict[str, object]]]:
        return {name: [{"events": given.events}] for name in names}

    # It is set for the process; put back at the end.
    monkeypatch.setenv("POLARS_MAX_THREADS", "1")
    monkeypatch.setattr(benchmarks, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(benchmarks, "_measure", measured)
    monkeypatch.setattr(benchmarks, "_setting", lambda given: {"threads": given.threads})
    return tmp_path / "results" / "benchmarks.json"


def measure(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr("sys.argv", ["benchmarks", *arguments])
    benchmarks.main()


def test_what_others_gave_is_kept(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measure(monkeypatch, "--only", "rating", "fifty_metrics", "--events", "7", "--threads", "1")
    measure(monkeypatch, "--only", "rating", "landing", "--events", "9", "--threads", "2")
    assert json.loads(results.read_text()) == {
        "fifty_metrics": {"setting": {"threads": 1}, "rows": [{"events": 7}]},
        "landing": {"setting": {"threads": 2}, "rows": [{"events": 9}]},
        "rating": {"setting": {"threads": 2}, "rows": [{"events": 9}]},
    }


def test_a_benchmark_that_fails_leaves_what_was_measured_before_it(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure(monkeypatch, "--only", "rating", "--events", "7", "--threads", "1")

    def failing(names: list[str], _scratch: Path, _given: Namespace) -> dict[str, list[dict[str, object]]]:
        if "simulation" in names:
            raise MemoryError
        return {name: [] for name in names}

    monkeypatch.setattr(benchmarks, "_measure", failing)
    with pytest.raises(MemoryError):
        measure(monkeypatch, "--only", "landing", "simulation", "--threads", "1")
    assert set(json.loads(results.read_text())) == {"landing", "rating"}


def test_a_run_meters_what_hand_written_queries_do(tmp_path: Path) -> None:
    """On a hundred users no time says anything; but every case compares its quantities before it is timed."""
    measured = metered_runs.measure(tmp_path, names=["prefix_windows"], users=100, customers=3, threads=1, off=())
    cases = [row["case"] for row in measured["prefix_windows"]]
    assert cases == [case.label for case in metered_runs.CASES["prefix_windows"]]
