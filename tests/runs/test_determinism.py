"""The same inputs give byte-identical outputs, whatever the machine, its settings or the order of the lines."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.demo import fixtures
from engine.workspace import Workspace
from tests.cli.command import environment
from tests.runs.conftest import NOW

_RUN = """
import json, sys
import engine
run = engine.open(sys.argv[1]).run("2026-10", now="2026-11-01T06:00:00Z")
print(json.dumps(json.loads((run.folder / "manifest.json").read_text())["outputs"]))
"""


def outputs(workspace: Workspace, period: str = "2026-10") -> dict[str, str]:
    """The SHA-256 of every output of a run, by name."""
    run = workspace.run(period, now=NOW)
    assert not run.unchanged
    hashes: dict[str, str] = json.loads((run.folder / "manifest.json").read_text())["outputs"]
    return hashes


@pytest.fixture(scope="module")
def ai_saas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small ai-saas scenario, landed and not billed; not to be written to."""
    folder = tmp_path_factory.mktemp("ai-saas") / "workspace"
    shutil.copytree(fixtures() / "ai-saas" / "small", folder, ignore=shutil.ignore_patterns("expected"))
    workspace = Workspace(folder)
    assert workspace.config.demo is not None and workspace.config.demo.period == "2026-10"
    workspace.land(folder / "events" / "events.ndjson", now=workspace.config.demo.now)
    return folder


@pytest.fixture(scope="module")
def expected(ai_saas: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return outputs(with_threads(ai_saas, tmp_path_factory.mktemp("expected"), 2))


def with_threads(source: Path, folder: Path, threads: int) -> Workspace:
    copy = Path(shutil.copytree(source, folder / f"threads-{threads}"))
    text = (copy / "duckbill.toml").read_text()
    assert "threads" not in text
    if "[engine]" not in text:
        text += "\n[engine]\n"
    (copy / "duckbill.toml").write_text(text.replace("[engine]\n", f"[engine]\nthreads = {threads}\n"))
    return Workspace(copy)


@pytest.mark.parametrize("threads", [1, 8])
def test_any_number_of_threads(threads: int, ai_saas: Path, expected: dict[str, str], tmp_path: Path) -> None:
    assert outputs(with_threads(ai_saas, tmp_path, threads)) == expected


@pytest.mark.parametrize(
    ("zone", "seed"), [("UTC", "0"), ("America/New_York", "1"), ("Asia/Kolkata", "0")], ids=lambda value: value
)
def test_any_time_zone_and_hash_seed(
    zone: str, seed: str, ai_saas: Path, expected: dict[str, str], tmp_path: Path
) -> None:
    copy = shutil.copytree(ai_saas, tmp_path / "workspace")
    finished = subprocess.run(
        [sys.executable, "-c", _RUN, str(copy)],
        env=environment(TZ=zone, PYTHONHASHSEED=seed),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(finished.stdout) == expected


def test_any_order_of_the_lines_of_a_file(expected: dict[str, str], tmp_path: Path) -> None:
    """Duplicates are left out of the shuffle: which of two conflicting events came first does matter."""
    folder = tmp_path / "workspace"
    shutil.copytree(fixtures() / "ai-saas" / "small", folder, ignore=shutil.ignore_patterns("expected"))
    workspace = Workspace(folder)
    assert workspace.config.demo is not None
    lines = (folder / "events" / "events.ndjson").read_bytes().splitlines(keepends=True)
    seen: dict[str, int] = {}
    for line in lines:
        key = _transaction_id(line)
        seen[key] = seen.get(key, 0) + 1
    once = [line for line in lines if seen[_transaction_id(line)] == 1]
    again = [line for line in lines if seen[_transaction_id(line)] > 1]
    random.Random(7).shuffle(once)
    assert len(once) > 1000
    (folder / "shuffled.ndjson").write_bytes(b"".join(once + again))
    workspace.land(folder / "shuffled.ndjson", now=workspace.config.demo.now)
    assert outputs(workspace) == expected


def _transaction_id(line: bytes) -> str:
    try:
        return str(json.loads(line)["transaction_id"])
    except (ValueError, KeyError, TypeError):
        return "none"
