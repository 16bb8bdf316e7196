"""duckbill: usage-based billing over DuckDB. `engine.open(folder)` is where everything starts."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from engine.errors import CatalogError, CorruptFileError, DuckbillError, Problem, UserError, WorkspaceBusyError
from engine.version import VERSION as __version__

if TYPE_CHECKING:
    from engine.diffing import Difference
    from engine.exporting import Export
    from engine.metric_language import metric_functions
    from engine.result import Rows
    from engine.runs import Run
    from engine.shadowing import Imported, Shadow, import_export, shadow
    from engine.simulating import Simulation
    from engine.workspace import Workspace
    from engine.workspace import open_workspace as open

__all__ = [
    "CatalogError",
    "CorruptFileError",
    "Difference",
    "DuckbillError",
    "Export",
    "Imported",
    "Problem",
    "Rows",
    "Run",
    "Shadow",
    "Simulation",
    "UserError",
    "Workspace",
    "WorkspaceBusyError",
    "__version__",
    "import_export",
    "metric_functions",
    "open",
    "shadow",
]

#: Loaded when first asked for, so that `duckbill --help` does not wait for DuckDB and Polars.
_LATER = {
    "Difference": ("engine.diffing", "Difference"),
    "Export": ("engine.exporting", "Export"),
    "Imported": ("engine.shadowing", "Imported"),
    "Rows": ("engine.result", "Rows"),
    "Run": ("engine.runs", "Run"),
    "Shadow": ("engine.shadowing", "Shadow"),
    "Simulation": ("engine.simulating", "Simulation"),
    "Workspace": ("engine.workspace", "Workspace"),
    "import_export": ("engine.shadowing", "import_export"),
    "metric_functions": ("engine.metric_language", "metric_functions"),
    "open": ("engine.workspace", "open_workspace"),
    "shadow": ("engine.shadowing", "shadow"),
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _LATER[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted(__all__)
