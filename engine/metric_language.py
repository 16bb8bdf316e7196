"""The functions and aggregates that a SQL metric may use, as rows: `engine.metric_functions()`."""

from __future__ import annotations

import pyarrow as pa

from engine.metrics.function_list import FUNCTIONS
from engine.result import Rows

#: What stands beside a function that Metronome documents, and that strict mode therefore accepts.
DOCUMENTED = "documented"


def metric_functions() -> Rows:
    """One row for each function, aggregates first.

    Columns: name, kind (aggregate, window, number, choice, text or date), metronome (`documented`, or NULL where
    strict mode refuses it: spec/metering.md §7.1), example, what (one line), also (its other names, between spaces).
    """
    columns = {
        "name": [each.name for each in FUNCTIONS],
        "kind": [each.kind for each in FUNCTIONS],
        "metronome": [DOCUMENTED if each.documented else None for each in FUNCTIONS],
        "example": [each.example for each in FUNCTIONS],
        "what": [each.what for each in FUNCTIONS],
        "also": [" ".join(each.also) for each in FUNCTIONS],
    }
    return Rows(pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}))
