"""Makes the workspace that later versions of duckbill must be able to open, with whatever version it is run.

`python tests/versions/make_workspace.py NAME` writes beside this file `NAME.tar.gz`, `NAME.txt`, what is published in
it, and `NAME-later.txt`, what the same version publishes in it a month later. With `PYTHONPATH` set to the folder of
another checkout, that version does it. It uses nothing but what `import engine` gives and the standard library, so that
any version can run it. What is committed is never made again: it is what a version that was in use has left.
"""

from __future__ import annotations

import gzip
import json
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import engine

HERE = Path(__file__).parent

#: What is billed in the workspace, and what a month later.
BILLED = ("2026-08", "2026-09", "2026-10")
BILLED_LATER = (*BILLED, "2026-11")

SETTINGS = """
[workspace]
name = "versions"

[landing]
past_days = 60

[invoices]
late_usage = "report"
"""
CATALOG = """
billable_metrics:
  - name: Tokens
    aggregation_type: SUM
    aggregation_key: tokens
    property_filters: [{ name: tokens, exists: true }, { name: model, exists: true }]
    group_keys: [[model]]
    event_type_filter: { in_values: [request] }
products:
  - { name: Tokens, type: USAGE, billable_metric: Tokens, pricing_group_key: [model] }
  - { name: Seconds, type: USAGE, billable_metric: longest_requests }
  - { name: Platform, type: FIXED }
rate_cards:
  - name: card
    fiat_credit_type: USD
    rates:
      - product: Tokens
        starting_at: "2026-09-01T00:00:00Z"
        entitled: true
        rate_type: FLAT
        price: 0.25
        pricing_group_values: { model: small }
      - product: Tokens
        starting_at: "2026-09-01T00:00:00Z"
        entitled: true
        rate_type: FLAT
        price: 2
        pricing_group_values: { model: large }
      - { product: Seconds, starting_at: "2026-09-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 7.125 }
customers: [{ id: ann, name: Ann, ingest_aliases: ["ann@example.com"] }, { id: bob, name: Bob }, { id: cy, name: Cy }]
contracts:
  - id: anns
    customer: ann
    rate_card: card
    starting_at: "2026-09-01T00:00:00Z"
    commits:
      - type: PREPAID
        name: A year ahead
        product: Platform
        priority: 1
        access_schedule:
          schedule_items: [{ amount: 2500, starting_at: "2026-09-01T00:00:00Z", ending_before: "2027-09-01T00:00:00Z" }]
        invoice_schedule: { schedule_items: [{ timestamp: "2026-09-01T00:00:00Z", amount: 2500 }] }
  - { id: bobs, customer: bob, rate_card: card, starting_at: "2026-09-01T00:00:00Z" }
  - { id: cys, customer: cy, rate_card: card, starting_at: "2026-09-04T00:00:00Z" }
credits:
  - name: Welcome
    customer: bob
    product: Platform
    priority: 1
    access_schedule:
      schedule_items: [{ amount: 800, starting_at: "2026-09-01T00:00:00Z", ending_before: "2027-09-01T00:00:00Z" }]
"""
METRIC = """/* @metric
name: longest_requests
description: The longest request of each day, added up
@metric */
SELECT SUM(longest) AS value
FROM (
    SELECT date_trunc('day', timestamp) AS day, MAX(properties.seconds) AS longest
    FROM events
    WHERE event_type = 'request'
    GROUP BY day
)
"""


def request(number: int, customer: str, day: str, **properties: str) -> dict[str, object]:
    """An event, known by its number."""
    return {
        "transaction_id": f"request-{number}",
        "customer_id": customer,
        "event_type": "request",
        "timestamp": f"{day}T12:00:{number % 60:02d}.{number:03d}Z",
        "properties": properties,
    }


def month_of_requests(month: str, first: int) -> list[dict[str, object]]:
    """Sixty requests of three customers in the first ten days of a month."""
    return [
        request(
            number,
            ("ann", "bob", "cy", "ann@example.com")[number % 4],
            f"{month}-{1 + number % 10:02d}",
            model=("small", "large", "large")[number % 3],
            tokens=f"{number % 17}.{number % 7}",
            seconds=f"{number % 13}.{number % 9}5",
        )
        for number in range(first, first + 60)
    ]


def lines(events: Iterable[Mapping[str, object] | str]) -> str:
    return "".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in events)


