"""The command that lists the functions a SQL metric may use."""

from __future__ import annotations

from engine.commands.options import RowsOption
from engine.formats import Format


def functions(output: RowsOption = Format.table) -> None:
    """Every function and aggregate that a SQL metric may use, and which of them Metronome documents."""
    from engine.metric_language import metric_functions
    from engine.output import write_rows

    write_rows(metric_functions(), output)
