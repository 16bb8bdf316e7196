"""What earlier billing periods leave to a run, read from what they have published."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract
from engine.catalog.customer import Customer
from engine.errors import CorruptFileError, UserError
from engine.invoices.earlier import earlier_runs, periods_to_run_again, read_earlier
from engine.invoices.publish import Outputs
from engine.invoices.used_balances import check_used_balances
from engine.rating.earlier import EMPTY, ThresholdCommit, ThresholdKind
from engine.values.ids import derived_id
from engine.values.period import parse_period
from tests.runs.published import Entry, account, deduction, entry, publish

PERIOD = parse_period("2025-03")
RUNS = {"2025-01": "jan", "2025-02": "feb"}

CREDIT = {
    "id": "credit",
    "name": "Prepaid",
    "product_id": "fee",
    "access_schedule": {
        "schedule_items": [
            {"id": "s", "amount": 100, "starting_at": "2025-01-01T00:00:00Z", "ending_before": "2026-01-01T00:00:00Z"}
        ]
    },
}


def catalog(**terms: object) -> Catalog:
    given = {"id": "c", "customer_id": "acme", "rate_card_id": "r", "starting_at": "2025-01-01T00:00:00Z"}
    return Catalog(customers=(Customer(id="acme", name="Acme"),), contracts=(Contract.model_validate(given | terms),))


def test_earlier_runs_are_those_of_the_months_before_in_order(tmp_path: Path) -> None:
    for period, run_id in (("2025-02", "feb"), ("2025-04", "apr"), ("2025-01", "jan"), ("2025-03", "mar")):
        publish(tmp_path, period, run_id)
    outputs = Outputs(tmp_path)
    found = earlier_runs(outputs, catalog(credits=[CREDIT]), PERIOD)
    assert found is not None and list(found.items()) == list(RUNS.items())
    assert earlier_runs(outputs, catalog(credits=[CREDIT]), parse_period("2025-01")) == {}
    assert earlier_runs(outputs, catalog(), PERIOD) is None


def test_balances_that_were_matter_to_a_catalog_without_any(tmp_path: Path) -> None:
    publish(tmp_path, "2025-02", "feb", ledger=[deduction("a", -1, "2025-03-01")])
    outputs = Outputs(tmp_path)
    assert earlier_runs(outputs, catalog(), PERIOD) == {"2025-02": "feb"}
    assert earlier_runs(outputs, catalog(), parse_period("2025-02")) is None
    publish(tmp_path, "2025-02", "anew")
    assert earlier_runs(outputs, catalog(), PERIOD) is None


def test_thresholds_and_balances_of_customers_rest_on_earlier_runs(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path)
    threshold = {"commit": {"product_id": "fee"}, "is_enabled": True, "threshold_amount": 1}
    assert earlier_runs(outputs, catalog(spend_threshold_configuration=threshold), PERIOD) == {}
    prepaid = {**threshold, "recharge_to_amount": 5}
    assert earlier_runs(outputs, catalog(prepaid_balance_threshold_configuration=prepaid), PERIOD) == {}


def test_what_was_drawn_and_rolled_over_is_added_up_over_the_months(tmp_path: Path) -> None:
    exact = "-0.00000000000000000000000001"
    publish(
        tmp_path,
        "2025-01",
        "jan",
        ledger=[
            entry("a", "SEGMENT_START", 500, "2025-01-01"),
            deduction("a", -100, "2025-02-01"),
            deduction("a", exact, "2025-02-01T00:00:01"),
            deduction("b", "-7.5", "2025-02-01"),
            entry("b", "EXPIRATION", -1, "2025-02-01"),
            entry("b", "ROLLOVER", -30, "2025-02-01", new_balance_id="new"),
            entry("d", "ROLLOVER", -12, "2025-02-01", new_balance_id="new"),
            entry("e", "ROLLOVER", 0, "2025-02-01", new_balance_id="none"),
        ],
    )
    publish(
        tmp_path, "2025-02", "feb", ledger=[deduction("a", -11, "2025-03-01"), entry("a", "MANUAL", -5, "2025-02-02")]
    )
    publish(tmp_path, "2025-03", "mar", ledger=[deduction("a", -1000, "2025-04-01")])
    earlier = read_earlier(Outputs(tmp_path), RUNS)
    assert earlier.drawn == {"a": Decimal("111.00000000000000000000000001"), "b": Decimal("7.5")}
    assert earlier.rollovers == {derived_id("segment", "new", "0"): 42, derived_id("segment", "none", "0"): 0}


def test_until_an_instant_included(tmp_path: Path) -> None:
    first, second = datetime(2025, 1, 8), datetime(2025, 2, 1)
    publish(
        tmp_path,
        "2025-01",
        "jan",
        ledger=[deduction("a", -1, "2025-01-08"), deduction("a", -2, "2025-02-01")],
        threshold_commits=[threshold_row(first), threshold_row(second)],
        invoices=[invoice("c", first), invoice("c", second)],
    )
    earlier = read_earlier(Outputs(tmp_path), {"2025-01": "jan"}, until=first)
    assert earlier.drawn == {"a": 1}
    assert earlier.billed == {"c": first}
    assert [each.starting_at for each in earlier.threshold_commits] == [first]


def threshold_row(moment: datetime) -> Entry:
    return {
        "kind": "PREPAID_BALANCE",
        "balance_id": f"b {moment}",
        "balance_name": "Top-up",
        "product_id": "fee",
        "contract_id": "c",
        "segment_id": f"s {moment}",
        "amount": Decimal("450.5"),
        "starting_at": moment,
        "ending_before": datetime(2025, 6, 1),
        "written_ending_before": datetime(2026, 1, 1),
        "credit_type_id": "ai",
        "priority": Decimal(100),
        "rate_type": "LIST_RATE",
    }


def invoice(contract_id: str, until: datetime | None, kind: str = "USAGE") -> Entry:
    return {
        "id": f"{contract_id} {until}",
        "contract_id": contract_id,
        "type": kind,
        "ending_before": until,
        "status": "DRAFT",
    }


def test_released_commits_come_back_as_they_were(tmp_path: Path) -> None:
    moment = datetime(2025, 2, 1)
    publish(tmp_path, "2025-01", "jan", threshold_commits=[threshold_row(moment)])
    publish(tmp_path, "2025-02", "feb")
    (released,) = read_earlier(Outputs(tmp_path), RUNS).threshold_commits
    assert released == ThresholdCommit(
        kind=ThresholdKind.PREPAID_BALANCE,
        balance_id=f"b {moment}",
        balance_name="Top-up",
        contract_id="c",
        segment_id=f"s {moment}",
        amount=Decimal("450.5"),
        starting_at=moment,
        ending_before=datetime(2025, 6, 1),
        written_ending_before=datetime(2026, 1, 1),
        credit_type_id="ai",
        priority=Decimal(100),
    )


def test_the_last_statement_of_each_contract(tmp_path: Path) -> None:
    january, february = datetime(2025, 2, 1), datetime(2025, 3, 1)
    publish(
        tmp_path,
        "2025-01",
        "jan",
        invoices=[invoice("c", january), invoice("d", january), invoice("e", None, "SCHEDULED")],
    )
    publish(tmp_path, "2025-02", "feb", invoices=[invoice("c", february), invoice("d", february, "USAGE_CONSOLIDATED")])
    assert read_earlier(Outputs(tmp_path), RUNS).billed == {"c": february, "d": january}


def test_nothing_was_published_before(tmp_path: Path) -> None:
    assert read_earlier(Outputs(tmp_path), {}) == EMPTY


def test_a_changed_file_and_a_replaced_run_are_noticed(tmp_path: Path) -> None:
    publish(tmp_path, "2025-01", "jan", ledger=[deduction("a", -1, "2025-02-01")])
    with pytest.raises(UserError, match="run old of 2025-01 is no longer published"):
        read_earlier(Outputs(tmp_path), {"2025-01": "old"})
    (path,) = (tmp_path / "ledger").rglob("*.parquet")
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    with pytest.raises(CorruptFileError, match="a published file has changed"):
        read_earlier(Outputs(tmp_path), {"2025-01": "jan"})


def test_periods_to_run_again_rest_on_a_run_that_was_replaced(tmp_path: Path) -> None:
    publish(tmp_path, "2025-01", "jan")
    records: dict[str, dict[str, object]] = {"jan": {"earlier_runs": {}}}
    for period, run_id, before in (("2025-02", "feb", ["2025-01"]), ("2025-03", "mar", ["2025-01", "2025-02"])):
        publish(tmp_path, period, run_id)
        runs = {"2025-01": "jan", "2025-02": "feb"}
        records[run_id] = {"earlier_runs": {each: runs[each] for each in before}}
    publish(tmp_path, "2025-04", "apr")
    records["apr"] = {"period": "2025-04"}
    outputs, january = Outputs(tmp_path), parse_period("2025-01")
    assert periods_to_run_again(outputs, january, "jan", records.get) == []
    assert periods_to_run_again(outputs, january, "jan anew", records.get) == ["2025-02", "2025-03"]
    assert periods_to_run_again(outputs, parse_period("2025-02"), "feb anew", records.get) == ["2025-03"]
    assert periods_to_run_again(outputs, parse_period("2024-12"), "dec", records.get) == [
        "2025-01",
        "2025-02",
        "2025-03",
    ]
    del records["mar"]
    assert periods_to_run_again(outputs, january, "jan", records.get) == ["2025-03"]


def inputs(
    *segments: tuple[str, object, object], manual: tuple[tuple[int, object, str], ...] = ()
) -> dict[str, pa.Table]:
    """`balance_segments` from (segment, amount, earlier drawn), `manual_entries` from (segment_no, amount, time)."""
    amount = pa.decimal128(38, 26)

    def exact(number: object) -> Decimal | None:
        return None if number is None else Decimal(str(number))

    return {
        "balance_segments": pa.table(
            {
                "segment_no": pa.array(range(len(segments)), pa.int32()),
                "segment_id": pa.array([segment_id for segment_id, _, _ in segments], pa.string()),
                "amount": pa.array([exact(number) for _, number, _ in segments], amount),
                "earlier_drawn": pa.array([exact(drawn) for _, _, drawn in segments], amount),
            }
        ),
        "manual_entries": pa.table(
            {
                "segment_no": pa.array([number for number, _, _ in manual], pa.int32()),
                "amount": pa.array([exact(number) for _, number, _ in manual], amount),
                "entry_at": pa.array([datetime.fromisoformat(moment) for *_, moment in manual], pa.timestamp("us")),
            }
        ),
    }


class TestUsedBalances:
    """January drew 30 and February 50 of a segment of 100."""

    @pytest.fixture
    def outputs(self, tmp_path: Path) -> Outputs:
        january = deduction("s", -30, "2025-02-01", invoice_id="january invoice")
        february = deduction("s", -50, "2025-03-01", invoice_id="february invoice")
        publish(tmp_path, "2025-01", "jan", ledger=[january], segment_balances=[account("s", 0, 30, granted=100)])
        publish(tmp_path, "2025-02", "feb", ledger=[february], segment_balances=[account("s", 70, 50)])
        return Outputs(tmp_path)

    def check(self, outputs: Outputs, given: dict[str, pa.Table]) -> None:
        drawn = read_earlier(outputs, RUNS).drawn
        assert drawn == {"s": 80}
        check_used_balances(outputs, RUNS, catalog(), PERIOD, drawn, given)

    @pytest.mark.parametrize("amount", [80, 100, 1000, None])
    def test_what_was_used_is_still_there(self, amount: int | None, outputs: Outputs) -> None:
        self.check(outputs, inputs(("s", amount, 80), ("other", 1, 0)))

    def test_a_cut_below_what_was_used_names_everything(self, outputs: Outputs) -> None:
        with pytest.raises(UserError) as refused:
            self.check(outputs, inputs(("s", "79.5", 80)))
        assert str(refused.value) == (
            "balance 'Prepaid' of customer 'Acme' (segment s) is cut to 79.5 USD (cents), but published invoices used "
            "80 USD (cents) of it: january invoice of 2025-01, february invoice of 2025-02; raise it by 0.5 or more, "
            "or bill those months again first, from 2025-01 on"
        )

    def test_a_balance_that_is_gone(self, outputs: Outputs) -> None:
        with pytest.raises(UserError, match=r"\(segment s\) is no longer in the catalog, .* put it back, or bill"):
            self.check(outputs, inputs(("other", 1, 0)))

    def test_one_that_had_ended_may_be_gone(self, tmp_path: Path, outputs: Outputs) -> None:
        ended = account("s", 70, 50, ending_before=datetime(2025, 3, 1))
        february = deduction("s", -50, "2025-03-01")
        publish(tmp_path, "2025-02", "anew", ledger=[february], segment_balances=[ended])
        runs = {**RUNS, "2025-02": "anew"}
        check_used_balances(outputs, runs, catalog(), PERIOD, {"s": Decimal(80)}, inputs(("other", 1, 0)))

    def test_what_is_taken_by_hand_is_no_cut(self, outputs: Outputs) -> None:
        within = inputs(("s", 100, 80), manual=((0, -60, "2025-03-05"),))
        self.check(outputs, within)
        with pytest.raises(UserError, match="is cut to 40 USD"):
            self.check(outputs, inputs(("s", 100, 80), manual=((0, -60, "2025-02-05"),)))

    def test_what_had_been_taken_by_hand_may_leave_less_than_was_used(self, tmp_path: Path, outputs: Outputs) -> None:
        taken = account("s", 70, 50, manual=-60)
        publish(tmp_path, "2025-02", "anew", ledger=[deduction("s", -50, "2025-03-01")], segment_balances=[taken])
        runs, drawn = {**RUNS, "2025-02": "anew"}, {"s": Decimal(80)}
        manual = ((0, -60, "2025-02-05"),)
        check_used_balances(outputs, runs, catalog(), PERIOD, drawn, inputs(("s", 100, 80), manual=manual))
        with pytest.raises(UserError, match="is cut to 39 USD"):
            check_used_balances(outputs, runs, catalog(), PERIOD, drawn, inputs(("s", 99, 80), manual=manual))
