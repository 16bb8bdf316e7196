"""What must hold in a workspace whose writers are killed, at any moment and at the end."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from engine.billing import OUTPUTS
from engine.errors import CorruptFileError
from engine.events.table import EventTable
from engine.run_folder import check_run_folder
from engine.workspace import Workspace
from tests.faults.journal import Journal
from tests.faults.offers import Offer, Offers
from tests.faults.shop import NOW, PERIOD

#: When everything that is there by now is old.
_LONG_AFTER = "2036-01-01T00:00:00Z"

_COUNTS = ("read", "accepted", "duplicate", "rejected", "reasons", "duplicates", "batch_id", "version")


@dataclass(frozen=True)
class Promised:
    """What landers were told, by the number of the file, and the ids of the runs that were said to be published."""

    landings: Mapping[int, Mapping[str, Any]]
    runs: frozenset[str]


def promised(journals: Iterable[Journal]) -> Promised:
    """All that is in the journals of the workers; whoever lands the same file is told the same of it."""
    landings: dict[int, Mapping[str, Any]] = {}
    runs = set()
    for entry in (entry for journal in journals for entry in journal.entries()):
        if "run_id" in entry:
            runs.add(entry["run_id"])
        elif "file" in entry:
            told = {name: entry[name] for name in _COUNTS}
            known = landings.setdefault(entry["file"], told)
            assert known == told, f"file {entry['file']} was acknowledged as {known} and as {told}"
    return Promised(landings, frozenset(runs))


def check_events(root: Path, offers: Offers, told: Promised) -> frozenset[str]:
    """The ids of all events: each is there once, in files that are what was committed, and so is all that was promised.

    `told` has been read before, so that whatever it holds had been committed.
    """
    snapshot = EventTable(root / "lake").snapshot()
    files = () if snapshot is None else snapshot.files
    tables = [_intact(file.path, file.sha256) for file in files]
    ids = [each for table in tables for each in table["transaction_id"].to_pylist()]
    batches = Counter(each for table in tables for each in table["batch_id"].to_pylist())
    twice = [name for name, count in Counter(ids).items() if count > 1]
    assert not twice, f"{len(twice)} events are counted twice, {twice[:3]} among them"
    for number, landing in told.landings.items():
        check_landing(offers.offer(number), landing)
        lost = offers.offer(number).ids.difference(ids)
        assert not lost, f"of file {number}, which was acknowledged, {len(lost)} events are lost: {sorted(lost)[:3]}"
        found = batches[landing["batch_id"]]
        assert found == landing["accepted"], f"file {number}: {landing['accepted']} accepted, but {found} are there"
    return frozenset(ids)


def check_landing(offer: Offer, landing: Mapping[str, Any]) -> None:
    """Each line of the file is accepted, duplicate or rejected, and those that are no events are rejected."""
    assert landing["read"] == len(offer.lines), (offer.number, landing)
    assert landing["read"] == landing["accepted"] + landing["duplicate"] + landing["rejected"], (offer.number, landing)
    assert landing["rejected"] == offer.refused, (offer.number, landing)


def check_published(root: Path) -> str | None:
    """The run that stands for the period, each of its outputs intact and its folder whole; None while there is none."""
    workspace = Workspace(root)
    while True:
        run_id = workspace.outputs.published_run(PERIOD)
        if run_id is None:
            return None
        try:
            halves = [name for name in OUTPUTS if workspace.outputs.read(name, PERIOD, run_id) is None]
        except CorruptFileError:
            if workspace.outputs.published_run(PERIOD) == run_id:
                raise
            continue
        if not halves:
            break
        assert workspace.outputs.published_run(PERIOD) != run_id, f"run {run_id} is published without {halves}"
    folder = root / "runs" / run_id
    damaged = [str(finding) for finding in check_run_folder(folder)]
    assert folder.is_dir() and not damaged, f"run {run_id} is published, but its folder is not whole: {damaged}"
    return run_id


def check_end(root: Path, offers: Offers, told: Promised, last: int) -> frozenset[str]:
    """The ids of all events, when every file until the last has been acknowledged and nobody writes any more."""
    assert sorted(told.landings) == list(range(last + 1)), "a file has not been acknowledged"
    ids = check_events(root, offers, told)
    expected = frozenset().union(*(offer.ids for offer in offers.up_to(last)))
    assert ids == expected, f"{len(ids - expected)} events too many, {len(expected - ids)} too few"
    accepted = sum(landing["accepted"] for landing in told.landings.values())
    assert accepted == len(ids), f"{accepted} events were acknowledged as accepted, {len(ids)} are there"
    verdicts = Counter((row["batch_id"], row["verdict"]) for row in Workspace(root).rejected().dicts())
    for number, landing in told.landings.items():
        for verdict, count in (("rejected", landing["rejected"]), ("duplicate", landing["duplicate"])):
            found = verdicts[landing["batch_id"], verdict]
            assert found == count, f"file {number}: {count} lines {verdict}, {found} are kept"
    run_id = check_published(root)
    assert run_id in told.runs, f"run {run_id} stands, and nobody was told so"
    return ids


def check_same_bill(root: Path, reference: Path, offers: Offers, last: int) -> None:
    """Makes a workspace that nobody disturbs; its run's outputs must have the same bytes as those of `root`."""
    undisturbed, file = Workspace(reference), reference.parent / "all.ndjson"
    file.write_text("\n".join(line for offer in offers.up_to(last) for line in offer.lines), encoding="utf-8")
    undisturbed.land(file, now=NOW)
    undisturbed.run(PERIOD, now=NOW)
    there, expected = (_outputs(each) for each in (root, reference))
    different = [name for name in OUTPUTS if there[name] != expected[name]]
    assert not different, f"{', '.join(different)} differ from those of a workspace whose writers nobody killed"


def vacuumed(root: Path) -> Counter[str]:
    """How many files of each kind the killed processes, and compactions, have left: all are found, and removed.

    Raises AssertionError for a file that is missing or not what was committed, and for one that stays.
    """
    damaged = [str(finding) for finding in Workspace(root).verify() if finding.kind != "orphan"]
    assert not damaged, damaged
    removed = Workspace(root).vacuum(timedelta(0), now=_LONG_AFTER).removed
    left = [str(finding) for finding in Workspace(root).verify()]
    left += [str(path) for path in root.rglob(".*") if not path.name.startswith(".lock")]
    assert not left, f"vacuum has left {left}"
    return Counter(each.kind.value for each in removed)


def _outputs(root: Path) -> Mapping[str, str]:
    """The SHA-256 of each output of the run that stands."""
    run_id = Workspace(root).outputs.published_run(PERIOD)
    manifest = json.loads((root / "runs" / str(run_id) / "manifest.json").read_text(encoding="utf-8"))
    found: Mapping[str, str] = manifest["outputs"]
    return found


def _intact(path: Path, sha256: str) -> pa.Table:
    content = path.read_bytes()
    assert hashlib.sha256(content).hexdigest() == sha256, f"{path} does not hold what was committed"
    file = pq.ParquetFile(pa.BufferReader(content), pre_buffer=False)
    return file.read(columns=["transaction_id", "batch_id"], use_threads=False)
