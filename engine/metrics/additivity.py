"""Whether a metric over a window is the sum of its values over the parts of the window.

Such a metric is computed once for each part and added up; every other one is evaluated afresh from the start of
the period to each cut (DESIGN §5). The proof is by form, and says no whenever it is not sure.
"""

from __future__ import annotations

from sqlglot import exp

from engine.metrics.aggregates import is_aggregate

_FORBIDDEN = ("joins", "having", "qualify", "distinct", "limit", "offset", "with_")


def is_additive(select: exp.Query, value_column: str) -> bool:
    """True only when M([a, c)) = M([a, b)) + M([b, c)) for every group, for all events and any a < b < c."""
    if not isinstance(select, exp.Select) or any(select.args.get(name) for name in _FORBIDDEN):
        return False
    from_ = select.args.get("from_")
    if from_ is None or not isinstance(from_.this, exp.Table) or from_.this.name != "events":
        return False
    if select.find(exp.Window) or any(node is not select for node in select.find_all(exp.Query)):
        return False
    for projection in select.expressions:
        if projection.alias == value_column:
            if not _linear(projection.this):
                return False
        elif any(is_aggregate(node) for node in projection.walk()):
            return False
    return True


def _linear(node: exp.Expression) -> bool:
    """A sum of plain COUNTs and SUMs with constant weights; a constant term would be counted once a part."""
    node = node.unnest()
    if isinstance(node, (exp.Sum, exp.Count)):
        return not isinstance(node.this, exp.Distinct)
    if isinstance(node, (exp.Add, exp.Sub)):
        return _linear(node.this) and _linear(node.expression)
    if isinstance(node, exp.Neg):
        return _linear(node.this)
    if isinstance(node, exp.Mul):
        return (_linear(node.this) and _weight(node.expression)) or (_weight(node.this) and _linear(node.expression))
    return False


def _weight(node: exp.Expression) -> bool:
    node = node.unnest()
    return _weight(node.this) if isinstance(node, exp.Neg) else isinstance(node, exp.Literal) and not node.is_string
