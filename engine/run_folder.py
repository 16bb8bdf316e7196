"""The folder a run leaves: what it was computed from, the SQL that ran, how long each step took (DESIGN §3, §8)."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.events.files import sync_file, sync_folders
from engine.events.seen import SeenEvents
from engine.values.period import parse_instant
from engine.version import SCHEMA_VERSION


def run_id_of(inputs: Mapping[str, object]) -> str:
    """The id of a run: a hash of everything its outputs depend on."""
    return sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:16]


def recorded_summary(folder: Path) -> dict[str, Any] | None:
    """The summary in a run's manifest, or None when there is no whole manifest."""
    return _recorded(folder, "summary")


def recorded_inputs(folder: Path) -> dict[str, Any] | None:
    """What a run was computed from, or None when there is no whole manifest."""
    return _recorded(folder, "inputs")


def recorded_events(folder: Path) -> SeenEvents | None:
    """Which events a run had to read, or None when there is no whole manifest."""
    inputs = recorded_inputs(folder)
    if inputs is None:
        return None
    as_of = inputs.get("as_of")
    return SeenEvents(inputs["events_version"], None if as_of is None else parse_instant(as_of))


def _recorded(folder: Path, key: str) -> dict[str, Any] | None:
    try:
        part: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))[key]
    except (FileNotFoundError, ValueError, KeyError):
        return None
    return part


class RunFolder:
    """`runs/<run id>`, written aside and moved into place whole."""

    def __init__(self, runs: Path, run_id: str) -> None:
        self.path = runs / run_id
        self._staging = runs / f".staging-{run_id}"
        shutil.rmtree(self._staging, ignore_errors=True)
        (self._staging / "sql").mkdir(parents=True)
        self._log = (self._staging / "log.jsonl").open("w", encoding="utf-8")
        self._started = time.perf_counter()

    def log(self, step: str, **details: object) -> None:
        """One JSON line: the step and the seconds since the run began."""
        seconds = round(time.perf_counter() - self._started, 3)
        self._log.write(json.dumps({"seconds": seconds, "step": step, **details}) + "\n")
        self._log.flush()

    def write(self, name: str, text: str) -> None:
        (self._staging / name).write_text(text, encoding="utf-8")

    def manifest(self, content: Mapping[str, object]) -> None:
        """Everything needed to say what this run was, and to compute it again."""
        self.write("manifest.json", json.dumps({"schema_version": SCHEMA_VERSION, **content}, indent=2) + "\n")

    def settle(self) -> Path:
        """Moves the folder into place, synced; an earlier attempt at the same run is replaced."""
        self._log.close()
        for path in self._staging.rglob("*"):
            if path.is_file():
                sync_file(path)
        sync_folders([self._staging, self._staging / "sql"])
        shutil.rmtree(self.path, ignore_errors=True)
        self._staging.replace(self.path)
        sync_folders([self.path.parent])
        return self.path

    def discard(self) -> None:
        """Takes the unfinished folder away."""
        self._log.close()
        shutil.rmtree(self._staging, ignore_errors=True)
