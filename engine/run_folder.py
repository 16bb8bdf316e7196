"""The folder a run leaves: what it was computed from, the SQL that ran, how long each step took (DESIGN §3, §8).

`manifest.json` is sealed and lists every other file of the folder with its SHA-256; the log, whose seconds are never
the same twice, ends in a seal of its own instead, so that the manifest of a run is the same whenever it is made.
Whoever reads what a run recorded reads it here, and is given what was written or a CorruptFileError.

A run without a folder has no record, which is told as None: nothing is known of it, and nothing may be concluded from
that but what is safe. A folder whose manifest is missing, or not what was written, is damage, and no reason to take
the run for one that never was: who needs the record fails, naming the file. Who can do without it asks
`inputs_unless_damaged` and says so in the log. Those are a run of the same billing period, which then reads which
invoices are closed from the published files themselves and makes the record again, byte for byte, when its inputs are
the same; and a night, which runs a month again of which it cannot tell that nothing has changed.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.errors import CorruptFileError
from engine.events.files import make_folder, sync_file, sync_folders
from engine.events.sealed_files import sealed_bytes, unsealed
from engine.events.seen import SeenEvents
from engine.events.verify import Finding, files_below
from engine.values.period import parse_instant
from engine.values.schema_versions import FILE_KEY, MANIFESTS, stated_version
from engine.values.seal import is_sealed, seal_last

MANIFEST = "manifest.json"
CATALOG = "catalog.json"
CORRECTIONS = "corrections.ndjson"
LOG = "log.jsonl"

#: What `run_id_of` makes; a name from outside that is not of this form could lead out of `runs`.
RUN_ID = re.compile(r"[0-9a-f]{16}")

#: Under which name a manifest lists the other files.
_FILES = "files"

#: What the manifest of the first version did not list, and is yet recorded.
_UNLISTED = (CATALOG, CORRECTIONS, LOG, "sql/*.sql")


def run_id_of(inputs: Mapping[str, object]) -> str:
    """The id of a run: a hash of everything its outputs depend on."""
    return sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:16]


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """What a run recorded of itself, or None when it has no folder.

    Manifests of schema version 1 have no seal, and are read as they are; any other without its seal is damaged. Raises
    CorruptFileError when the manifest is missing, is not what was written, or is that of another run, and UserError
    when it is of a newer duckbill.
    """
    path = folder / MANIFEST
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        if not folder.is_dir():
            return None
        raise _corrupt(path, "is missing") from error
    try:
        manifest = unsealed(raw)
    except ValueError as error:
        first = _first_version(raw)
        if first is None:
            raise _corrupt(path, "is not what the run wrote") from error
        manifest = first
    MANIFESTS.check(stated_version(manifest.get(FILE_KEY), str(path)), str(path))
    if manifest.get("run_id") != folder.name:
        raise _corrupt(path, f"is that of run {manifest.get('run_id')}")
    return manifest


def recorded_summary(folder: Path) -> dict[str, Any] | None:
    """The summary in a run's manifest, or None when it has no folder; see `read_manifest`."""
    manifest = read_manifest(folder)
    return None if manifest is None else dict(manifest["summary"])


def recorded_inputs(folder: Path) -> dict[str, Any] | None:
    """What a run was computed from, or None when it has no folder; see `read_manifest`."""
    manifest = read_manifest(folder)
    return None if manifest is None else dict(manifest["inputs"])


def inputs_unless_damaged(folder: Path) -> dict[str, Any] | None:
    """The same, and None also when the record is damaged, which is told in the log; see the top of this file."""
    try:
        return recorded_inputs(folder)
    except CorruptFileError as error:
        logging.getLogger("duckbill").warning("%s", error)
        return None


def recorded_events(folder: Path) -> SeenEvents | None:
    """Which events a run had to read, or None when it has no folder; see `read_manifest`."""
    inputs = recorded_inputs(folder)
    if inputs is None:
        return None
    as_of = inputs.get("as_of")
    return SeenEvents(inputs["events_version"], None if as_of is None else parse_instant(as_of))


def recorded_files(folder: Path) -> list[str]:
    """The files that a run recorded besides its manifest, by their names in the folder, in their order.

    A file that was put there by somebody else is none of them. Raises what `read_manifest` raises.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        return []
    if _FILES in manifest:
        return sorted({*manifest[_FILES], LOG})
    return sorted(path.relative_to(folder).as_posix() for pattern in _UNLISTED for path in folder.glob(pattern))


def recorded_text(folder: Path, name: str) -> str | None:
    """What a file of a run's folder says; None when the run recorded no such file, or has no folder.

    Raises CorruptFileError when the file is missing or is not what the run wrote, and what `read_manifest` raises.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        return None
    path, listed = folder / name, manifest.get(_FILES)
    if listed is not None and name not in listed:
        return None
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        if listed is None and name != CATALOG:
            return None
        raise _corrupt(path, "is missing") from error
    if listed is not None and sha256(raw).hexdigest() != listed[name]["sha256"]:
        raise _corrupt(path, "is not what the run wrote")
    return raw.decode("utf-8")


