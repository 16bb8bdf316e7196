"""duckbill: usage-based billing over DuckDB. `engine.open(folder)` is where everything starts."""

from __future__ import annotations

from engine.errors import CatalogError, CorruptFileError, DuckbillError, Problem, UserError, WorkspaceBusyError
from engine.result import Rows
from engine.runs import Run
from engine.version import VERSION as __version__
from engine.workspace import Workspace
from engine.workspace import open_workspace as open

__all__ = [
    "CatalogError",
    "CorruptFileError",
    "DuckbillError",
    "Problem",
    "Rows",
    "Run",
    "UserError",
    "Workspace",
    "WorkspaceBusyError",
    "__version__",
    "open",
]
