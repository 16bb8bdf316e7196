"""The generator itself: it is repeatable, stays small, and reaches every construct it claims to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.generated.compare import Expected, actual, compare, decimal_text, expected
from tests.generated.scenarios import Scenario, scenario
from tests.generated.test_engine_equals_oracle import EVERY_SQL_METRIC
from tests.generated.test_moved_aliases import EVERY_SQL_METRIC as MOVED_SQL_METRICS
from tests.oracle.catalog import read_catalog
from tests.oracle.sql_metrics import ALL as SQL_METRICS

SEEDS = 300
#: Of scenarios that sell every SQL metric: those that are billed by the engine, and some besides.
SOLD_BY_THE_ENGINE = (EVERY_SQL_METRIC, MOVED_SQL_METRICS)
SOLD = (*SOLD_BY_THE_ENGINE, *range(5000, 5012))

#: Noted while writing catalogs and events.
CONSTRUCTS = """
aggregation COUNT; aggregation SUM; aggregation MAX; aggregation UNIQUE; aggregation LATEST
event type in_values; event type not_in_values
property filter in_values; property filter not_in_values; property filter not_in_values with exists
property filter exists true; property filter exists false; property filter without condition
aggregation key without exists; group key by in_values
simple group key; compound group key; two group keys; product keys are a subset of the compound key
product without keys; pricing key only; presentation key only; pricing and presentation keys
key that prices and presents; metric shared by products
divide by 3; divide by 60; divide by 7; divide by 1024; divide by 1000; divide by 0.5
multiply by 100; multiply by 0.001; multiply by 2.5
rounding ROUND_UP; rounding ROUND_DOWN; rounding ROUND_HALF_UP
rounding to decimal places; rounding to whole units
sql Tokens by region; sql Peak storage per user; sql Average daily peak; sql Users by region
sql Average tokens; sql Nested tokens; sql Users with one call
sql Latest storage; sql Earliest good tokens; sql Storage at the peak of tokens; sql Last storage of each day
sql Growth of storage; sql Most tokens in three calls; sql Storage of the three largest calls
sql Events of the first day; sql From the first to the last tokens
sql Ninth tenth of storage; sql Middle tokens; sql Charged tokens; sql Tokens per storage
sql Tokens by storage of each event; sql Rounded up and down; sql Tokens left over; sql Average above the least
sql Least and most
sql Calls of numbered users; sql Letters of models; sql Pairs of region and user; sql Shifted days
sql Nights and weekends; sql Hours of use; sql Users of weeks
sql Calls before heartbeats; sql Calls of quiet users; sql Users of calls alone; sql Peaks of daily totals
sql Tokens and storage; sql Calls with beats; sql Share of tokens; sql Tokens of the top two
granularity HOUR; granularity SERVICE_PERIOD; granularity absent
sql_breakdown_granularity in settings
rate FLAT; rate TIERED; exact rate; default rate beside exact ones; default rate alone
rate changes inside the month; rate ends inside the month; rate starts late
entitled false; product without rates
rates in CSV; rates one by one; rates in one body; rates in the rate card
JSONL catalog file; JSON catalog file
MULTIPLIER; OVERWRITE FLAT; OVERWRITE TIERED; override of entitlement alone
override of price and entitlement; EXPLICIT
override by product; override by tags; override of every product
specifier by product; specifier by tags; specifier by pricing values; specifier by presentation values
override starts inside the month; override ends inside the month
frequency MONTHLY; frequency QUARTERLY; frequency ANNUAL; frequency WEEKLY; no schedule
day FIRST_OF_MONTH; day CONTRACT_START; day CUSTOM_DATE; month-end anchor date
contract starts at a month end; contract starts inside the month; contract starts off the hour
contract starts after the month
contract ends inside the month; contract ends with the month; contract ends before the month
several contracts of one customer; ingest aliases; event sent under an alias; unknown customer
plain value; negative value; halfway value; zero value; many decimals; large value; exponent value; odd spelling
junk value; JSON number; null value; boolean value; null dimension; nested property; empty property name
filtered JSON number; filtered boolean; names that differ by case; dotted name; odd property names
object in text; object or array at the end; null flat name beside an object; flat name beside an object
no object where one is needed; property of an object in an object; dotted name that holds an object
dotted aggregation key; filter of a nested property; filter of an absent nested property; values of 30 digits
swap streaming to streaming; swap streaming to SQL; swap SQL to streaming; swap SQL to SQL
several swaps in one month; swap at an edge of the month; swap an hour inside the month; swap before the month
swap where something else changes; update that changes nothing
usage filter without a date; usage filter that changes; usage filter that starts late
usage filters with dates alone; usage filter by a dotted name; usage filter from before the contract
effective_from; as-of; several landings; landing after the ids of an earlier one are forgotten
timestamp tie; microsecond before an edge; exactly on an edge; an hour after an edge
event before the month; timestamp with offset; timestamp with a long fraction; timestamp in lower case
duplicate line; duplicate id with another payload; event without properties; unknown top-level field
broken missing_field; broken wrong_type; broken bad_length; broken control_character
broken not_an_object; broken bad_json; broken bad_unicode; broken duplicate_key; broken bad_timestamp
broken too_old; broken in_future; broken bad_property_name; broken too_many_properties; broken too_large
"""

#: Seen in the bills that come out; a construct that never reaches a bill is not tested by it.
OUTCOMES = """
line flat; line in tier 1; line in tier 2; line in tier 3; line in tier 4
line of zero; negative line; fractional quantity
line with pricing values; line with presentation values; line of a null group; split line
line at an OVERWRITE without list rate; line at an override; unrated; not entitled
statement of a week; statement of a month; statement of a quarter; statement of a year
statement from a month end; statement cut by the contract; invoice without usage; invoice below zero
several metrics on an invoice's product; negative line of a metric that took over; filtered contract with usage
accepted; duplicate; rejected
invalid value of a streaming metric; invalid value of a SQL metric; several invalid properties; more than three samples
"""


def names(text: str) -> set[str]:
    return {name.strip() for line in text.strip().splitlines() for name in line.split(";")}


def outcomes(made: Scenario, result: Expected) -> Iterator[str]:
    bill = result.bill
    contracts = read_catalog(made.workspace)["contracts"]
    filtered = {name for name, contract in contracts.items() if contract["usage_filters"]}
    for line in bill.lines:
        yield "line flat" if line["tier"] is None else f"line in tier {line['tier']}"
        if line["quantity"] == 0:
            yield "line of zero"
        if line["quantity"] < 0:
            yield "negative line"
        if line["quantity"].denominator != 1:
            yield "fractional quantity"
        if line["pricing"]:
            yield "line with pricing values"
        if line["presentation"]:
            yield "line with presentation values"
        if None in (*line["pricing"], *line["presentation"]):
            yield "line of a null group"
        if line["starting_at"] > line["period_starting_at"]:
            yield "split line"
        metrics = {
            other["metric"]
            for other in bill.lines
            if all(other[name] == line[name] for name in ("contract", "product", "period_starting_at"))
        }
        if len(metrics) > 1:
            yield "several metrics on an invoice's product"
            if line["quantity"] < 0 and line["starting_at"] > line["period_starting_at"]:
                yield "negative line of a metric that took over"
        if line["contract"] in filtered and line["quantity"] != 0:
            yield "filtered contract with usage"
        if line["override"] is not None:
            yield "line at an override"
            if line["rate"] is None:
                yield "line at an OVERWRITE without list rate"
    for invoice in bill.invoices:
        start, end = invoice["starting_at"], invoice["ending_before"]
        days = (end - start).days
        lengths = ((7, 7, "week"), (28, 31, "month"), (89, 92, "quarter"), (365, 366, "year"))
        length = [name for fewest, most, name in lengths if fewest <= days <= most]
        yield f"statement of a {length[0]}" if length else "statement cut by the contract"
        if start.day >= 29:
            yield "statement from a month end"
        if invoice["total"] < 0:
            yield "invoice below zero"
        if not any(line["contract"] == invoice["contract"] for line in bill.lines):
            yield "invoice without usage"
    sql_names = {metric.name for metric in SQL_METRICS}
    for row in result.invalid:
        kind = "SQL" if row["metric_name"] in sql_names else "streaming"
        yield f"invalid value of a {kind} metric"
        if len(row["properties"]) > 1:
            yield "several invalid properties"
        if row["events"] > len(row["sample_transaction_ids"]):
            yield "more than three samples"
    if bill.unrated:
        yield "unrated"
    if bill.not_entitled:
        yield "not entitled"
    for landed in result.landings:
        for verdict in landed.verdicts:
            yield verdict.verdict


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Scenario, Expected]]:
    folder = tmp_path_factory.mktemp("scenarios")
    found = []
    for seed in range(SEEDS):
        made = scenario(seed, folder / str(seed))
        found.append((made, expected(made)))
    return found


def test_every_construct_is_generated(results: list[tuple[Scenario, Expected]]) -> None:
    seen: Counter[str] = Counter()
    for made, _ in results:
        seen.update(set(made.features))
    assert names(CONSTRUCTS) - set(seen) == set()


def test_every_kind_of_row_comes_out(results: list[tuple[Scenario, Expected]]) -> None:
    seen = Counter(outcome for made, result in results for outcome in set(outcomes(made, result)))
    assert names(OUTCOMES) - set(seen) == set()


@pytest.fixture(scope="module")
def sold(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Counter[str]]:
    """What became of each SQL metric in scenarios that sell them all, by seed."""
    folder = tmp_path_factory.mktemp("sold")
    found: dict[int, Counter[str]] = {}
    for seed in SOLD:
        made = scenario(seed, folder / str(seed), every_sql_metric=True)
        assert not made.features["values of 30 digits"] or seed not in SOLD_BY_THE_ENGINE
        found[seed] = Counter(fate for line in expected(made).bill.lines for fate in fates(line))
    return found


def fates(line: dict[str, Any]) -> Iterator[str]:
    if line["quantity"] != 0:
        yield f"{line['metric_name']} on an invoice"
        if line["starting_at"] > line["period_starting_at"]:
            yield f"{line['metric_name']} from a cut on"


def test_every_sql_metric_is_cut_in_mid_period(sold: dict[int, Counter[str]]) -> None:
    seen = {fate for fates in sold.values() for fate in fates}
    assert [metric.name for metric in SQL_METRICS if f"{metric.name} from a cut on" not in seen] == []


def test_the_engine_bills_every_sql_metric(sold: dict[int, Counter[str]]) -> None:
    seen = {fate for seed in SOLD_BY_THE_ENGINE for fate in sold[seed]}
    assert [metric.name for metric in SQL_METRICS if f"{metric.name} on an invoice" not in seen] == []
    assert sum(f"{metric.name} from a cut on" in seen for metric in SQL_METRICS) >= 32


def test_a_broken_line_has_the_fault_it_is_named_after(results: list[tuple[Scenario, Expected]]) -> None:
    for made, result in results:
        assert result.events, made.seed
        wanted = {
            name.removeprefix("broken "): count for name, count in made.features.items() if name.startswith("broken ")
        }
        reasons = sum((Counter(landed.reasons) for landed in result.landings), Counter())
        for reason, count in wanted.items():
            assert reasons[reason] >= count, (made.seed, reason)
        assert set(reasons) <= {*wanted, "too_old", "in_future"}, made.seed


def test_amounts_fit_in_38_digits(results: list[tuple[Scenario, Expected]]) -> None:
    for made, result in results:
        if made.features["values of 30 digits"]:
            continue
        for rows in result.rows.values():
            for row in rows:
                for value in row.values():
                    if isinstance(value, Fraction):
                        digits = decimal_text(abs(value)).replace(".", "").lstrip("0")
                        assert digits.isdecimal() or not digits, (made.seed, row)
                        assert len(digits) <= 38, (made.seed, row)


def test_an_invoice_is_the_sum_of_its_lines(results: list[tuple[Scenario, Expected]]) -> None:
    for made, result in results:
        totals: Counter[tuple[object, object]] = Counter()
        for line in result.bill.lines:
            totals[line["contract"], line["period_starting_at"]] += line["total"]
        for invoice in result.bill.invoices:
            assert invoice["total"] == totals[invoice["contract"], invoice["starting_at"]], made.seed


def test_the_same_seed_writes_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        scenario(7, tmp_path / name)
    first, second = (
        {path.relative_to(tmp_path / name): path.read_bytes() for path in (tmp_path / name).rglob("*.*")}
        for name in ("one", "two")
    )
    assert first == second
    assert len(first) > 4


class Frame:
    """As much of a Polars frame as `actual` reads."""

    def __init__(self, rows: list[dict[str, object]]) -> None:
        self.rows = rows

    def to_dicts(self) -> list[dict[str, object]]:
        return self.rows


def test_compare_sees_a_changed_cell_and_a_repeated_row(results: list[tuple[Scenario, Expected]]) -> None:
    rows = next(result.rows for _, result in results if len(result.rows["line_items"]) > 2)
    assert compare(rows, rows) == ""
    first, *others = rows["line_items"]
    changed = {**rows, "line_items": [{**first, "total": first["total"] + Fraction(1, 10**18)}, *others]}
    report = compare(changed, rows)
    assert report.splitlines()[0].startswith("line_items: customer_id, ")
    assert sorted(line[2] for line in report.splitlines()[1:]) == ["+", "-"]
    repeated = {**rows, "line_items": [first, first, *others]}
    assert [line[2] for line in compare(repeated, rows).splitlines()[1:]] == ["+"]


def test_actual_reads_engine_rows() -> None:
    row: dict[str, object] = {
        "contract_id": "k",
        "product_id": "p",
        "pricing_group_values": '{"region":"us","model":null}',
        "presentation_group_values": "{}",
        "starting_at": None,
        "ending_before": None,
        "quantity": "1.50",
        "extra": 1,
    }
    (read,) = actual({"unrated": Frame([row])})["unrated"]
    assert (read["pricing_group_values"], read["presentation_group_values"]) == (("us", None), ())
    assert read["quantity"] == Fraction(3, 2)
    assert "extra" not in read
