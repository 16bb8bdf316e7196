"""`duckbill late-usage`."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

from tests.cli.command import duckbill
from tests.late_usage.shop import ANN, NOW, arrive, finalize, shop

EVENTS = """
| arrived          | time       | type | customer | units |
| 2026-11-01 05:00 | 2026-10-08 | peak | ann      | 1     |
"""
LATE = """
| arrived          | time       | type | customer | units |
| 2026-11-03 05:00 | 2026-10-09 | peak | ann      | 3     |
"""


def test_the_command(tmp_path: Path) -> None:
    made = shop(tmp_path / "workspace", ANN, policy="report")
    arrive(made, EVENTS)
    made.run("2026-10", now=NOW)
    finalize(made, "2026-10")
    arrive(made, LATE)
    command = ("late-usage", "--workspace", str(made.root))
    # That usage is late is no failure.
    found = duckbill(*command, "--output", "csv")
    assert found.code == 0
    (row,) = csv.DictReader(io.StringIO(found.text))
    told = ("customer_name", "product_name", "late_events", "outcome", "reason")
    assert [row[name] for name in told] == ["Ann", "Peak", "1", "billed", ""]
    assert [Decimal(row[name]) for name in ("late_quantity", "late_amount", "corrected_amount")] == [2, 14, 0]
    assert "Peak" in duckbill(*command, "--period", "2026-10").text
    refused = duckbill(*command, "--period", "2026-09")
    assert refused.code == 2 and "2026-09 has not been published" in refused.stderr
