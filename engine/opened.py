"""What everything that a workspace can be asked needs: its folder, configuration, catalog, lake and connections."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from engine.catalog.catalog import Catalog
from engine.catalog.load import load_catalog
from engine.clock import cut_off
from engine.config import Config, load_config
from engine.errors import CorruptFileError, UserError
from engine.events.table import NOTHING_LANDED, EventSnapshot, EventTable
from engine.events.verify import Finding
from engine.executors.connection import scratch_connection
from engine.executors.duckdb import DuckDBExecutor
from engine.exhausted import limits_told
from engine.folder_names import check_links
from engine.invoices.closed import read_closed
from engine.invoices.earlier import earlier_runs
from engine.invoices.publish import Outputs
from engine.invoices.transition import NO_TRANSITION, Transition
from engine.lock import exclusive
from engine.run_folder import inputs_unless_damaged
from engine.runs import RunInputs
from engine.storage_faults import storage_faults_told
from engine.stored_versions import check_versions
from engine.values.period import Period
from engine.verifying import verify_workspace


def no_progress(step: str, done: int, total: int) -> None:
    """For callers that do not watch."""


class Opened:
    """A workspace folder that has been opened; the questions are asked by the classes that build on it.

    What writes waits up to `wait` seconds for another process that does. Raises UserError for a folder that is no
    workspace, or one that a newer duckbill has written.
    """

    def __init__(self, root: Path | str, *, wait: float = 0) -> None:
        self.root = Path(root)
        self._wait = wait
        self.config: Config = load_config(self.root)
        check_versions(self.root)

    @property
    def lake(self) -> Path:
        """Where events and published results live."""
        return self.root / "lake"

    @property
    def outputs(self) -> Outputs:
        """What runs have published."""
        return Outputs(self.lake)

    @property
    def catalog(self) -> Catalog:
        """The catalog as it stands in the files; raises CatalogError with every problem."""
        return load_catalog(self.root)

    def verify(self) -> list[Finding]:
        """Reads every file of the lake, of the runs and of the kept readings again (DESIGN §4); see `verifying.py`.

        What is missing, changed, foreign or an orphan, by path. Changes nothing.
        """
        return verify_workspace(self.root)

    @contextmanager
    def connect(self, *, arithmetic: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection as runs use it, closed with its spill files at the end; without `arithmetic`, as landings do."""
        settings = self.config.engine.settings()
        scratch = scratch_connection(settings, self.root, arithmetic=arithmetic)
        with limits_told(self.config.engine, self.root), scratch as connection:
            yield connection

    @contextmanager
    def _writing(self, doing: str) -> Iterator[None]:
        """Holds the workspace for writing; raises WorkspaceBusyError when another process does so for too long.

        `doing` is what others are told meanwhile. Raises UserError for a symbolic link in the lake.
        """
        with exclusive(self.lake, self._wait, doing):
            check_links(self.lake)
            yield

    @contextmanager
    def _damage_named(self) -> Iterator[None]:
        """What the database cannot do because of the workspace, told as that: a damaged file, a full disk, a low limit.

        Files are hashed only once something has failed, so that this costs nothing otherwise.
        """
        try:
            with limits_told(self.config.engine, self.root), storage_faults_told(self.root):
                yield
        except duckdb.Error as error:
            damaged = [str(finding) for finding in self.verify() if finding.kind in ("missing", "changed")]
            if not damaged:
                raise
            raise CorruptFileError("\n".join(damaged)) from error

    def _executor(self, connection: duckdb.DuckDBPyConnection, isolate: bool) -> DuckDBExecutor:
        return DuckDBExecutor(connection, self.config.isolation.limits(isolate))

    def _snapshot(self, *, needed: bool = True) -> EventSnapshot:
        """The events as they are now; raises UserError when none has landed and some are needed."""
        snapshot = EventTable(self.lake).snapshot()
        if snapshot is not None and snapshot.files:
            return snapshot
        if needed:
            raise UserError(f"no events have landed in {self.root} yet; land some first: duckbill land FILE")
        return NOTHING_LANDED

    def _inputs(
        self,
        catalog: Catalog,
        landed: EventSnapshot,
        month: Period,
        as_of: datetime | str | None,
        isolate: bool = False,
        *,
        transition: Transition = NO_TRANSITION,
        customers: frozenset[str] | None = None,
    ) -> RunInputs:
        outputs = self.outputs
        published = outputs.published_run(month.label)
        recorded = None if published is None else inputs_unless_damaged(self.root / "runs" / published)
        are_drafts = recorded is not None and not recorded.get("closed", {}).get("invoices")
        known = are_drafts and transition == NO_TRANSITION
        closed = read_closed(outputs, month.label, transition, are_drafts=known)
        return RunInputs(
            self.root,
            self.config,
            catalog,
            landed,
            month,
            cut_off(as_of),
            isolate,
            customers=customers,
            closed=closed,
            based_on=published if closed.rows or customers is not None else None,
            transition=transition,
            earlier_runs=earlier_runs(outputs, catalog, month),
        )


def customer_id_of(catalog: Catalog, customer: str | None) -> str | None:
    """The id of a customer by id, name or ingest alias; None stands for everybody."""
    return None if customer is None else catalog.customer_named(customer).id
