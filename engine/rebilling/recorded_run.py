"""Past runs as their folders recorded them: what each was computed from, and what it published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from engine.catalog.catalog import Catalog
from engine.config import CONFIG_FILE, Config
from engine.errors import CorruptFileError, UserError, did_you_mean
from engine.events.table import EventSnapshot, EventTable
from engine.invoices.closed import read_closed
from engine.invoices.publish import OutputFile, Outputs
from engine.invoices.transition import Transition
from engine.rating.corrections import NO_CORRECTIONS, corrections_from_text
from engine.run_folder import CATALOG, CORRECTIONS, RUN_ID, read_manifest, recorded_text
from engine.runs import RunInputs
from engine.values.period import parse_instant, parse_period


@dataclass(frozen=True)
class RecordedRun:
    """A run's folder in a workspace."""

    folder: Path
    manifest: Mapping[str, Any]

    @classmethod
    def read(cls, root: Path, run_id: str) -> RecordedRun:
        """The record of a run of the workspace at `root`; raises UserError when there is none.

        Raises CorruptFileError when it is not what was written.
        """
        folder = root / "runs" / run_id
        manifest = read_manifest(folder) if RUN_ID.fullmatch(run_id) else None
        if manifest is None:
            known = recorded_run_ids(root)
            raise UserError(f"no run {run_id!r} is recorded in {root / 'runs'}; {did_you_mean(run_id, known)}")
        return cls(folder, manifest)

    @classmethod
    def named(cls, root: Path, name: str) -> RecordedRun:
        """The record of the run whose id begins with `name`; raises UserError when there is none, or several."""
        found = [each for each in recorded_run_ids(root) if name and each.startswith(name)]
        if len(found) > 1 and name not in found:
            raise UserError(f"{len(found)} runs begin with {name!r}: {', '.join(found)}; write more of the id")
        return cls.read(root, found[0] if len(found) == 1 else name)

    @property
    def root(self) -> Path:
        """The workspace that the run is of."""
        return self.folder.parent.parent

    @property
    def run_id(self) -> str:
        return self.folder.name

    @property
    def inputs(self) -> Mapping[str, Any]:
        inputs: Mapping[str, Any] = self.manifest["inputs"]
        return inputs

    @property
    def outputs(self) -> Mapping[str, str]:
        """The SHA-256 of each output by name."""
        outputs: Mapping[str, str] = self.manifest["outputs"]
        return outputs

    @property
    def label(self) -> str:
        """The billing period."""
        return str(self.inputs["period"])

    @property
    def engine(self) -> str:
        """The version of the engine that computed it."""
        return str(self.inputs["engine"])

    @property
    def now(self) -> datetime:
        return parse_instant(self.manifest["now"])

    @property
    def based_on(self) -> str | None:
        """The run of the same billing period whose closed, or not selected, invoices it went on from."""
        run_id: str | None = self.manifest.get("based_on")
        return run_id

    @property
    def as_of(self) -> datetime | None:
        """The cut-off: events that arrived later did not count."""
        return parse_instant(self.inputs["as_of"]) if "as_of" in self.inputs else None

    @property
    def customers(self) -> frozenset[str] | None:
        """Whom it billed, when only some."""
        return frozenset(self.inputs["customers"]) if "customers" in self.inputs else None

    @property
    def transition(self) -> Transition:
        """What became of closed invoices."""
        recorded: Mapping[str, Any] = self.manifest["transition"]
        return Transition(
            voided={
                invoice_id: (parse_instant(each["voided_at"]), each["void_reason"])
                for invoice_id, each in recorded["voided"].items()
            },
            regenerated=frozenset(recorded["regenerated"]),
        )

    @cached_property
    def catalog(self) -> Catalog:
        """The catalog that the run was made with; raises CorruptFileError when the file is gone, or holds another."""
        text = recorded_text(self.folder, CATALOG)
        catalog = None if text is None else Catalog.from_json(text)
        if catalog is None or catalog.content_hash() != self.inputs["catalog"]:
            raise CorruptFileError(f"{self.folder / CATALOG}: is not the catalog that the run was made with")
        return catalog

    @cached_property
    def corrections(self) -> pa.Table:
        """What the run corrected of closed statements; raises CorruptFileError when the file is not as written."""
        text = recorded_text(self.folder, CORRECTIONS)
        return NO_CORRECTIONS if text is None else corrections_from_text(text)

    def snapshot(self) -> EventSnapshot:
        """The events that the run had; raises CorruptFileError when they are gone."""
        lake = self.root / "lake"
        snapshot = EventTable(lake).snapshot(self.inputs["events_version"])
        if snapshot is None:
            raise CorruptFileError(f"{lake / 'events'}: the events are gone; restore them")
        return snapshot

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
        return {**earlier, **later, **({self.label: self.based_on} if self.based_on is not None else {})}

    def output_path(self, output: str) -> Path:
        """The file that the run wrote of an output; raises CorruptFileError when it is gone."""
        partition = Path(output, f"billing_period={self.label}", f"run_id={self.run_id}")
        written = self.root / "lake" / partition / f"{self.outputs[output]}.parquet"
        if not written.exists():
            raise CorruptFileError(f"{written}: this output of run {self.run_id} is gone; restore it")
        return written