def check_run_folder(folder: Path) -> list[Finding]:
    """What is wrong with a run's folder, ordered by path: every file that the manifest lists is read.

    Of a manifest that is not what was written nothing is believed, so nothing else can be said. Raises UserError when
    it is of a newer duckbill.
    """
    try:
        manifest = read_manifest(folder) or {}
    except CorruptFileError:
        return [Finding("changed" if (folder / MANIFEST).exists() else "missing", folder / MANIFEST)]
    known = {MANIFEST, *recorded_files(folder)}
    findings = [
        Finding("foreign", path) for path in files_below(folder) if path.relative_to(folder).as_posix() not in known
    ]
    for name, listed in manifest.get(_FILES, {}).items():
        findings.extend(_damage(folder / name, partial(_has_hash, listed["sha256"])))
    if _FILES in manifest:
        findings.extend(_damage(folder / LOG, partial(_is_log_of, folder.name)))
    return sorted(findings, key=lambda finding: finding.path)


class RunFolder:
    """`runs/<run id>`, written aside and moved into place whole."""

    def __init__(self, runs: Path, run_id: str) -> None:
        self.path = runs / run_id
        self._staging = runs / f".staging-{run_id}"
        self._replaced = runs / f".replaced-{run_id}"
        self._manifest: Mapping[str, object] = {}
        shutil.rmtree(self._staging, ignore_errors=True)
        shutil.rmtree(self._replaced, ignore_errors=True)
        # The folder's own name must survive a power cut before anything in it is promised.
        make_folder(runs)
        (self._staging / "sql").mkdir(parents=True)
        self._log = (self._staging / LOG).open("w", encoding="utf-8")
        self._started = time.perf_counter()

    def log(self, step: str, **details: object) -> None:
        """One JSON line: the step and the seconds since the run began."""
        seconds = round(time.perf_counter() - self._started, 3)
        self._log.write(json.dumps({"seconds": seconds, "step": step, **details}) + "\n")
        self._log.flush()

    def write(self, name: str, text: str) -> None:
        (self._staging / name).write_text(text, encoding="utf-8", newline="\n")

    def manifest(self, content: Mapping[str, object]) -> None:
        """Everything needed to say what this run was, and to compute it again."""
        self._manifest = content

    def settle(self) -> Path:
        """Seals the log and the manifest, which lists every other file, and moves the folder into place, synced.

        An earlier attempt at the same run is replaced: there is no moment at which a part of it is there.
        """
        self.log("settled", run_id=self.path.name, seal="")
        self._log.close()
        log = self._staging / LOG
        log.write_text(seal_last(log.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
        written = [path for path in files_below(self._staging) if path != log]
        listed = {path.relative_to(self._staging).as_posix(): _listed(path) for path in written}
        content = {FILE_KEY: MANIFESTS.current, **self._manifest, _FILES: listed}
        (self._staging / MANIFEST).write_bytes(sealed_bytes(content))
        for path in files_below(self._staging):
            sync_file(path)
        sync_folders([self._staging, self._staging / "sql"])
        if self.path.exists():
            self.path.replace(self._replaced)
        self._staging.replace(self.path)
        sync_folders([self.path.parent])
        shutil.rmtree(self._replaced, ignore_errors=True)
        return self.path

    def discard(self) -> None:
        """Takes the unfinished folder away."""
        with suppress(OSError):
            # At a full disk the last lines cannot be written.
            self._log.close()
        shutil.rmtree(self._staging, ignore_errors=True)


def _listed(path: Path) -> dict[str, object]:
    raw = path.read_bytes()
    return {"sha256": sha256(raw).hexdigest(), "bytes": len(raw)}


def _first_version(raw: bytes) -> dict[str, Any] | None:
    """A manifest from before there were seals; None when it is none."""
    try:
        manifest = json.loads(raw)
    except ValueError:
        return None
    if not isinstance(manifest, dict) or manifest.get(FILE_KEY) != 1 or _FILES in manifest:
        return None
    return manifest if {"inputs", "summary", "outputs"} <= manifest.keys() else None


def _has_hash(expected: str, raw: bytes) -> bool:
    return sha256(raw).hexdigest() == expected


def _is_log_of(run_id: str, raw: bytes) -> bool:
    text = raw.decode("utf-8", errors="replace")
    return text.endswith('"}\n') and is_sealed(text) and json.loads(text.splitlines()[-1])["run_id"] == run_id


def _damage(path: Path, is_whole: Callable[[bytes], bool]) -> Iterator[Finding]:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        yield Finding("missing", path)
        return
    if not is_whole(raw):
        yield Finding("changed", path)


def _corrupt(path: Path, what: str) -> CorruptFileError:
    return CorruptFileError(f"{path}: {what}; restore it, or run the billing period again")
