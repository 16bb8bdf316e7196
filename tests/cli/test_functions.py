"""`duckbill functions`: what a SQL metric may call, wherever one happens to be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import engine
from tests.cli.command import duckbill


def test_one_line_for_each_function_needs_no_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shown = duckbill("functions")
    assert shown.code == 0, shown.stderr
    heading, *lines = shown.text.splitlines()
    assert heading.split() == ["name", "kind", "metronome", "example", "what", "also"]
    assert [line.split()[0] for line in lines] == [row["name"] for row in engine.metric_functions()]
    assert [line.split()[:3] for line in lines if line.startswith(("SUM ", "MEDIAN "))] == [
        ["SUM", "aggregate", "documented"],
        ["MEDIAN", "aggregate", "MEDIAN(properties.size)"],
    ]


def test_as_json() -> None:
    rows = [json.loads(line) for line in duckbill("functions", "-o", "json").text.splitlines()]
    assert rows == engine.metric_functions().dicts()
