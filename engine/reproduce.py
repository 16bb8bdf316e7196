"""Computing a past run again from what it recorded, to prove that its outputs follow from its inputs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import ValidationError

from engine.billing import OUTPUTS, Progress
from engine.catalog.catalog import Catalog
from engine.config import CONFIG_FILE, Config
from engine.errors import CorruptFileError, UserError, did_you_mean
from engine.events.table import EventSnapshot, EventTable
from engine.executors.connection import connect
from engine.invoices.closed import read_closed
from engine.invoices.finalize import finalized_invoices
from engine.invoices.publish import INVOICES, Outputs
from engine.invoices.transition import Transition
from engine.rating.corrections import NO_CORRECTIONS, corrections_from_text
from engine.result import Rows
from engine.runs import RunInputs, run_period
from engine.values.period import parse_instant, parse_period
from engine.version import SCHEMA_VERSION, VERSION

_SCHEMA = pa.schema(
    [("output", pa.string()), ("recorded", pa.string()), ("computed", pa.string()), ("is_identical", pa.bool_())]
)


@dataclass(frozen=True)
class Reproduction:
    """What came of computing a run again; `recorded` and `computed` are SHA-256 by output."""

    run_id: str
    period: str
    engine: str
    recorded: Mapping[str, str]
    computed: Mapping[str, str]

    @property
    def outputs(self) -> Rows:
        """Columns: output, recorded, computed (both SHA-256 of the Parquet file), is_identical. Grain: output."""
        rows = [
            {
                "output": name,
                "recorded": self.recorded.get(name),
                "computed": self.computed.get(name),
                "is_identical": self.recorded.get(name) == self.computed.get(name),
            }
            for name in dict.fromkeys((*self.recorded, *self.computed))
        ]
        return Rows(pa.Table.from_pylist(rows, _SCHEMA))

    @property
    def differing(self) -> tuple[str, ...]:
        """The outputs that are not byte-identical."""
        return tuple(str(row["output"]) for row in self.outputs if not row["is_identical"])

    @property
    def summary(self) -> dict[str, object]:
        """One JSON-ready mapping; `engine` is the version that had made the run."""
        return {
            "schema_version": SCHEMA_VERSION,
            "command": "reproduce",
            "run_id": self.run_id,
            "period": self.period,
            "engine": self.engine,
            "engine_now": VERSION,
            "status": "different" if self.differing else "identical",
            "outputs": len(self.outputs),
            "differing": list(self.differing),
        }

    def _repr_html_(self) -> str:
        return self.outputs._repr_html_()


def reproduce(root: Path, config: Config, run_id: str, progress: Progress) -> Reproduction:
    """Computes a run again in a folder of its own, where the runs that it rested on are published as they were.

    `config` says what the machine may use; whatever else a run reads of the configuration was recorded.
    """
    recorded = _Recorded.read(root, run_id)
    with tempfile.TemporaryDirectory(prefix=".reproduce-", dir=root) as scratch:
        computed = _computed(root, Path(scratch), config, recorded, progress)
    return Reproduction(run_id, recorded.label, recorded.inputs["engine"], recorded.outputs, computed)


def _computed(root: Path, scratch: Path, config: Config, recorded: _Recorded, progress: Progress) -> dict[str, str]:
    """The SHA-256 of each output of a run that is made again, and published, in `scratch`.

    What became final is what the run before had computed: that one is made again first, and then its invoices final.
    """
    if recorded.manifest["kind"] == "finalize":
        before = _Recorded.read(root, recorded.manifest["based_on"])
        computed = _computed(root, scratch, config, before, progress)
        return {**computed, INVOICES: _finalized(scratch, config, recorded)}
    for label, run_id in sorted(recorded.rests_on().items()):
        _publish(root, scratch, label, _Recorded.read(root, run_id), keeps_record=run_id != recorded.run_id)
    finished = run_period(_inputs(root, scratch, config, recorded), recorded.now, progress)
    again = _Recorded.read(scratch, finished.run_id)
    _check_inputs(recorded, again)
    return dict(again.outputs)


def _finalized(scratch: Path, config: Config, recorded: _Recorded) -> str:
    """The SHA-256 of the invoices once those that a finalization named are final."""
    outputs, label = Outputs(scratch / "lake"), recorded.label
    invoices, lines = outputs.read(INVOICES, label), outputs.read("line_items", label)
    before, final = recorded.manifest["based_on"], pa.array(recorded.manifest["finalized"], pa.string())
    with closing(connect(config.engine.settings(), scratch / ".spill")) as connection:
        after = finalized_invoices(connection, invoices, lines, final, recorded.now, before)
        runs = (outputs.published_run(label) or "", recorded.run_id)
        sealed = outputs.republish(connection, OUTPUTS, label, runs, {INVOICES: after})
    outputs.commit(sealed, label, recorded.run_id)
    return sealed[INVOICES].stem


@dataclass(frozen=True)
class _Recorded:
    """A run's folder."""

    folder: Path
    manifest: Mapping[str, Any]

    @classmethod
    def read(cls, root: Path, run_id: str) -> _Recorded:
        """The record of a run; raises UserError when there is none."""
        folder = root / "runs" / run_id
        try:
            manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            known = [path.parent.name for path in (root / "runs").glob("[!.]*/manifest.json")]
            raise UserError(
                f"no run {run_id!r} is recorded in {root / 'runs'}; {did_you_mean(run_id, known)}"
            ) from None
        except ValueError as error:
            raise CorruptFileError(f"{folder / 'manifest.json'}: is not the JSON that was written") from error
        return cls(folder, manifest)

    @property
    def run_id(self) -> str:
        return self.folder.name

    @property
    def inputs(self) -> Mapping[str, Any]:
        inputs: Mapping[str, Any] = self.manifest["inputs"]
        return inputs

    @property
    def outputs(self) -> Mapping[str, str]:
        outputs: Mapping[str, str] = self.manifest["outputs"]
        return outputs

    @property
    def label(self) -> str:
        return str(self.inputs["period"])

    @property
    def now(self) -> datetime:
        return parse_instant(self.manifest["now"])

    def catalog(self) -> Catalog:
        """The catalog that the run was made with; raises CorruptFileError when the file holds another."""
        path = self.folder / "catalog.json"
        try:
            catalog = Catalog.from_json(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise CorruptFileError(f"{path}: cannot be read: {error.strerror}") from error
        if catalog.content_hash() != self.inputs["catalog"]:
            raise CorruptFileError(f"{path}: is not the catalog that the run was made with")
        return catalog

    def corrections(self) -> pa.Table:
        """What the run corrected of closed statements."""
        path = self.folder / "corrections.ndjson"
        return corrections_from_text(path.read_text(encoding="utf-8")) if path.exists() else NO_CORRECTIONS

    def settings(self, present: Config) -> Config:
        """The recorded configuration, with the memory and threads of the present one."""
        content = {**self.manifest["settings"], "workspace": present.workspace, "engine": present.engine}
        try:
            return Config.model_validate(content)
        except ValidationError as error:
            what = error.errors(include_url=False)[0]
            where = ".".join(map(str, what["loc"]))
            raise UserError(f"run {self.run_id} was made with a {CONFIG_FILE} of another version: {where}") from error

    def rests_on(self) -> dict[str, str]:
        """The runs that stood for other billing periods when this one was made, and for its own."""
        earlier, later = self.inputs.get("earlier_runs") or {}, self.manifest.get("later_runs") or {}
        based_on = self.manifest.get("based_on")
        return {**earlier, **later, **({self.label: based_on} if based_on is not None else {})}


def _inputs(root: Path, scratch: Path, config: Config, recorded: _Recorded) -> RunInputs:
    """The recorded inputs, for a run in `scratch`, where what it rests on is published."""
    given, outputs = recorded.inputs, Outputs(scratch / "lake")
    transition = _transition(recorded.manifest["transition"])
    return RunInputs(
        root=scratch,
        config=recorded.settings(config),
        catalog=recorded.catalog(),
        snapshot=_events(root, given["events_version"]),
        period=parse_period(recorded.label),
        as_of=parse_instant(given["as_of"]) if "as_of" in given else None,
        customers=frozenset(given["customers"]) if "customers" in given else None,
        closed=read_closed(outputs, recorded.label, transition),
        based_on=recorded.manifest["based_on"],
        transition=transition,
        corrections=recorded.corrections(),
        earlier_runs=given.get("earlier_runs"),
    )


def _publish(root: Path, scratch: Path, label: str, recorded: _Recorded, keeps_record: bool) -> None:
    """Makes a recorded run stand for its billing period in another folder, by links to what it wrote."""
    sealed = {}
    for name, sha256 in recorded.outputs.items():
        partition = Path(name, f"billing_period={label}", f"run_id={recorded.run_id}")
        written = (root / "lake" / partition / f"{sha256}.parquet").resolve()
        if not written.exists():
            raise CorruptFileError(f"{written}: this output of run {recorded.run_id} is gone; restore it")
        sealed[name] = scratch / "lake" / partition / written.name
        sealed[name].parent.mkdir(parents=True)
        sealed[name].symlink_to(written)
    Outputs(scratch / "lake").commit(sealed, label, recorded.run_id)
    if keeps_record:
        (scratch / "runs").mkdir(exist_ok=True)
        (scratch / "runs" / recorded.run_id).symlink_to(recorded.folder.resolve(), target_is_directory=True)


def _transition(recorded: Mapping[str, Any]) -> Transition:
    return Transition(
        voided={
            invoice_id: (parse_instant(each["voided_at"]), each["void_reason"])
            for invoice_id, each in recorded["voided"].items()
        },
        regenerated=frozenset(recorded["regenerated"]),
    )


def _events(root: Path, version: int) -> EventSnapshot:
    snapshot = EventTable(root / "lake").snapshot(version)
    if snapshot is None:
        raise CorruptFileError(f"{root / 'lake' / 'events'}: the events are gone; restore them")
    return snapshot


def _check_inputs(recorded: _Recorded, again: _Recorded) -> None:
    """Raises CorruptFileError when what was read is not what the run had read, by the hashes in its inputs."""
    names = (recorded.inputs.keys() | again.inputs.keys()) - {"engine"}
    other = sorted(name for name in names if recorded.inputs.get(name) != again.inputs.get(name))
    if other:
        raise CorruptFileError(
            f"run {recorded.run_id} cannot be computed from what is kept of it: {', '.join(other)} differ"
        )
