"""The files behind the published outputs, by paths that hold in the workspace folder whoever opens them there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from engine.events.delta_check import open_checked


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A committed file of an output; `name` is the SHA-256 of its content, `path` relative to the workspace folder."""

    output: str
    billing_period: str
    run_id: str
    path: str
    name: str
    rows: int


@dataclass(frozen=True)
class PublishedFiles:
    """Every committed file of these outputs, and the run that stands for each billing period, oldest first."""

    files: tuple[PublishedFile, ...]
    runs: Mapping[str, str]

    def of(self, output: str, billing_period: str) -> list[PublishedFile]:
        """The files of an output of a period's published run; none when the run has not published it."""
        return [file for file in self.of_run(billing_period) if file.output == output]

    def of_run(self, billing_period: str) -> list[PublishedFile]:
        """All files of a period's published run."""
        run_id = self.runs.get(billing_period)
        return [file for file in self.files if (file.billing_period, file.run_id) == (billing_period, run_id)]

    def previous(self, billing_period: str) -> str | None:
        """The last published billing period before this one."""
        return max((label for label in self.runs if label < billing_period), default=None)


def published_files(lake: Path) -> PublishedFiles:
    """What is committed in every output table of a lake; no data file is opened."""
    tables = sorted(path.parent.name for path in lake.glob("*/_delta_log"))
    found = [file for name in tables for file in _files(lake, name)]
    runs = {file.billing_period: file.run_id for file in found if file.output == "invoices"}
    return PublishedFiles(tuple(found), dict(sorted(runs.items())))


def _files(lake: Path, output: str) -> list[PublishedFile]:
    table = open_checked(lake / output)
    if table is None or table.metadata().partition_columns != ["billing_period", "run_id"]:
        return []
    actions = pa.table(table.get_add_actions(flatten=False)).to_pylist()
    files = [
        PublishedFile(
            output=output,
            billing_period=action["partition"]["billing_period"],
            run_id=action["partition"]["run_id"],
            path=f"{lake.name}/{output}/{action['path']}",
            name=Path(action["path"]).stem,
            rows=action["num_records"],
        )
        for action in actions
    ]
    return sorted(files, key=lambda file: file.path)
