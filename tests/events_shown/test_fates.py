"""Where an event landed, whose it is, whether it was a duplicate, refused, late, and what invoices made of it."""

from __future__ import annotations

import pytest

from engine.errors import UserError
from engine.workspace import Workspace
from tests.events_shown.shop import LATE, NOW, PROPERTIES, TOO_LATE, event


def outcomes(shop: Workspace, transaction_id: str) -> dict[tuple[object, object], object]:
    """What became of an event, by the contract's name and the product's."""
    (accepted,) = shop.event(transaction_id).accepted
    return {(each.contract.contract.name, each.product.name): each.outcome for each in accepted.billing}


def test_where_it_landed(shop: Workspace) -> None:
    landed = shop.land([event("a"), event("b", timestamp="2026-10-11T00:00:00Z")], now=NOW)
    (accepted,) = shop.event("b").accepted
    found = accepted.event
    assert found.file.path.is_file() and found.file.path.parent.name == "date=2026-10-11"
    assert (found.batch_id, found.table_version) == (landed.batch_id, landed.version)
    assert found.properties == PROPERTIES
    shop.land([event("c")], now=NOW)
    assert [each.event.table_version for each in shop.event("b").accepted] == [landed.version]


def test_duplicates_name_the_first(shop: Workspace) -> None:
    shop.land([event("t"), event("t")], now=NOW)
    shop.land([event("t", {"model": "xl"})], now=LATE)
    report = shop.event("t")
    assert [(line.reason, line.line) for line in report.refused] == [("duplicate", 2), ("duplicate_conflict", 1)]
    first = report.summary()["refused"]
    assert isinstance(first, list)
    assert [line["first_accepted_at"] for line in first] == [NOW, NOW]
    text = report.text()
    assert "duplicate at 2026-10-25T12:00:00Z: the same event again; line 2" in text
    assert "duplicate at 2026-11-01T02:00:00Z: another event under the same id; line 1" in text
    assert f"first accepted at {NOW}" in text


def test_a_rejected_line_is_found_by_its_id(shop: Workspace) -> None:
    shop.land([event("old", timestamp="2026-01-01T00:00:00Z")], now=NOW)
    report = shop.event("old")
    assert report.accepted == () and [line.verdict for line in report.refused] == ["rejected"]
    assert "old: rejected at 2026-10-25T12:00:00Z: " in report.text()
    assert len(report.metrics) == len(report.billing) == 0


def test_an_id_accepted_twice_is_shown_twice(shop: Workspace) -> None:
    shop.land([event("t", timestamp="2026-10-26T11:00:00Z")], now=NOW)
    shop.land([event("t", {"model": "xl"}, timestamp="2026-11-28T00:00:00Z")], now="2026-11-28T12:00:01Z")
    shop.land([event("t")], now="2026-11-28T12:00:02Z")
    report = shop.event("t")
    assert [str(each.event.file.date) for each in report.accepted] == ["2026-10-26", "2026-11-28"]
    assert len(report.metrics) == 14
    assert [line.verdict for line in report.refused] == ["rejected"]


def test_an_unknown_id_has_near_ones(shop: Workspace) -> None:
    with pytest.raises(UserError, match="no event or rejected line has the transaction id 'T-1'; no events have"):
        shop.event("T-1")
    shop.land([event("t-1"), event("t-10"), event("u")], now=NOW)
    with pytest.raises(UserError, match="transaction id 'T-1'; did you mean 't-1' or 't-10'\\?"):
        shop.event("T-1")
    with pytest.raises(UserError, match="transaction id 'nobody'; ids are compared exactly"):
        shop.event("nobody")


def test_whose_it_is(shop: Workspace) -> None:
    senders = {"a": "acme", "b": "team@acme.example", "c": "team@acne.example"}
    shop.land([event(name, customer_id=sender) for name, sender in senders.items()], now=NOW)
    words = {name: shop.event(name).accepted[0].attribution.words for name in senders}
    assert words == {
        "a": "customer 'Acme', by its id",
        "b": "customer 'Acme' (acme), by its ingest alias 'team@acme.example'",
        "c": "no customer has the id or ingest alias 'team@acne.example'; did you mean 'team@acme.example'?",
    }
    assert shop.event("c").accepted[0].contracts == ()


def test_an_alias_added_later_counts_at_once(shop: Workspace) -> None:
    shop.land([event("t", customer_id="acme-eu")], now=NOW)
    assert shop.event("t").accepted[0].attribution.customer is None
    path = shop.root / "catalog" / "catalog.yml"
    path.write_text(path.read_text().replace("[team@acme.example]", "[acme-eu]"))
    customer = shop.event("t").accepted[0].attribution.customer
    assert customer is not None and customer.id == "acme"


def test_which_contracts_hold_it(shop: Workspace) -> None:
    sent = {"t": "acme", "u": "later", "v": "idle"}
    shop.land([event(name, customer_id=customer) for name, customer in sent.items()], now=NOW)
    europe, old = shop.event("t").accepted[0].contracts
    assert europe.outside == "" and europe.billing_period == "2026-10"
    assert europe.statement_period is not None and str(europe.statement_period.starting_at) == "2026-10-01 00:00:00"
    assert old.statement_period is None and old.outside == "the contract ended at 2026-09-01T00:00:00Z"
    (later,) = shop.event("u").accepted[0].contracts
    assert later.outside == "the contract starts at 2026-11-15T00:00:00Z"
    assert "the customer has no contract" in shop.event("v").text()


