"""Whether the value of a SQL metric over a window can be made from its values over the parts of the window.

Such a metric reads each event once, in its part, and is added up; every other one is evaluated afresh from the start
of the period to each cut (DESIGN §5). The proof is by form, and says no whenever it is not sure.
"""

from __future__ import annotations

from sqlglot import exp

from engine.metrics.aggregates import is_aggregate
from engine.metrics.query import Combination

_FORBIDDEN = ("joins", "having", "qualify", "distinct", "limit", "offset", "with_")


def combination(select: exp.Query, value_column: str) -> Combination | None:
    """SUM only when M([a, c)) = M([a, b)) + M([b, c)) for every group, for all events and any a < b < c; likewise
    MAX and MIN.
    """
    if not isinstance(select, exp.Select) or any(select.args.get(name) for name in _FORBIDDEN):
        return None
    from_ = select.args.get("from_")
    if from_ is None or not isinstance(from_.this, exp.Table) or from_.this.name != "events":
        return None
    if select.find(exp.Window) or any(node is not select for node in select.find_all(exp.Query)):
        return None
    value: exp.Expr | None = None
    for projection in select.expressions:
        if projection.alias == value_column:
            value = projection.this.unnest()
        elif any(is_aggregate(node) for node in projection.walk()):
            return None
    if isinstance(value, (exp.Max, exp.Min)):
        if not _one_row_a_group(select):
            return None
        return Combination.MAX if isinstance(value, exp.Max) else Combination.MIN
    return Combination.SUM if value is not None and _linear(value) else None


def _one_row_a_group(select: exp.Select) -> bool:
    """Whether everything grouped by is returned: maxima of finer groups would be added up downstream."""
    group = select.args.get("group")
    returned = [projection.unalias() for projection in select.expressions]
    returned += [node.this for node in returned if isinstance(node, exp.Cast)]
    returned += [node.expressions[0] for node in returned if isinstance(node, exp.Anonymous) and node.expressions]
    return group is None or all(expression in returned for expression in group.expressions)


def _linear(node: exp.Expr) -> bool:
    """A plain COUNT or SUM with a constant weight, or such terms added up where none of them can be NULL.

    SUM(a) + SUM(b) is not additive: in a part where no event has b the whole is NULL, and the part's a is lost.
    A constant term would be counted once for each part.
    """
    node = node.unnest()
    if isinstance(node, (exp.Sum, exp.Count)):
        return not isinstance(node.this, exp.Distinct)
    if isinstance(node, (exp.Add, exp.Sub)):
        return all(_linear(side) and _never_null(side) for side in (node.this, node.expression))
    if isinstance(node, exp.Neg):
        return _linear(node.this)
    if isinstance(node, exp.Mul):
        return (_linear(node.this) and _weight(node.expression)) or (_weight(node.this) and _linear(node.expression))
    return _or_zero(node)


def _or_zero(node: exp.Expr) -> bool:
    """COALESCE(SUM(…), 0)."""
    if not isinstance(node, exp.Coalesce) or len(node.expressions) != 1:
        return False
    default = node.expressions[0].unnest()
    return isinstance(default, exp.Literal) and default.name == "0" and _linear(node.this)


def _never_null(node: exp.Expr) -> bool:
    node = node.unnest()
    if isinstance(node, (exp.Count, exp.Coalesce)):
        return True
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul)):
        return all(_never_null(side) or _weight(side) for side in (node.this, node.expression))
    return isinstance(node, exp.Neg) and _never_null(node.this)


def _weight(node: exp.Expr) -> bool:
    node = node.unnest()
    return _weight(node.this) if isinstance(node, exp.Neg) else isinstance(node, exp.Literal) and not node.is_string
