"""Workspaces are examined: what is wrong with them or with the machine under them, and what to do."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from engine.clock import moment
from engine.doctor.examine import Examination, examine
from engine.opened import Opened


class Doctoring(Opened):
    """What can be wrong with an opened workspace."""

    def doctor(self, *, full: bool = False, now: datetime | str | None = None) -> Examination:
        """Examines the workspace, each thing by itself, and says what to do; with `full`, reads every committed byte.

        Changes nothing. A workspace that cannot be opened is examined by `doctor(folder)`.
        """
        return doctor(self.root, full=full, now=now)


def doctor(root: Path | str = ".", *, full: bool = False, now: datetime | str | None = None) -> Examination:
    """Examines the workspace in a folder, as broken as it may be; raises UserError when the folder is no workspace."""
    return examine(Path(root), moment(now), full=full)