def test_outside_the_usage_filter(shop: Workspace) -> None:
    shop.land([event("t", PROPERTIES | {"region": "us"}), event("u", {})], now=NOW)
    shop.run("2026-10", now=LATE)
    assert [shop.event(name).accepted[0].contracts[0].outside for name in ("t", "u")] == [
        "usage filter: property 'region' is 'us', which is not 'eu'",
        "usage filter: property 'region' is absent",
    ]
    assert set(outcomes(shop, "t").values()) == {"outside_usage_filter"}


def test_only_the_usage_filter_of_its_own_time_counts(shop: Workspace) -> None:
    path = shop.root / "catalog" / "catalog.yml"
    old = "{group_key: region, group_values: [eu], starting_at: 2026-10-01T00:00:00Z}"
    new = "[{group_key: region, group_values: [us]}, " + old.replace("10-01", "10-10") + "]"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    times = {"before": "2026-10-09T23:59:59.999999Z", "from": "2026-10-10T00:00:00Z"}
    shop.land([event(name, timestamp=time) for name, time in times.items()], now=NOW)
    assert shop.event("before").accepted[0].contracts[0].outside
    assert not shop.event("from").accepted[0].contracts[0].outside


def test_how_late_it_was(shop: Workspace) -> None:
    for number, now in enumerate((NOW, "2026-11-01T00:00:00Z", LATE, TOO_LATE)):
        shop.land(
            [event(f"t{number}", timestamp="2026-10-31T10:00:00Z" if number else "2026-10-10T10:00:00Z")], now=now
        )
    contracts = [shop.event(f"t{number}").accepted[0].contracts[0] for number in range(4)]
    seconds = [None if each.late_by is None else each.late_by.total_seconds() for each in contracts]
    assert seconds == [None, 0, 7200, 216000]
    assert [each.after_grace for each in contracts] == [False, False, False, True]
    assert "late: it arrived 2 days 12 h after the statement period ended, 1 day 12 h after the 24 h of grace" in (
        shop.event("t3").text()
    )


def test_what_invoices_made_of_it(shop: Workspace) -> None:
    sent = {
        "large": event("large"),
        "xl": event("xl", PROPERTIES | {"model": "xl"}),
        "answer": event("answer", {"region": "eu", "seconds": "30"}, event_type="answer"),
    }
    shop.land(list(sent.values()), now=NOW)
    assert outcomes(shop, "large") == {("Europe", "Tokens"): "not_published", ("Europe", "Requests"): "not_published"}
    shop.run("2026-10", now=LATE)
    assert outcomes(shop, "large") == {("Europe", "Tokens"): "invoiced", ("Europe", "Requests"): "invoiced"}
    assert outcomes(shop, "xl") == {("Europe", "Tokens"): "unrated", ("Europe", "Requests"): "invoiced"}
    assert outcomes(shop, "answer") == {("Europe", "Requests"): "invoiced", ("Europe", "Long answers"): "not_entitled"}
    (invoice,) = {row["invoice_id"] for row in shop.event("large").billing}
    assert invoice in {row["id"] for row in shop.invoices("2026-10")}
    assert f"Tokens, 2026-10: on invoice {invoice}" in shop.event("large").text()


def test_what_arrived_after_the_run_is_on_no_invoice_yet(shop: Workspace) -> None:
    shop.land([event("t")], now=NOW)
    shop.run("2026-10", now=LATE)
    shop.land([event("u", timestamp="2026-10-31T10:00:00Z")], now=LATE)
    assert set(outcomes(shop, "u").values()) == {"arrived_after_run"}
    assert set(outcomes(shop, "t").values()) == {"invoiced"}
    shop.run("2026-10", now=LATE)
    assert set(outcomes(shop, "u").values()) == {"invoiced"}


def test_what_a_run_was_told_to_leave_out_had_not_arrived_for_it(shop: Workspace) -> None:
    shop.land([event("t")], now=NOW)
    shop.land([event("u")], now=LATE)
    shop.run("2026-10", now=TOO_LATE, as_of=NOW)
    assert set(outcomes(shop, "t").values()) == {"invoiced"}
    assert set(outcomes(shop, "u").values()) == {"arrived_after_run"}


def test_a_product_goes_by_the_metric_of_its_time(shop: Workspace) -> None:
    path = shop.root / "catalog" / "catalog.yml"
    old = "{name: Requests, type: USAGE, billable_metric: Requests}"
    update = "updates: [{starting_at: 2026-10-12T00:00:00Z, billable_metric: Recent requests}]"
    path.write_text(path.read_text().replace(old, old.replace("}", f", {update}}}")))
    shop.land([event("t"), event("u", timestamp="2026-10-12T00:00:00Z")], now="2026-10-19T00:00:00Z")
    # It arrived before the new metric was effective, which only the later event's product asks about.
    assert ("Europe", "Requests") in outcomes(shop, "t") and ("Europe", "Requests") not in outcomes(shop, "u")
