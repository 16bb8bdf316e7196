"""Keeping a workspace small and quick: compacting its events, removing what nothing refers to."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from engine.billing import Progress
from engine.clock import moment
from engine.compaction import Compaction
from engine.errors import UserError
from engine.events.compact import compact_day, days_to_compact
from engine.events.table import NOTHING_LANDED, EventTable
from engine.opened import Opened, no_progress
from engine.vacuum import OLDER_THAN, Vacuum, vacuum
from engine.values.period import parse_day, parse_period

#: From how many files on a day is compacted when nothing else is said: a rewritten day is rewritten again only after
#: seven more landings, and a month of such days has no more files than metering reads without noticing.
MIN_FILES = 8


class Maintaining(Opened):
    """What changes no event and no invoice, but the files that hold them."""

    def compact(
        self,
        *,
        period: str | None = None,
        day: date | str | None = None,
        min_files: int = MIN_FILES,
        progress: Progress = no_progress,
    ) -> Compaction:
        """Rewrites the events of each day that lie in `min_files` files or more as one file, in a commit a day.

        Of the days of a calendar month `period`, of one `day`, or of all. Runs see the same version of the events as
        before, and read the new files whatever version they were made from, unless something else has landed in
        between; the old files stay until they are vacuumed. Damaged files are not rewritten: CorruptFileError; what is
        done by then stays. Raises UserError for fewer than 2 `min_files`, and WorkspaceBusyError while another process
        writes.
        """
        if min_files < 2:
            raise UserError("one file a day cannot be made fewer; min_files is 2 or more")
        first, last = _days(period, day)
        with self._writing("compact"), self._damage_named(), self.connect(arithmetic=False) as connection:
            snapshot = EventTable(self.lake).snapshot() or NOTHING_LANDED
            days = days_to_compact(snapshot, min_files, first, last)
            done = []
            for number, each in enumerate(days):
                progress(f"compacting {each}", number, len(days))
                done.append(compact_day(self.lake, each, connection))
        return Compaction(tuple(done))

    def vacuum(
        self,
        older_than: timedelta = OLDER_THAN,
        *,
        dry_run: bool = False,
        now: datetime | str | None = None,
        progress: Progress = no_progress,
    ) -> Vacuum:
        """Removes what duckbill has left in the workspace and nothing refers to, if nobody needed it for `older_than`.

        Those are event files that no version in use has, which is the newest and every one that a recorded run or a
        night refers to; outputs that are neither published nor of a recorded run; files of interrupted landings and
        runs; kept readings that no run has used. What duckbill did not write stays, and so do the logs of the tables.
        With `dry_run` only tells what it would remove. Raises CorruptFileError, and removes nothing, when the workspace
        is damaged so that nobody can say what is in use; WorkspaceBusyError while another process writes.
        """
        with self._writing("vacuum"):
            return vacuum(self.root, moment(now), older_than, progress, dry_run=dry_run)


def _days(period: str | None, day: date | str | None) -> tuple[date | None, date | None]:
    """The first and the last day that are asked for; None where there is no bound."""
    if period is not None and day is not None:
        raise UserError("a period or a day, not both")
    if day is not None:
        only = parse_day(day).date() if isinstance(day, str) else day
        return only, only
    if period is None:
        return None, None
    month = parse_period(period)
    return month.starting_at.date(), (month.ending_before - timedelta(days=1)).date()
