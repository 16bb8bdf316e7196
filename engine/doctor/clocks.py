"""The clock of the machine, and the rules of time zones."""

from __future__ import annotations

import tempfile
from contextlib import closing
from datetime import datetime
from pathlib import Path

from engine.doctor.diagnosis import Diagnosis, broken, well, worth_a_look
from engine.doctor.patient import Patient
from engine.executors.connection import connect
from engine.values.period import format_instant

#: An hour that a clock in New York shows at another hour than one in London, by the rules of summer.
_SUMMER = "SELECT (TIMESTAMP '2026-07-01 00:00:00' AT TIME ZONE 'UTC') AT TIME ZONE 'America/New_York'"
_SHOWN = datetime(2026, 6, 30, 20)


def clock(patient: Patient) -> Diagnosis:
    """Whether it is later than the last landing: by a clock that went backwards, events are in the future."""
    newest = max((file.last_ingested_at for file in patient.events.files if file.last_ingested_at), default=None)
    said = f"it is {format_instant(patient.now)}"
    if newest is None:
        return well(f"{said}; nothing has landed")
    said = f"{said}, the last events landed at {format_instant(newest)}"
    if patient.now < newest:
        return worth_a_look(f"{said}, which is later", "set the clock of this machine, or give --now to commands")
    return well(said)


def time_zones(patient: Patient) -> Diagnosis:
    """Whether the database knows time zones; without them, what a metric groups by local days is an error."""
    with tempfile.TemporaryDirectory() as spill, closing(connect(patient.engine.settings(), Path(spill))) as connection:
        ((shown,),) = connection.execute(_SUMMER).fetchall()
    if shown != _SHOWN:
        return broken(
            f"{_SUMMER} gives {shown}, not {_SHOWN}", "install the database anew: pip install --force-reinstall duckdb"
        )
    return well("the database knows the rules of time zones")
