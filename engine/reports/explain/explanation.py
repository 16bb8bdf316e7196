"""How a line item came to its amount, for people and as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import pyarrow as pa

from engine.reports.explain.steps import Step
from engine.result import Rows

_SCHEMA = pa.schema(
    [
        ("step_no", pa.int32()),
        ("step", pa.string()),
        ("what", pa.string()),
        ("expression", pa.string()),
        ("result", pa.string()),
        ("unit", pa.string()),
        ("source", pa.string()),
    ]
)


@dataclass(frozen=True)
class Explanation:
    """The steps from events, or from what a contract says, to the amount of a line and the total of its invoice.

    `steps` has the columns step_no, step, what, expression, result, unit, source; grain: step_no. Every result has been
    computed again and is the published one; numbers are exact plain text, and NULL stands for nothing.
    """

    line_item_id: str
    steps: Rows

    def text(self) -> str:
        """The steps as lines for people, the arithmetic on a line of its own."""
        rows = self.steps.dicts()
        width = max(len(str(row["step"])) for row in rows)
        lines = [f"line item {self.line_item_id}"]
        for row in rows:
            margin = " " * (width + 6)
            lines.append(f"{row['step_no']:>3} {row['step']!s:<{width}}  {row['what']}")
            result = " ".join(str(row[name]) for name in ("result", "unit") if row[name] is not None)
            if row["expression"] not in (None, row["result"]):
                lines.append(f"{margin}{row['expression']} = {result}")
            elif result:
                lines.append(f"{margin}{result}")
            if row["source"] is not None:
                lines[-1] += f"  [{row['source']}]"
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.text())}</pre>"


def explanation(line_item_id: str, steps: Sequence[Step]) -> Explanation:
    """The explanation that these steps make, in this order."""
    rows = [
        {
            "step_no": number,
            "step": each.step,
            "what": each.what,
            "expression": each.expression or None,
            "result": each.result or None,
            "unit": each.unit or None,
            "source": each.source or None,
        }
        for number, each in enumerate(steps, start=1)
    ]
    return Explanation(line_item_id, Rows(pa.Table.from_pylist(rows, schema=_SCHEMA)))