def make_workspace(root: Path) -> None:
    """Two months: landed with duplicates and refused lines, billed, one final, one invoice of it void and anew."""
    write_files(root)
    workspace = engine.open(root)
    september, october = month_of_requests("2026-09", 1), month_of_requests("2026-10", 101)
    other = request(7, "bob", "2026-09-03", model="large", tokens="99")
    refused = ["{not json", lines([{"customer_id": "ann"}]).strip(), lines([request(70, "ann", "2020-01-01")]).strip()]
    land(workspace, "september", [*september, september[4], other, *refused], "2026-10-01T06:00:00Z")
    workspace.run_through("2026-08", "2026-09", now="2026-10-01T06:00:00Z")
    for customer in ("ann", "bob", "cy"):
        workspace.finalize("2026-09", select=f"customer:{customer}", now="2026-10-03T06:00:00Z")
    finals = [row for row in workspace.invoices("2026-09") if row["status"] == "FINALIZED"]
    (bobs,) = (str(row["id"]) for row in finals if row["customer_id"] == "bob" and row["type"] == "USAGE")
    workspace.void([bobs], reason="a wrong price", now="2026-10-03T07:00:00Z")
    workspace.regenerate([bobs], now="2026-10-03T08:00:00Z")
    # What a night finds in September is late for Ann, whose invoice is final.
    late = request(90, "ann", "2026-09-20", model="large", tokens="11", seconds="0.5")
    land(workspace, "late", [late, *october[:9]], "2026-10-04T06:00:00Z")
    workspace.nightly(now="2026-10-04T12:00:00Z")
    # Often enough for the logs of the outputs to have a checkpoint.
    for part, events in (("first", october[:30]), ("second", [*october[30:], september[0]])):
        land(workspace, f"october-{part}", events, "2026-11-01T06:00:00Z")
        workspace.run("2026-10", now="2026-11-01T06:00:00Z")


def go_on(root: Path) -> None:
    """The month after: more events, one of them an old one, the next month billed, the one before made final."""
    workspace = engine.open(root)
    november = month_of_requests("2026-11", 201)
    known = month_of_requests("2026-10", 101)[20]
    land(workspace, "november", [*november, known], "2026-12-01T06:00:00Z")
    workspace.run("2026-11", now="2026-12-01T06:00:00Z")
    workspace.finalize("2026-10", now="2026-12-01T07:00:00Z")


def write_files(root: Path) -> None:
    for name, text in (
        ("duckbill.toml", SETTINGS),
        ("catalog/catalog.yml", CATALOG),
        ("metrics_sql/longest_requests.sql", METRIC),
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def land(workspace: engine.Workspace, name: str, events: Iterable[Mapping[str, object] | str], now: str) -> None:
    """Lands a file that stays in the workspace, so that it can be landed again."""
    path = workspace.root / "events" / f"{name}.ndjson"
    path.parent.mkdir(exist_ok=True)
    path.write_text(lines(events), encoding="utf-8")
    workspace.land(path, now=now)


#: What is written of what is published, by question.
ASKED: Mapping[str, tuple[str, ...]] = {
    "invoices": (
        *("id", "customer_name", "type", "status", "starting_at", "ending_before", "issued_at", "finalized_at"),
        *("void_reason", "regenerated_from_invoice_id", "content_hash", "currency", "total", "payable"),
    ),
    "line_items": (
        *("id", "invoice_id", "type", "product_name", "commit_id", "quantity", "unit_price", "total"),
        "in_total",
    ),
    "ledger": ("customer_name", "balance_name", "type", "timestamp", "amount", "balance_after"),
}


def published_text(root: Path, periods: Iterable[str]) -> str:
    """Invoices, line items and ledger entries of billing periods, a line each, every digit of them."""
    workspace = engine.open(root)
    said = [f"runs: {json.dumps(workspace.outputs.published_runs())}"]
    for period in periods:
        for question, columns in ASKED.items():
            rows = getattr(workspace, question)(period)
            told = [name for name in columns if name in rows.columns]
            said.append(f"\n{question} of {period}: {', '.join(told)}")
            said.extend(sorted(" | ".join(_text(row[name]) for name in told) for row in rows))
    late = ("invoice_id", "product_name", "late_events", "late_quantity", "late_amount", "outcome")
    said.append(f"\nlate usage of 2026-09: {', '.join(late)}")
    said.extend(sorted(" | ".join(_text(row[name]) for name in late) for row in workspace.late_usage("2026-09")))
    said.append("\nrefused: line, verdict, reason, transaction_id")
    refused = ("line", "verdict", "reason", "transaction_id")
    said.extend(sorted(" | ".join(_text(row[name]) for name in refused) for row in workspace.rejected()))
    return "\n".join(said) + "\n"


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, datetime) else str(value)


def pack(root: Path, archive: Path) -> None:
    """The folder as a compressed archive whose bytes depend on nothing but names and contents."""
    with (
        archive.open("wb") as file,
        gzip.GzipFile("", "wb", 9, file, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as packed,
    ):
        for path in _paths(root):
            told = packed.gettarinfo(path, path.relative_to(root).as_posix())
            told.mtime, told.uid, told.gid, told.uname, told.gname = 0, 0, 0, "", ""
            told.mode = 0o755 if path.is_dir() else 0o644
            if told.isreg():
                with path.open("rb") as content:
                    packed.addfile(told, content)
            else:
                packed.addfile(told)


def _paths(root: Path) -> Iterator[Path]:
    """Everything but what can be written again at any time."""
    for path in sorted(root.rglob("*")):
        if not path.name.startswith(".lock") and path.relative_to(root).parts[0] != "reconciliation":
            yield path


def main() -> None:
    (name,) = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "workspace"
        make_workspace(root)
        (HERE / f"{name}.txt").write_text(published_text(root, BILLED), encoding="utf-8")
        pack(root, HERE / f"{name}.tar.gz")
        go_on(root)
        (HERE / f"{name}-later.txt").write_text(published_text(root, BILLED_LATER), encoding="utf-8")


if __name__ == "__main__":
    main()
