"""The one normal form of reading a property in a compiled metric.

`properties.user_id` is `Bracket(Column(properties, table=<relation>), ['user_id'])`; a path adds one Bracket a
step: `properties.resource.cpu` is `Bracket(Bracket(Column(properties), ['resource']), ['cpu'])`. Its value is
text, or NULL when the event lacks it (`spec/metering.md` §7.2 and §17.12).
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

#: The name of the property bag among the columns of `events`.
BAG = "properties"


def path_of(name: str) -> tuple[str, ...]:
    """Where a property of this name is: under the very name, or along its dotted path (`spec/metering.md` §17.12)."""
    return tuple(name.split("."))


def property_access(path: tuple[str, ...], table: str | None = None) -> exp.Bracket:
    """The node that reads the property at `path` of the `events` relation called `table`."""
    node: exp.Expr = exp.column(BAG, table=table, quoted=True)
    for name in path:
        node = exp.Bracket(this=node, expressions=[exp.Literal.string(name)])
    if not isinstance(node, exp.Bracket):
        raise ValueError("a property has at least one name")
    return node


def property_path(node: exp.Expr) -> tuple[str, ...] | None:
    """The path a whole property access reads, or None when `node` is anything else.

    The inner Brackets of a longer path are property accesses too: replace from the outside in.
    """
    names: list[str] = []
    while isinstance(node, exp.Bracket):
        if len(node.expressions) != 1 or not node.expressions[0].is_string:
            return None
        names.append(node.expressions[0].name)
        node = node.this
    if names and isinstance(node, exp.Column) and node.name == BAG and not node.args.get("db"):
        return tuple(reversed(names))
    return None


def property_table(node: exp.Expr) -> str:
    """The relation whose property `node` reads; empty when it is not qualified."""
    while isinstance(node, exp.Bracket):
        node = node.this
    return node.table if isinstance(node, exp.Column) else ""


def property_accesses(tree: exp.Expr) -> Iterator[exp.Bracket]:
    """Every whole property access of a tree: a path once, not its steps."""
    for node in tree.find_all(exp.Bracket):
        if property_path(node) is not None and not isinstance(node.parent, exp.Bracket):
            yield node
