"""A month of many small landings, and everything that a workspace can be asked about it."""

from __future__ import annotations

import json
from pathlib import Path

from engine.catalog.load import load_catalog
from engine.workspace import Workspace
from tests.nights.shop import CATALOG, CUSTOMERS, shop, write

#: The workspace of the nights' tests with a SQL metric, group keys and a count of distinct values besides.
_MORE = """
  - {name: users, aggregation_type: UNIQUE, aggregation_key: user, event_type_filter: {in_values: [call]},
     property_filters: [{name: user, exists: true}]}
products:
  - {name: Users, type: USAGE, billable_metric: users}
  - {name: Busy days, type: USAGE, billable_metric: Busy days}
"""
_SQL_METRIC = """/* @metric
name: Busy days
@metric */
SELECT SUM(one) AS value FROM (
    SELECT 1 AS one FROM events WHERE event_type = 'call' GROUP BY date_trunc('day', timestamp)
)
"""
_RATES = """
      - {product: Users, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 100}
      - {product: Busy days, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 1000}
"""
_CATALOG = CATALOG.replace("products:\n", _MORE).rstrip("\n") + _RATES

LANDINGS = 3
RUN_AT = "2026-11-03T06:00:00Z"
#: A time between two landings.
AS_OF = "2026-10-23T12:00:00Z"


def lines(landing: int) -> list[dict[str, object]]:
    """What one landing brings: new events of two days, one again, one that cannot be read, one of nobody."""
    found = [_event(f"t{landing}-{n}", n, landing, {"units": landing + n, "user": f"u{n}"}) for n in range(6)]
    found.append(_event(f"alien{landing}", 0, landing, {"units": 1}, customer_id="nobody"))
    found.append(_event(f"odd{landing}", 1, landing, {"Units": "7", f"x{landing}": "y", "": "1"}))
    found.append(
        _event(f"t{max(landing - 1, 0)}-0", 0, max(landing - 1, 0), {"units": max(landing - 1, 0), "user": "u0"})
    )
    found.append(_event(f"bad{landing}", 0, landing, {}, timestamp="yesterday"))
    return found


def _event(
    transaction_id: str, n: int, hour: int, properties: dict[str, object], **fields: object
) -> dict[str, object]:
    event = {
        "transaction_id": transaction_id,
        "customer_id": "acme" if n % 3 else "bolt",
        "event_type": "call",
        "timestamp": f"2026-10-{20 + n % 2}T{hour:02}:30:00Z",
        "properties": properties,
    }
    return event | fields


def landed(root: Path) -> Workspace:
    """A new workspace in which October has landed, each landing a day after the other."""
    workspace = shop(root)
    write(root, "products", _CATALOG)
    write(root, "customers", CUSTOMERS.replace("2026-09-01T", "2026-10-01T"))
    (root / "metrics_sql").mkdir()
    (root / "metrics_sql" / "busy_days.sql").write_text(_SQL_METRIC)
    for landing in range(LANDINGS):
        land(workspace, landing)
    return workspace


def land(workspace: Workspace, landing: int) -> None:
    """One landing of the story, on a day of its own; the first has nothing to repeat."""
    done = workspace.land(lines(landing), now=f"2026-10-{22 + landing}T00:00:00Z")
    assert (done.accepted, done.duplicate, done.rejected) == (8 if landing else 7 + 1, 1, 1), done


def answers(workspace: Workspace, runs: tuple[str, str]) -> dict[str, object]:
    """What the workspace says to every question about October; `runs` are two runs of it, the second published."""
    line_items = [row for row in workspace.line_items("2026-10") if row["product_name"] in ("Calls", "Busy days")]
    found: dict[str, object] = {
        "invoices": list(workspace.invoices("2026-10")),
        "lines": list(workspace.line_items("2026-10")),
        "buckets": list(workspace.buckets("2026-10")),
        "late usage": list(workspace.late_usage("2026-10")),
        "rejected": list(workspace.rejected()),
        "preview": list(workspace.preview("units", period="2026-10")),
        "preview as of": list(workspace.preview("units", period="2026-10", as_of=AS_OF)),
        "usage": list(workspace.usage("users", period="2026-10", window="day")),
        "differences": list(workspace.diff(*runs).changes),
        "simulation": list(workspace.simulate(_dearer(workspace), "2026-10").changes),
    }
    for row in (line_items[0], line_items[-1]):
        found[f"explain {row['id']}"] = workspace.explain(str(row["id"])).text()
        found[f"events of {row['id']}"] = list(workspace.explain_events(str(row["id"])))
    for transaction_id in ("t1-0", "odd2"):
        summary = json.loads(json.dumps(workspace.event(transaction_id).summary()))
        for each in summary["accepted"]:
            # Where it lies is what compaction changes.
            del each["file"], each["row"]
        found[f"event {transaction_id}"] = summary
    return found


def _dearer(workspace: Workspace) -> Path:
    """A folder with the same catalog at another price."""
    folder = workspace.root.parent / f"{workspace.root.name}-dearer"
    if not folder.exists():
        for path in (workspace.root / "catalog").iterdir():
            (folder / "catalog").mkdir(parents=True, exist_ok=True)
            text = path.read_text(encoding="utf-8").replace("price: 10}", "price: 12}")
            (folder / "catalog" / path.name).write_text(text, encoding="utf-8")
        (folder / "metrics_sql").mkdir()
        (folder / "metrics_sql" / "busy_days.sql").write_text(_SQL_METRIC)
        assert load_catalog(folder) != workspace.catalog
    return folder
