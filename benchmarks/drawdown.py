"""What balances add to rating: the same contracts rated with three balances each and without any, at three sizes.

The difference of the two is what inputs, drawing, lines, ledger and checks of balances cost. What balances should have
covered is known from plain arithmetic, and every account is compared with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa

from benchmarks.drawdown_contracts import (
    CREDIT_AMOUNTS,
    POSTPAID_AMOUNTS,
    PREPAID_AMOUNTS,
    PRICES,
    PRODUCTS,
    contract_id,
    sections,
    tag,
    tag_of,
)
from benchmarks.generate import SQL, customer_id
from benchmarks.isolated import isolated, peak_mib
from benchmarks.rating import SHARES, Row, timed
from benchmarks.subject import Rating

#: One of the currency in the whole numbers of sql/expected_draws.sql; no price or amount is finer.
UNIT = 10_000


def measure(directory: Path, *, contracts: int, threads: int) -> dict[str, list[Row]]:
    """Two tables: `drawdown` with one row a size; `drawdown_steps` with the seconds that balances add to every step.

    A step that another run of the same contracts needs as well can come out below zero, by what measurements vary.
    """
    sizes = [max(1, round(contracts * share)) for share in SHARES]
    rows: list[Row] = []
    added: dict[int, dict[str, float]] = {}
    for size in sizes:
        without, _, _ = isolated(_rated, directory / f"{size}", contracts=size, threads=threads, balances=False)
        steps, counts, memory = isolated(
            _rated, directory / f"{size}-balances", contracts=size, threads=threads, balances=True
        )
        added[size] = {name: seconds - without[name] for name, seconds in steps.items()}
        seconds = sum(added[size].values())
        rows.append(
            {
                "contracts": size,
                **counts,
                "without s": sum(without.values()),
                "with s": sum(steps.values()),
                "added s": seconds,
                "ms per contract": seconds / size * 1000,
                **memory,
            }
        )
    table: list[Row] = [
        {"step": name, **{f"{size:,} contracts": added[size][name] for size in sizes}} for name in added[sizes[0]]
    ]
    return {"drawdown": rows, "drawdown_steps": table}


def _rated(
    spill: Path, *, contracts: int, threads: int, balances: bool
) -> tuple[dict[str, float], dict[str, int], dict[str, int]]:
    """The seconds of every step, how much was rated, and the memory it took."""
    given = sections(contracts, balances=balances)
    with closing(Rating(given, PRODUCTS, threads=threads, spill=spill)) as run:
        catalog = peak_mib()
        seconds = {step.name: timed(step.run) for step in run.steps_before_metering()}
        run.fill_metered()
        expected = (SQL / "expected_draws.sql").read_text(encoding="utf-8")
        run.keep("expected_draws", expected, line_prices=_line_prices(), granted_amounts=_granted_amounts(contracts))
        seconds |= {step.name: timed(step.run) for step in run.steps_after_metering()}
        memory = {"catalog MiB": catalog, "peak MiB": peak_mib()}
        if balances:
            wrong = run.rows((SQL / "wrong_draws.sql").read_text(encoding="utf-8"))
            if wrong:
                raise AssertionError(f"{len(wrong)} accounts are not what plain arithmetic says: {wrong[:3]}")
        counts = {"lines": run.count("line_items"), "draws": run.count("draws"), "ledger": run.count("ledger")}
        if run.count("parked") or counts["lines"] < contracts * len(PRODUCTS):
            raise AssertionError(f"{counts['lines']} lines for {contracts} contracts, {run.count('parked')} parked")
        return seconds, counts, memory


def _line_prices() -> pa.Table:
    return pa.table(
        {
            "product": list(PRICES),
            "tag": [tag_of(product) for product in PRICES],
            "price": [int(price * UNIT) for price in PRICES.values()],
        }
    )


def _granted_amounts(contracts: int) -> pa.Table:
    def amounts(each: tuple[int, ...]) -> Iterator[int]:
        return (each[number % len(each)] * UNIT for number in range(contracts))

    return pa.table(
        {
            "contract_id": [contract_id(number) for number in range(contracts)],
            "customer_id": [customer_id(number) for number in range(contracts)],
            "tag": [tag(number) for number in range(contracts)],
            "prepaid": list(amounts(PREPAID_AMOUNTS)),
            "credit": list(amounts(CREDIT_AMOUNTS)),
            "postpaid": list(amounts(POSTPAID_AMOUNTS)),
        }
    )
