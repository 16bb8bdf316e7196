"""stdout is data, stderr everything else, and a pipe gets neither colour nor progress; help is quick and complete."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from engine.cli import app
from tests.cli.command import NOW, REPOSITORY, arguments_of_process, duckbill, duckbill_process, environment

#: What must not be loaded only to print help.
SLOW_TO_LOAD = ("deltalake", "duckdb", "polars", "pyarrow", "sqlglot")


def commands() -> Iterator[tuple[str, str | None]]:
    """Every command by its full name, with its help."""
    root = get_command(app)
    assert isinstance(root, TyperGroup)
    for name, command in root.commands.items():
        if isinstance(command, TyperGroup):
            yield from ((f"{name} {inner}", each.help) for inner, each in command.commands.items())
        else:
            yield name, command.help


def test_every_command_is_documented_and_has_help() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    for name, text in commands():
        assert text, name
        assert f"duckbill {name}" in readme, name


def test_every_option_has_help() -> None:
    for name, _ in commands():
        outcome = duckbill(*name.split(), "--help")
        assert outcome.code == 0 and outcome.stderr == "", name
        described = re.findall(r"^│ +\*? *(--[a-z-]+.*?) *│$", outcome.text, re.MULTILINE)
        assert all(len(option.split()) > 2 for option in described), described


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_loads_nothing_slow(option: str) -> None:
    finished = subprocess.run(
        [*arguments_of_process()[:1], "-X", "importtime", "-m", "engine", option],
        capture_output=True,
        text=True,
        env=environment(),
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip() for line in finished.stderr.splitlines() if "|" in line}
    assert "typer" in loaded
    assert loaded.isdisjoint(SLOW_TO_LOAD)


def test_a_pipe_gets_data_alone(fresh: Path) -> None:
    landed = duckbill_process("land", fresh / "events" / "events.ndjson", "-w", fresh, "--now", NOW, "-o", "json")
    assert (landed.code, landed.stderr) == (0, "") and landed.json()["accepted"] == 20
    run = duckbill_process("run", "-p", "2026-10", "-w", fresh, "--now", NOW)
    assert run.code == 0 and run.text.splitlines()[0].startswith("customer_name ")
    shown = duckbill_process("invoices", "show", "Acme", "-w", fresh)
    assert (shown.code, shown.stderr) == (0, "")
    help_text = duckbill_process("--help")
    for outcome in (landed, run, shown, help_text):
        for text in (outcome.text, outcome.stderr):
            assert "\x1b" not in text and "\r" not in text
    assert not re.search("[─│╭┃━]", run.text + run.stderr + shown.text)


def test_a_reader_that_has_seen_enough_is_no_error(billed: Path) -> None:
    """As in `duckbill invoices list | head -0`."""
    command = arguments_of_process("invoices", "list", "-w", billed, "-o", "json")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0


def test_the_demo_is_quick(tmp_path: Path) -> None:
    started = time.monotonic()
    outcome = duckbill_process("demo", folder=tmp_path)
    assert outcome.code == 0 and time.monotonic() - started < 60
    assert (tmp_path / "duckbill-demo" / "lake" / "invoices").is_dir()
    assert "duckbill-demo/lake/invoices" in outcome.stderr and "compiled SQL" in outcome.stderr
    assert "customer_name" in outcome.text and "unit_price" in outcome.text
