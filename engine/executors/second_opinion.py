"""The second opinion on a compiled metric: what DuckDB's own parser reads in the text that is about to run.

The guard judges sqlglot's tree of the analyst's text; this judges DuckDB's tree of the regenerated text, against
`compiled_surface.toml`, and shares no code with the guard. Two parsers would have to misread the same words in the same
way for anything off the list to run (`spec/reliability.md` §3.3).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import duckdb

from engine.errors import DuckbillError

#: How much of the text is shown around what was found.
_SHOWN = 40

_SERIALIZE = "SELECT json_serialize_sql($text, skip_null := true, skip_empty := true)"

#: What a reading may read: the event files, the windows, the windows by customer's alias, the parts of whole windows.
METER_RELATIONS = frozenset({"event_files", "windows", "alias_windows", "window_parts"})

#: The relations of a scoped metric: the event files, the windows by customer, and the current window's alias.
_EVENTS, _WINDOWS, _CURRENT = "event_files", "alias_windows", "w"

_MACRO = re.compile(r"^CREATE OR REPLACE TEMP MACRO ([a-z_]+)\(", re.MULTILINE)

Node = dict[str, Any]


@dataclass(frozen=True)
class CompiledSurface:
    """The lists of `compiled_surface.toml`."""

    functions: frozenset[str]
    types: frozenset[str]
    bare_columns: frozenset[str]
    #: Kind of node, or field in which a part without a kind stands, to the fields that may be set.
    fields: dict[str, frozenset[str]]
    values: dict[str, tuple[object, ...]]


@cache
def compiled_surface() -> CompiledSurface:
    content = tomllib.loads(files("engine.executors").joinpath("compiled_surface.toml").read_text(encoding="utf-8"))
    nodes, described = content["nodes"], set(content["descriptions"])
    fields = {
        name: frozenset({*described, *(nodes[listed] if isinstance(listed, str) else listed)})
        for name, listed in {**nodes, **content["parts"]}.items()
    }
    texts = [files("engine.executors").joinpath(name).read_text(encoding="utf-8") for name in content["macro_files"]]
    macros = {name for text in texts for name in _MACRO.findall(text)}
    return CompiledSurface(
        functions=frozenset({*content["functions"], *macros}),
        types=frozenset(content["types"]),
        bare_columns=frozenset(content["bare_columns"]),
        fields=fields,
        values={name: tuple(allowed) for name, allowed in content["values"].items()},
    )


def second_opinion(connection: duckdb.DuckDBPyConnection, sql: str, relations: frozenset[str]) -> None:
    """Refuse a compiled query in which DuckDB's parser finds anything off the list; about a millisecond.

    `sql` is the exact text that will run on `connection`, and `relations` are the tables and views that it may read.

    Raises DuckbillError: the guard had let the metric pass, so a refusal is a fault of duckbill and not of the metric.
    """
    found = findings(connection, sql, relations)
    if found:
        raise DuckbillError(
            f"a compiled metric was not run: in its text DuckDB's parser found {'; and '.join(found)}. "
            "The guard, which reads metrics with sqlglot's parser, had let it pass. This is a fault of duckbill: "
            "please report it with the text of the metric"
        )


def findings(connection: duckdb.DuckDBPyConnection, sql: str, relations: frozenset[str]) -> tuple[str, ...]:
    """What DuckDB's parser finds in `sql` besides listed parts over `relations`, in words; nothing when all is well."""
    try:
        ((text,),) = connection.execute(_SERIALIZE, {"text": sql}).fetchall()
        document: Node = json.loads(text)
    except (duckdb.Error, ValueError, RecursionError) as error:
        return (f"a text that it cannot describe ({type(error).__name__})",)
    statements = document.get("statements", [])
    if document.get("error") is not False or len(statements) != 1:
        said = document.get("error_message") or f"{len(statements)} statements"
        return (f"no single SELECT ({said})",)
    unlisted = {what: node for node, what in _unlisted(statements, "statements", relations)}
    return tuple(what + _excerpt(sql, node) for what, node in unlisted.items())


def _unlisted(root: object, place: str, relations: frozenset[str]) -> Iterator[tuple[Node, str]]:
    """Every part off the list, with a description. Walks without recursion, so that no depth can stop it."""
    surface = compiled_surface()
    waiting: list[tuple[object, str, frozenset[str]]] = [(root, place, relations)]
    while waiting:
        part, place, visible = waiting.pop()
        if isinstance(part, list):
            waiting.extend((each, place, visible) for each in part)
        elif isinstance(part, dict):
            yield from ((part, what) for what in _judged(part, place, visible, surface))
            inside = visible | {str(entry.get("key")) for entry in _ctes(part)}
            for field, value in part.items():
                if field == "cte_map":
                    waiting.extend(_cte_parts(part, visible))
                elif isinstance(value, (dict, list)) and field != "qualified_name":
                    waiting.append((value, field, inside))


