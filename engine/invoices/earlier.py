"""What the published runs of earlier billing periods leave to a run: balances go on from month to month (DESIGN §8).

Everything is read by the run that stands for each period, from files that are hashed as they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from engine.catalog.catalog import Catalog
from engine.errors import UserError
from engine.invoices.publish import INVOICES, Outputs
from engine.rating.earlier import Earlier, ThresholdCommit, ThresholdKind
from engine.values.ids import derived_id
from engine.values.period import Period

#: How the types of ledger entries end, whatever the kind of the balance.
DEDUCTION = "_AUTOMATED_INVOICE_DEDUCTION"
CANCELED = "_CANCELED"
_ROLLOVER = "_ROLLOVER"

_LEDGER = ("segment_id", "type", "timestamp", "amount", "new_balance_id")


def rests_on_earlier_runs(catalog: Catalog) -> bool:
    """Whether what is billed depends on what other periods have left: whether there are balances, or may be."""
    return bool(catalog.commits or catalog.credits) or any(
        contract.commits
        or contract.credits
        or contract.recurring_commits
        or contract.recurring_credits
        or contract.prepaid_balance_threshold_configuration is not None
        or contract.spend_threshold_configuration is not None
        for contract in catalog.contracts
    )


def earlier_runs(outputs: Outputs, catalog: Catalog, period: Period) -> dict[str, str] | None:
    """The id of the published run of each billing period before this one, oldest first; None when none matters.

    They matter also to a catalog without balances when there were some: what was used of them must not be gone.
    """
    if not rests_on_earlier_runs(catalog) and all(label >= period.label for label in outputs.periods_with("ledger")):
        return None
    return {label: run_id for label, run_id in outputs.published_runs().items() if label < period.label}


def read_earlier(outputs: Outputs, runs: Mapping[str, str], until: datetime | None = None) -> Earlier:
    """What these runs have drawn, rolled over, released and billed; with `until`, up to that instant, included.

    `runs` has run ids by billing period. Raises CorruptFileError when a file is not what was committed, and UserError
    when one of the runs is no longer published.
    """
    ledgers = [_until(each, "timestamp", until) for each in _read(outputs, "ledger", runs, _LEDGER)]
    released = [_until(each, "starting_at", until) for each in _read(outputs, "threshold_commits", runs)]
    return Earlier(
        drawn=_sums([_entries(each, DEDUCTION, CANCELED) for each in ledgers], "segment_id"),
        rollovers={
            derived_id("segment", balance_id, "0"): amount
            for balance_id, amount in _sums([_entries(each, _ROLLOVER) for each in ledgers], "new_balance_id").items()
        },
        threshold_commits=tuple(threshold_commit(row) for table in released for row in table.to_pylist()),
        billed=_billed(outputs, runs, until),
    )


def periods_to_run_again(
    outputs: Outputs, period: Period, run_id: str, recorded: Callable[[str], Mapping[str, object] | None]
) -> list[str]:
    """The later published periods that were billed on other balances than this run of `period` leaves, oldest first.

    `recorded` gives the inputs that a run was recorded with, whose `earlier_runs` it was billed on; a run whose record
    is gone cannot show that it was billed on these, and is named, too.
    """
    published = dict(sorted({**outputs.published_runs(), period.label: run_id}.items()))
    stale = []
    for label, later in published.items():
        if label > period.label:
            inputs = recorded(later)
            now = {each: earlier for each, earlier in published.items() if each < label}
            # What a run of some customers carried over rests on what the run rested on that had billed the others.
            while inputs and inputs.get("carried_from") and inputs.get("earlier_runs", now) == now:
                inputs = recorded(str(inputs["carried_from"]))
            if inputs is None or inputs.get("earlier_runs", now) != now:
                stale.append(label)
    return stale


def _read(
    outputs: Outputs, output: str, runs: Mapping[str, str], columns: Sequence[str] | None = None
) -> Iterator[pa.Table]:
    for label, run_id in runs.items():
        table = outputs.read(output, label, run_id, columns)
        if table is None:
            raise UserError(f"run {run_id} of {label} is no longer published; a later run has replaced it: try again")
        yield table


def _until(table: pa.Table, column: str, until: datetime | None) -> pa.Table:
    return table if until is None else table.filter(pc.less_equal(table[column], pa.scalar(until, pa.timestamp("us"))))


def _entries(ledger: pa.Table, *endings: str) -> pa.Table:
    """The entries whose type has one of these endings."""
    found = [ledger.filter(pc.ends_with(ledger["type"], ending)) for ending in endings]
    return pa.concat_tables(found)


def _sums(entries: Sequence[pa.Table], key: str) -> dict[str, Decimal]:
    """What was taken out by these entries, by key; added up period by period, so that only sums are held."""
    sums = [each.group_by(key).aggregate([("amount", "sum")]).rename_columns([key, "amount"]) for each in entries]
    if not sums:
        return {}
    total = pa.concat_tables(sums, promote_options="permissive").group_by(key).aggregate([("amount", "sum")])
    return dict(zip(total[key].to_pylist(), pc.negate(total["amount_sum"]).to_pylist(), strict=True))


def _billed(outputs: Outputs, runs: Mapping[str, str], until: datetime | None) -> dict[str, datetime]:
    """Where the last usage statement of each contract ends."""
    ends = []
    for invoices in _read(outputs, INVOICES, runs, ("contract_id", "type", "ending_before", "status")):
        stands = pc.and_(pc.equal(invoices["type"], "USAGE"), pc.not_equal(invoices["status"], "VOID"))
        usage = _until(invoices.filter(stands), "ending_before", until)
        ends.append(usage.select(["contract_id", "ending_before"]))
    if not ends:
        return {}
    together = pa.concat_tables(ends, promote_options="permissive")
    last = together.group_by("contract_id").aggregate([("ending_before", "max")])
    return dict(zip(last["contract_id"].to_pylist(), last["ending_before_max"].to_pylist(), strict=True))


def threshold_commit(row: Mapping[str, object]) -> ThresholdCommit:
    """A row of the output `threshold_commits`."""
    return ThresholdCommit(
        kind=ThresholdKind(str(row["kind"])),
        balance_id=str(row["balance_id"]),
        balance_name=str(row["balance_name"]),
        contract_id=str(row["contract_id"]),
        segment_id=str(row["segment_id"]),
        amount=_number(row["amount"]),
        starting_at=_moment(row["starting_at"]),
        ending_before=_moment(row["ending_before"]),
        written_ending_before=_moment(row["written_ending_before"]),
        credit_type_id=str(row["credit_type_id"]),
        priority=_number(row["priority"]),
    )


def _number(value: object) -> Decimal:
    assert isinstance(value, Decimal)
    return value


def _moment(value: object) -> datetime:
    assert isinstance(value, datetime)
    return value
