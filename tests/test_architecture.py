"""The layout and direction of imports of DESIGN §9, the size of files and functions, and words that have no place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlglot import exp, parse

ENGINE = Path(__file__).parent.parent / "engine"
MODULES = sorted(ENGINE.rglob("*.py"))

#: What each folder of engine/ may import of ours, besides itself, and which libraries.
LAYERS: dict[str, tuple[set[str], set[str]]] = {
    "values": (set(), set()),
    "catalog": ({"values"}, {"pydantic", "pydantic_core", "yaml"}),
    "metrics": ({"values", "catalog"}, {"sqlglot"}),
    "rating": ({"values", "catalog"}, {"sqlglot", "pyarrow"}),
    "events": ({"values"}, {"duckdb", "pyarrow", "deltalake", "sqlglot", "polars"}),
    "executors": (
        {"values", "catalog", "metrics", "rating", "events", "version"},
        {"duckdb", "pyarrow", "sqlglot"},
    ),
    "reports": (
        {"values", "catalog", "metrics", "rating", "executors", "events", "invoices", "result", "version"},
        {"duckdb", "pyarrow", "sqlglot", "polars", "great_tables", "xlsxwriter"},
    ),
    "rebilling": (
        {"values", "catalog", "metrics", "rating", "executors", "events", "invoices", "reports", "result", "version"}
        | {"billing", "breakdown", "config", "run_folder", "runs", "published", "opened"},
        {"duckdb", "pyarrow", "pydantic"},
    ),
    "doctor": (
        {"values", "catalog", "metrics", "rating", "executors", "events", "invoices", "result", "version"}
        | {"config", "run_folder", "clock", "lock", "verifying", "stored_versions", "vacuum", "leftovers"},
        {"duckdb", "pyarrow", "deltalake"},
    ),
    "metronome": (
        {"values", "catalog", "metrics", "rating", "executors", "events", "invoices", "reports", "result", "version"},
        {"duckdb", "pyarrow", "sqlglot", "polars"},
    ),
    "commands": (
        {"values", "workspace", "output", "describe", "finalization", "formats", "log", "version"}
        | {"result", "exporting", "shadowing", "diffing", "simulating", "doctoring", "storage_faults"}
        | {"metric_language"},
        {"typer"},
    ),
    "invoices": (
        {"values", "catalog", "rating", "executors", "events"},
        {"duckdb", "pyarrow", "deltalake", "sqlglot"},
    ),
}

#: Files and functions that may be longer than the limits, each with its reason.
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}
MOST_LINES = 400
MOST_FUNCTION_LINES = 60

STANDARD = set(__import__("sys").stdlib_module_names)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module or ""


def layer_of(path: Path) -> str | None:
    parts = path.relative_to(ENGINE).parts
    return parts[0] if len(parts) > 1 else None


@pytest.mark.parametrize(
    "path", [path for path in MODULES if layer_of(path)], ids=lambda path: str(path.relative_to(ENGINE))
)
def test_a_layer_imports_only_what_lies_below_it(path: Path) -> None:
    layer = layer_of(path)
    assert layer in LAYERS, f"engine/{layer} is in no layer"
    ours, libraries = LAYERS[layer]
    for name in imports(path):
        top, _, rest = name.partition(".")
        if top == "engine":
            target = rest.partition(".")[0]
            assert target in ours | {layer, "errors"}, f"{layer} must not import engine.{rest}"
        else:
            assert top in STANDARD | libraries, f"{layer} must not import {top}"


def test_the_layers_are_the_folders() -> None:
    folders = {path.name for path in ENGINE.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert folders == set(LAYERS)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ENGINE)))
def test_files_and_functions_stay_short(path: Path) -> None:
    name = str(path.relative_to(ENGINE))
    text = path.read_text(encoding="utf-8")
    if name not in LONG_FILES:
        assert len(text.splitlines()) <= MOST_LINES, f"{name} has grown past {MOST_LINES} lines; split it by concept"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and f"{name}:{node.name}" not in LONG_FUNCTIONS:
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= MOST_FUNCTION_LINES, f"{name}:{node.name} is {lines} lines long"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ENGINE)))
def test_no_float_and_no_sql_from_f_strings(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            said = "".join(
                part.value for part in node.values if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )
            assert not re.match(r"\s*(SELECT|INSERT|CREATE|DELETE|UPDATE|COPY|WITH)\s", said), (
                f"{path.name}: SQL by f-string: {said!r}"
            )
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "float", f"{path.name}:{node.lineno} makes a float"


@pytest.mark.parametrize("path", sorted(ENGINE.rglob("*.sql")), ids=lambda path: str(path.relative_to(ENGINE)))
def test_every_sql_file_says_why_and_parses(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(("-- ", "/* ")), f"{path.name} does not begin with its reason"
    if path.parent.name in ("stages", "checks"):
        (tree,) = parse(text, read="duckdb")
        assert isinstance(tree, exp.Query), f"{path.name} is not one SELECT"
    if path.parent.name == "stages":
        assert "-- Grain: " in text, f"{path.name} promises no grain"


def test_every_folder_of_the_engine_has_a_page() -> None:
    missing = [
        path.name
        for path in ENGINE.iterdir()
        if path.is_dir() and any(path.glob("*.py")) and not (path / "README.md").exists()
    ]
    assert not missing, f"without README.md: {missing}"