class RecordedOutputs(Outputs):
    """What recorded runs published, as if each stood for its billing period; whether it still does is another matter.

    Only files that are asked for need be there: CorruptFileError is raised for one that is gone or has changed.
    """

    def __init__(self, runs: Mapping[str, RecordedRun], lake: Path) -> None:
        """`runs` are by billing period, of the workspace whose lake this is."""
        super().__init__(lake)
        self._runs = dict(sorted(runs.items()))

    def _files(self, name: str, billing_period: str | None = None) -> list[OutputFile]:
        return [
            OutputFile(path, label, run.run_id, pq.read_metadata(path).num_rows, path.stat().st_size)
            for label, run in self._runs.items()
            if name in run.outputs and billing_period in (None, label)
            for path in (run.output_path(name),)
        ]


def recorded_run_ids(root: Path) -> list[str]:
    """The ids of the runs that are recorded in a workspace, in their order."""
    return sorted(path.parent.name for path in (root / "runs").glob("[!.]*/manifest.json"))


def recorded_inputs_in(scratch: Path, config: Config, recorded: RecordedRun) -> RunInputs:
    """The recorded inputs, for a run in the folder `scratch`, where what it rests on is published.

    `config` says what the machine may use; whatever else a run reads of the configuration was recorded.
    """
    transition = recorded.transition
    return RunInputs(
        root=scratch,
        config=recorded.settings(config),
        catalog=recorded.catalog,
        snapshot=recorded.snapshot(),
        period=parse_period(recorded.label),
        as_of=recorded.as_of,
        customers=recorded.customers,
        closed=read_closed(Outputs(scratch / "lake"), recorded.label, transition),
        based_on=recorded.based_on,
        transition=transition,
        corrections=recorded.corrections,
        earlier_runs=recorded.inputs.get("earlier_runs"),
    )


def publish_link(recorded: RecordedRun, scratch: Path, *, keeps_record: bool = True) -> None:
    """Makes a recorded run stand for its billing period in another folder, by links to what it wrote.

    With `keeps_record` its folder is there, too. Raises CorruptFileError when an output is gone.
    """
    sealed = {}
    for name in recorded.outputs:
        written = recorded.output_path(name)
        sealed[name] = scratch / "lake" / written.relative_to(recorded.root / "lake")
        sealed[name].parent.mkdir(parents=True)
        sealed[name].symlink_to(written.resolve())
    Outputs(scratch / "lake").commit(sealed, recorded.label, recorded.run_id)
    if keeps_record:
        (scratch / "runs").mkdir(exist_ok=True)
        (scratch / "runs" / recorded.run_id).symlink_to(recorded.folder.resolve(), target_is_directory=True)