def _ctes(node: Node) -> list[Node]:
    entries = node.get("cte_map", {}).get("map", [])
    return entries if isinstance(entries, list) else []


def _cte_parts(node: Node, visible: frozenset[str]) -> Iterator[tuple[object, str, frozenset[str]]]:
    """The CTEs of a query, each of which sees only those before it."""
    yield {name: value for name, value in node["cte_map"].items() if name != "map"}, "cte_map", visible
    for entry in _ctes(node):
        yield entry, "map", visible
        visible = visible | {str(entry.get("key"))}


def _judged(node: Node, place: str, visible: frozenset[str], surface: CompiledSurface) -> Iterator[str]:
    kind = str(node.get("type", place))
    fields = surface.fields.get(kind)
    if fields is None:
        yield f"a {kind} node{_named(node)}"
        return
    for field in node.keys() - fields:
        yield f"{field} on a {kind} node"
    for field in node.keys() & surface.values.keys():
        if not isinstance(node[field], (dict, list)) and node[field] not in surface.values[field]:
            yield f"{field} {node[field]!r} on a {kind} node"
    if kind == "SELECT_NODE":
        yield from _beyond_its_window(node)
    name = next((node[field] for field in ("table_name", "function_name", "type_name") if field in node), None)
    if "qualified_name" in node and node["qualified_name"] != {"path": [name]}:
        yield f"the qualified name {'.'.join(map(str, node['qualified_name'].get('path', ())))!r}"
    if kind == "BASE_TABLE" and name not in visible:
        yield f"the table {name!r}"
    if "function_name" in fields and name not in surface.functions:
        yield f"the function {name!r}"
    if kind == "TYPE" and name not in surface.types:
        yield f"the type {name!r}"
    if kind == "OPERATOR_CAST":
        to_double = node["type_expr"].get("type_name") == "DOUBLE"
        if to_double and node["child"].get("type") != "VALUE_CONSTANT":
            yield "a conversion to DOUBLE"
    if kind == "COLUMN_REF":
        first, *rest = node["column_names"]
        if not rest and first not in surface.bare_columns:
            yield f"the name {first!r} without a relation"


def _beyond_its_window(select: Node) -> Iterator[str]:
    """Whether a SELECT that reads the event files may see events of another customer or window.

    It must join them to `alias_windows`, and nothing else, by the customer, and those to the current window `w`.
    """
    tables, equalities = _joined(select.get("from_table"))
    names = {table.get("table_name"): table.get("alias") for table in tables}
    if _EVENTS not in names:
        return
    events, windows = names[_EVENTS], names.get(_WINDOWS)
    equalities |= _equalities(select.get("where_clause"))
    by_customer = frozenset({(windows, "alias"), (events, "customer_id")})
    by_window = frozenset({(windows, "window_id"), (_CURRENT, "window_id")})
    if len(tables) != 2 or not {by_customer, by_window} <= equalities:
        yield "a SELECT that may see events of other customers or windows"


def _joined(table: object) -> tuple[list[Node], set[frozenset[tuple[object, ...]]]]:
    """The tables of a FROM, sub-queries apart, and the equalities that its inner joins demand."""
    if not isinstance(table, dict) or table.get("type") not in ("JOIN", "BASE_TABLE"):
        return [], set()
    if table["type"] == "BASE_TABLE":
        return [table], set()
    (left, of_left), (right, of_right) = _joined(table.get("left")), _joined(table.get("right"))
    own = _equalities(table.get("condition")) if table.get("join_type") == "INNER" else set()
    return [*left, *right], of_left | of_right | own


def _equalities(condition: object) -> set[frozenset[tuple[object, ...]]]:
    """The pairs of columns that a condition demands to be equal."""
    if not isinstance(condition, dict):
        return set()
    if condition.get("type") == "CONJUNCTION_AND":
        return set().union(*map(_equalities, condition["children"]))
    sides = [condition.get(side, {}).get("column_names") for side in ("left", "right")]
    if condition.get("type") == "COMPARE_EQUAL" and all(sides):
        return {frozenset(map(tuple, sides))}
    return set()


def _named(node: Node) -> str:
    """The function of a table function, the file of a COPY: what a node that is off the list is about."""
    about = node.get("function", node.get("info", {}))
    name = about.get("function_name") or about.get("file_path") if isinstance(about, dict) else None
    return f" ({name})" if name else ""


def _excerpt(sql: str, node: Node) -> str:
    place = node.get("query_location", len(sql))
    if not isinstance(place, int) or place >= len(sql.encode()):
        return ""
    near = sql.encode()[place : place + _SHOWN].decode(errors="replace")
    return f" at byte {place} ({near!r})"
