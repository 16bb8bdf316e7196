"""Computing a past run again from what it recorded, to prove that its outputs follow from its inputs."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from engine.billing import OUTPUTS, Progress
from engine.config import Config
from engine.errors import CorruptFileError
from engine.executors.connection import connect
from engine.invoices.definitions import start_definitions
from engine.invoices.finalize import finalized_invoices
from engine.invoices.publish import INVOICES, Outputs
from engine.rebilling.recorded_run import RecordedRun, publish_link, recorded_inputs_in
from engine.result import Rows
from engine.runs import run_period
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
    recorded = RecordedRun.read(root, run_id)
    with tempfile.TemporaryDirectory(prefix=".reproduce-", dir=root) as scratch:
        computed = _computed(root, Path(scratch), config, recorded, progress)
    return Reproduction(run_id, recorded.label, recorded.engine, recorded.outputs, computed)


def _computed(root: Path, scratch: Path, config: Config, recorded: RecordedRun, progress: Progress) -> dict[str, str]:
    """The SHA-256 of each output of a run that is made again, and published, in `scratch`.

    What became final is what the run before had computed: that one is made again first, and then its invoices final.
    """
    if recorded.manifest["kind"] == "finalize":
        before = RecordedRun.read(root, recorded.manifest["based_on"])
        computed = _computed(root, scratch, config, before, progress)
        return {**computed, INVOICES: _finalized(scratch, config, recorded)}
    for _, run_id in sorted(recorded.rests_on().items()):
        publish_link(RecordedRun.read(root, run_id), scratch, keeps_record=run_id != recorded.run_id)
    start_definitions(scratch / "lake")
    finished = run_period(recorded_inputs_in(scratch, config, recorded), recorded.now, progress)
    again = RecordedRun.read(scratch, finished.run_id)
    _check_inputs(recorded, again)
    return dict(again.outputs)


def _finalized(scratch: Path, config: Config, recorded: RecordedRun) -> str:
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


def _check_inputs(recorded: RecordedRun, again: RecordedRun) -> None:
    """Raises CorruptFileError when what was read is not what the run had read, by the hashes in its inputs."""
    names = (recorded.inputs.keys() | again.inputs.keys()) - {"engine"}
    other = sorted(name for name in names if recorded.inputs.get(name) != again.inputs.get(name))
    if other:
        raise CorruptFileError(
            f"run {recorded.run_id} cannot be computed from what is kept of it: {', '.join(other)} differ"
        )
