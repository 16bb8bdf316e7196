"""The oracle alone on prices that hold only while a balance is drawn (spec/rating.md §5.2, §5.3)."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.oracle.granted import DEPOSIT, balance, closing, due, hold, lines, prepaid
from tests.oracle.rating import Bill, bill
from tests.oracle.small import contract, midnight, product, rate, workspace
from tests.oracle.tiny import event

F = Fraction
JANUARY = ("2026-01-01", "2026-02-01")


def override(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "starting_at": midnight("2020-01-01"), **more}


def times(multiplier: str, **more: Any) -> dict[str, Any]:
    return override("MULTIPLIER", multiplier=multiplier, **more)


def commit_specific(multiplier: str, **more: Any) -> dict[str, Any]:
    return times(multiplier, is_commit_specific=True, **more)


def used(folder: Path, usage: dict[str, str], rates: list[dict[str, Any]], **terms: Any) -> Bill:
    products = [product(name, tags=["audio"]) for name in sorted({each["product"] for each in rates})]
    made = workspace(folder, [*products, DEPOSIT], rates, [contract(**terms)])
    events = [event("2026-01-02T00:00:00Z", "c", name, n=amount) for name, amount in usage.items()]
    result = bill(made, events, "2026-01")
    hold([result])
    return result


def four(result: Bill) -> list[tuple[Any, ...]]:
    return [row[:4] for row in lines(result)]


def test_t16_a_discount_goes_on_after_the_commit_has_gone(tmp_path: Path) -> None:
    own = prepaid("A", ("10000", *JANUARY))
    overrides = [
        times("0.95", applicable_product_tags=["audio"]),
        commit_specific("0.8", override_specifiers=[{"product_tags": ["audio"], "commit_ids": ["A"]}]),
    ]
    rates = [rate("in", "1"), rate("out", "2")]
    result = used(tmp_path, {"in": "15000"}, rates, commits=[own], overrides=overrides)
    assert four(result) == [
        ("in", 12500, F("0.8"), 10000),
        ("A applied", None, None, -10000),
        ("in", 2500, F("0.95"), 2375),
        ("out", 0, F("1.9"), 0),
    ]
    assert due(result) == [("USAGE", 2375)]


def test_t16b_an_overwrite_for_any_commit(tmp_path: Path) -> None:
    any_balance = override("OVERWRITE", overwrite_rate={"rate_type": "FLAT", "price": "75"}, is_commit_specific=True)
    own = prepaid("A", ("300000", *JANUARY))
    result = used(tmp_path, {"in": "5000"}, [rate("in", "100")], commits=[own], overrides=[any_balance])
    assert four(result) == [("in", 4000, 75, 300000), ("A applied", None, None, -300000), ("in", 1000, 100, 100000)]


def test_t17_negotiated_commit_rates(tmp_path: Path) -> None:
    own = prepaid("A", ("72", *JANUARY), rate_type="COMMIT_RATE")
    overrides = [commit_specific("0.9", target="COMMIT_RATE"), times("0.8")]
    commit_rate = {"rate_type": "FLAT", "price": "8"}
    result = used(
        tmp_path, {"in": "15"}, [rate("in", "10", commit_rate=commit_rate)], commits=[own], overrides=overrides
    )
    assert four(result) == [("in", 10, F("7.2"), 72), ("A applied", None, None, -72), ("in", 5, 8, 40)]


def test_t18_no_overages(tmp_path: Path) -> None:
    own = prepaid("A", ("10000", *JANUARY), rate_type="COMMIT_RATE")
    rates = [rate("in", "0", commit_rate={"rate_type": "FLAT", "price": "100"})]
    result = used(tmp_path, {"in": "150"}, rates, commits=[own])
    assert four(result) == [("in", 100, 100, 10000), ("A applied", None, None, -10000), ("in", 50, 0, 0)]
    assert due(result) == [("USAGE", 0)]


def test_a_commit_rate_is_for_commits_that_ask_for_it(tmp_path: Path) -> None:
    rates = [rate("in", "10", commit_rate={"rate_type": "FLAT", "price": "8"})]
    overrides = [commit_specific("0.5", target="COMMIT_RATE")]
    own = prepaid("A", ("20", *JANUARY))
    result = used(tmp_path, {"in": "3"}, rates, commits=[own], overrides=overrides)
    assert four(result) == [("in", 2, 10, 20), ("A applied", None, None, -20), ("in", 1, 10, 10)]


def test_without_a_commit_rate_the_list_price_and_what_changes_it(tmp_path: Path) -> None:
    own = prepaid("A", ("18", *JANUARY), rate_type="COMMIT_RATE")
    overrides = [commit_specific("0.5", target="COMMIT_RATE"), commit_specific("0.9"), times("0.1")]
    result = used(tmp_path, {"in": "5"}, [rate("in", "10")], commits=[own], overrides=overrides)
    assert four(result) == [("in", 2, 9, 18), ("A applied", None, None, -18), ("in", 3, 1, 3)]


def test_each_balance_has_its_own_price(tmp_path: Path) -> None:
    commits = [prepaid("A", ("16", *JANUARY), priority=1), prepaid("B", ("10", *JANUARY), priority=2)]
    only_a = [{"product_tags": ["audio"], "commit_ids": ["A"]}]
    result = used(
        tmp_path,
        {"in": "5"},
        [rate("in", "10")],
        commits=commits,
        overrides=[commit_specific("0.8", override_specifiers=only_a)],
    )
    assert four(result) == [
        ("in", 2, 8, 16),
        ("A applied", None, None, -16),
        ("in", 1, 10, 10),
        ("B applied", None, None, -10),
        ("in", 2, 10, 20),
    ]


def test_tiers_of_a_commit_rate_count_from_where_the_month_is(tmp_path: Path) -> None:
    tiers = [{"size": "10", "price": "5"}, {"price": "2"}]
    own = prepaid("A", ("60", *JANUARY), rate_type="COMMIT_RATE")
    rates = [
        rate(
            "in",
            rate_type="TIERED",
            tiers=[{"size": "4", "price": "7"}, {"price": "6"}],
            commit_rate={"rate_type": "TIERED", "tiers": tiers},
        )
    ]
    result = used(tmp_path, {"in": "20"}, rates, commits=[own])
    # Two lines by list tiers, 4 at 7 and 16 at 6. What is covered says of which tier of the commit rate it is.
    columns = ("tier", "quantity", "unit_price", "total")
    assert [tuple(line[column] for column in columns) for line in result.lines if line["quantity"] is not None] == [
        (1, 4, 5, 20),
        (1, 6, 5, 30),
        (2, 5, 2, 10),
        (2, 5, 6, 30),
    ]


def test_what_changes_the_price_cuts_the_line(tmp_path: Path) -> None:
    half = commit_specific("0.5", starting_at=midnight("2026-01-02"))
    own = balance("own", ("100", *JANUARY))
    products = [product("in"), DEPOSIT]
    made = workspace(tmp_path, products, [rate("in", "10")], [contract(credits=[own], overrides=[half])])
    events = [event(f"2026-01-0{day}T00:00:00Z", "c", "in", n="2") for day in (1, 2)]
    result = bill(made, events, "2026-01")
    assert four(result) == [
        ("in", 2, 10, 20),
        ("own applied", None, None, -20),
        ("in", 2, 5, 10),
        ("own applied", None, None, -10),
    ]
    # Without a balance that it is for, it cuts nothing.
    assert four(used(tmp_path / "none", {"in": "2"}, [rate("in", "10")], overrides=[half])) == [("in", 2, 10, 20)]


def test_units_are_counted_and_priced(tmp_path: Path) -> None:
    own = balance("own", ("3", *JANUARY), access={"access_type": "QUANTITY"}, applicable_product_ids=["in"])
    result = used(tmp_path, {"in": "5", "out": "1"}, [rate("in", "10"), rate("out", "99")], credits=[own])
    assert four(result) == [
        ("in", 3, 10, 30),
        ("own applied", None, None, -30),
        ("in", 2, 10, 20),
        ("out", 1, 99, 99),
    ]
    assert [line["quantity_consumed"] for line in result.lines] == [3, 3, None, None]
    assert closing(result) == {"own": 0}
    assert [(row["amount"], row["credit_type_id"], row["currency"]) for row in result.ledger] == [
        (3, None, None),
        (-3, None, None),
    ]
