"""What the core tables of an export say of a workspace."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from engine.catalog.credit_type import FIATS
from engine.errors import CorruptFileError, UserError
from engine.metronome.core_schema import CORE_TABLES
from engine.metronome.export import ExportSource, export_tables
from engine.metronome.group_values import group_values
from engine.metronome.tables import ALL_TABLES
from engine.workspace import Workspace
from tests.metronome.core_shop import NOW, drafts, finalize, source_of, tables_of

Tables = Mapping[str, pa.Table]

#: Metronome's database reference, as published in August 2026; `product` has no columns there.
DOCUMENTED = {
    "billable_metric": "id environment_type aggregate aggregate_keys group_keys name created_at archived_at updated_at",
    "credit_type": "_metronome_metadata_id id environment_type name is_currency updated_at",
    "events": "transaction_id environment_type customer_id timestamp event_type properties _metronome_metadata_id"
    " updated_at",
    "customer": "id environment_type name ingest_aliases salesforce_account_id billing_provider_type"
    " billing_provider_customer_id custom_fields created_at updated_at archived_at",
    "invoice": "id environment_type status total credit_type_id credit_type_name customer_id plan_id plan_name"
    " contract_id billing_provider_invoice_id billing_provider_type billing_provider_invoice_created_at"
    " billing_provider_invoice_external_status invoice_label metadata start_timestamp end_timestamp issued_at"
    " updated_at",
    "line_item": "id environment_type invoice_id credit_grant_id credit_type_id credit_type_name name quantity total"
    " commit_id product_id group_key group_value unit_price pricing_group_values metadata subscription_id is_prorated"
    " starting_at ending_before updated_at",
    "draft_invoice": "_metronome_metadata_id id environment_type snapshot_time status total credit_type_id"
    " credit_type_name customer_id plan_id plan_name contract_id billable_status billing_provider_invoice_id"
    " billing_provider_invoice_created_at label start_timestamp end_timestamp updated_at",
    "draft_line_item": "_metronome_metadata_id id environment_type snapshot_time invoice_id credit_grant_id"
    " credit_type_id credit_type_name name quantity total commit_id product_id group_key group_value unit_price"
    " pricing_group_values subscription_id is_prorated metadata starting_at ending_before updated_at",
    "breakdowns_invoices": "id environment_type snapshot_timestamp invoice_id customer_id transfer_id credit_type_id"
    " net_payment_term_days credit_type_name subtotal total type external_invoice plan_id contract_id amendment_id"
    " custom_fields billable_status window_size metadata issued_at invoice_start_timestamp invoice_end_timestamp"
    " breakdown_start_timestamp breakdown_end_timestamp updated_at",
    "breakdowns_line_items": "id environment_type snapshot_timestamp watermark_timestamp invoice_breakdown_id name"
    " transfer_id group_key group_value quantity total unit_price product_id product_type credit_type_id"
    " credit_type_name commit_id commit_segment_id commit_type subscription_id is_prorated line_item_id line_item_type"
    " custom_fields pricing_group_values presentation_group_values billable_metric_id metadata"
    " breakdown_start_timestamp breakdown_end_timestamp updated_at",
    "alert": "id name alert_type threshold webhooks_enabled environment_type created_at disabled_at updated_at"
    " archived_at group_values seat_filter customer_id",
    "customer_alert_history": "id environment_type customer_id alert_id alert_status additional_data created_at",
}
DOCUMENTED["breakdowns_draft_invoices"] = DOCUMENTED["breakdowns_invoices"]
DOCUMENTED["breakdowns_draft_line_items"] = DOCUMENTED["breakdowns_line_items"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return drafts(tmp_path_factory.mktemp("shop") / "workspace")


@pytest.fixture(scope="module")
def open_tables(shop: Workspace) -> Tables:
    """While everything is a draft, without breakdowns."""
    return tables_of(shop, "2026-10", breakdowns=False)


@pytest.fixture(scope="module")
def source(shop: Workspace, open_tables: Tables) -> ExportSource:
    """Once Ann's and Bob's invoices are final, Bob's is void, and late usage of Ann's has come."""
    finalize(shop)
    source = source_of(shop, "2026-10")
    assert source.breakdown is not None
    return replace(source, breakdown=cache(source.breakdown))


@pytest.fixture(scope="module")
def tables(source: ExportSource) -> Tables:
    return export_tables(source, NOW)


def frame(tables: Tables, name: str) -> pl.DataFrame:
    found = pl.from_arrow(tables[name])
    assert isinstance(found, pl.DataFrame)
    return found


def only(tables: Tables, name: str, **wanted: object) -> dict[str, Any]:
    """The one row with these values, without what is NULL."""
    rows = [row for row in tables[name].to_pylist() if all(row[key] == value for key, value in wanted.items())]
    (found,) = rows
    return {key: value for key, value in found.items() if value is not None}


def together(tables: Tables, draft: str, final: str) -> pl.DataFrame:
    return pl.concat([frame(tables, draft), frame(tables, final)], how="diagonal")


@pytest.mark.parametrize("name", DOCUMENTED)
def test_columns_are_the_documented_ones_then_those_of_duckbill(name: str) -> None:
    columns = list(ALL_TABLES[name].columns)
    documented = DOCUMENTED[name].split()
    assert columns[: len(documented)] == documented
    assert all(each.startswith("duckbill_") for each in columns[len(documented) :])


def test_every_core_table_is_there_in_its_schema(open_tables: Tables) -> None:
    assert {each.name for each in CORE_TABLES} == DOCUMENTED.keys() | {"product"}
    assert list(open_tables) == list(ALL_TABLES)
    assert {name: table.schema for name, table in open_tables.items()} == {
        name: table.schema for name, table in ALL_TABLES.items()
    }


def invoices_that_are_no_sums(tables: Tables) -> list[str]:
    invoices = together(tables, "draft_invoice", "invoice").filter(pl.col("status") != "DRAFT_INCOMPLETE")
    lines = together(tables, "draft_line_item", "line_item").filter("duckbill_in_total")
    sums = lines.group_by("invoice_id", "credit_type_id").agg(pl.col("total").sum().alias("sum"))
    joined = invoices.join(
        sums, left_on=["id", "credit_type_id"], right_on=["invoice_id", "credit_type_id"], how="left"
    )
    unlike = joined.filter(pl.col("sum").fill_null(Decimal(0)) != pl.col("total"))
    assert invoices.height and lines.height
    return unlike["id"].to_list()


def test_lines_in_the_total_add_up_to_the_invoice(open_tables: Tables, tables: Tables) -> None:
    assert invoices_that_are_no_sums(open_tables) == invoices_that_are_no_sums(tables) == []
    lines = frame(tables, "line_item")
    for lost in lines.filter(pl.col("duckbill_in_total") & (pl.col("total") != 0)).to_dicts():
        without = lines.filter(pl.col("id") != lost["id"]).to_arrow()
        counts = lost["credit_type_name"] == "USD (cents)"
        assert len(invoices_that_are_no_sums({**tables, "line_item": without})) == counts


def test_days_add_up_to_lines_and_to_invoices(tables: Tables) -> None:
    days = together(tables, "breakdowns_draft_invoices", "breakdowns_invoices")
    pieces = together(tables, "breakdowns_draft_line_items", "breakdowns_line_items")
    invoices = together(tables, "draft_invoice", "invoice").filter(
        pl.col("status").is_in(["DRAFT", "FINALIZED"]) & (pl.col("duckbill_invoice_type") != "USAGE_CONSOLIDATED")
    )
    of_invoices = dict(days.group_by("invoice_id").agg(pl.col("total").sum()).iter_rows())
    assert of_invoices == dict(invoices.select("id", "total").iter_rows())
    lines = together(tables, "draft_line_item", "line_item").filter(pl.col("invoice_id").is_in(list(of_invoices)))
    drawn = lines.filter(pl.col("commit_id").is_not_null())["invoice_id"].unique()
    plain = lines.filter(~pl.col("invoice_id").is_in(drawn.implode()))
    of_lines = pieces.group_by("line_item_id").agg(pl.col("total", "quantity").sum())
    joined = plain.join(of_lines, left_on="id", right_on="line_item_id", how="left", suffix="_of_days")
    assert set(joined["duckbill_type"]) == {"usage", "scheduled", "cpu_conversion"}
    assert joined.filter(pl.col("total_of_days").ne_missing(pl.col("total"))).is_empty()
    assert joined.filter(pl.col("quantity_of_days").ne_missing(pl.col("quantity"))).is_empty()
    assert pieces["id"].n_unique() == pieces.height and set(pieces["invoice_breakdown_id"]) == set(days["id"])
    assert set(days["window_size"]) == {"DAILY"} and days.height > invoices.height
    known = set(lines["id"])
    assert set(pieces["line_item_id"]) - {None} <= known


def test_invoices_stand_by_what_has_become_of_them(open_tables: Tables, tables: Tables) -> None:
    def shown(of: Tables, name: str) -> set[tuple[str, ...]]:
        columns = ("customer_id", "duckbill_invoice_type", "status")
        return set(frame(of, name).select(columns).iter_rows())

    unbilled = {
        ("cas", "USAGE", "DRAFT"),
        ("kid", "USAGE", "DRAFT"),
        ("pat", "USAGE", "DRAFT"),
        ("pat", "USAGE_CONSOLIDATED", "DRAFT"),
        ("pia", "USAGE", "DRAFT"),
        ("pia", "TRUEUP", "DRAFT"),
        ("vic", "USAGE", "DRAFT_INCOMPLETE"),
    }
    assert shown(open_tables, "invoice") == set()
    assert shown(open_tables, "draft_invoice") == unbilled | {
        ("ann", "USAGE", "DRAFT"),
        ("ann", "SCHEDULED", "DRAFT"),
        ("bob", "USAGE", "DRAFT"),
    }
    assert shown(tables, "draft_invoice") == unbilled
    assert shown(tables, "invoice") == {
        ("ann", "USAGE", "FINALIZED"),
        ("ann", "SCHEDULED", "FINALIZED"),
        ("bob", "USAGE", "VOID"),
    }
    final = set(frame(tables, "invoice")["id"])
    assert set(frame(tables, "line_item")["invoice_id"]) == final
    assert not set(frame(tables, "draft_line_item")["invoice_id"]) & final


def test_a_final_invoice_says_when_it_became_so(tables: Tables) -> None:
    ann = only(tables, "invoice", customer_id="ann", duckbill_invoice_type="USAGE")
    assert ann["total"] == Decimal("30.75") and ann["credit_type_name"] == "USD (cents)"
    assert (ann["start_timestamp"], ann["end_timestamp"]) == (datetime(2026, 10, 1), datetime(2026, 11, 1))
    assert ann["issued_at"] == datetime(2026, 11, 2) and ann["updated_at"] == datetime(2026, 11, 2, 6)
    assert json.loads(ann["metadata"]) == {"custom_fields": {"order": "17"}}
    assert (ann["environment_type"], ann["duckbill_billing_period"]) == ("PRODUCTION", "2026-10")
    bob = only(tables, "invoice", customer_id="bob")
    assert bob["updated_at"] == datetime(2026, 11, 2, 7) and bob["duckbill_void_reason"] == "a test"
    assert {row["updated_at"] for row in tables["line_item"].to_pylist()} == {
        ann["updated_at"],
        bob["updated_at"],
    }
    assert bob["id"] not in set(frame(tables, "breakdowns_invoices")["invoice_id"])


def test_who_is_parked_has_an_incomplete_invoice_under_the_id_it_will_have(
    shop: Workspace, open_tables: Tables
) -> None:
    vic = only(open_tables, "draft_invoice", customer_id="vic")
    assert "total" not in vic and "credit_type_id" not in vic
    assert vic["status"] == "DRAFT_INCOMPLETE" and vic["duckbill_detail"].startswith("beyond_exact_range: ")
    assert (vic["start_timestamp"], vic["end_timestamp"]) == (datetime(2026, 10, 1), datetime(2026, 11, 1))
    assert vic["snapshot_time"] == vic["updated_at"] == NOW
    assert vic["id"] not in set(frame(open_tables, "draft_line_item")["invoice_id"])
    billed = frame(open_tables, "draft_invoice").filter(pl.col("customer_id") == "bob")
    (bob,) = billed["id"]
    assert bob == shop.invoices("2026-10").pl().filter(pl.col("customer_id") == "bob")["id"][0]


def test_a_line_has_its_groups_in_the_documented_columns(open_tables: Tables) -> None:
    (line,) = (
        row
        for row in open_tables["draft_line_item"].to_pylist()
        if row["group_value"] == "a'" and row["commit_id"] is None
    )
    assert line["group_key"] == "user"
    assert group_values(line["pricing_group_values"]) == {"region": "eu"}
    assert group_values(line["duckbill_presentation_group_values"]) == {"user": "a'"}
    assert (line["unit_price"], line["total"]) == (Decimal(10), line["quantity"] * 10)
    assert json.loads(line["metadata"])["product_custom_fields"] == {"gl": "4010"}
    (fee,) = (row for row in open_tables["draft_line_item"].to_pylist() if row["duckbill_type"] == "scheduled")
    assert [fee[name] for name in ("group_key", "pricing_group_values", "ending_before")] == [None, None, None]


def test_what_is_taken_off_counts_once_and_has_no_price(open_tables: Tables) -> None:
    applied = frame(open_tables, "draft_line_item").filter(pl.col("duckbill_type") == "applied_commit_or_credit")
    assert set(applied["quantity"]) == {Decimal(1)} and applied["unit_price"].null_count() == applied.height
    by_name = {(row["name"], row["duckbill_in_total"]) for row in applied.to_dicts()}
    assert by_name == {("Welcome applied", True), ("Pledge applied", False), ("Promise applied", False)}
    assert applied["commit_id"].null_count() == 0 == applied["duckbill_commit_segment_id"].null_count()


def test_late_usage_is_among_the_events_and_on_no_day(tables: Tables) -> None:
    late = only(tables, "events", updated_at=datetime(2026, 11, 4, 6))
    assert json.loads(late["properties"])["units"] == "7"
    days = frame(tables, "breakdowns_invoices").filter(pl.col("customer_id") == "ann")
    assert datetime(2026, 10, 7) in set(days["breakdown_start_timestamp"])
    assert datetime(2026, 10, 9) not in set(days["breakdown_start_timestamp"])


def test_a_piece_of_a_line_says_what_it_is_of(tables: Tables) -> None:
    pieces = frame(tables, "breakdowns_line_items")
    (applied,) = pieces.filter(
        pl.col("commit_id").is_not_null() & (pl.col("total") < 0) & (pl.col("group_value") == "a'")
    ).to_dicts()
    assert (
        applied["line_item_type"] == "ContractAppliedCommitOrCreditLineItem"
        and applied["commit_type"] == "PrepaidCommit"
    )
    assert (applied["quantity"], applied["unit_price"], applied["total"]) == (1, None, Decimal(-30))
    assert applied["breakdown_start_timestamp"] == datetime(2026, 10, 1)
    assert group_values(applied["pricing_group_values"]) == {"region": "eu"}
    assert group_values(applied["presentation_group_values"]) == {"user": "a'"}
    (us,) = pieces.filter(
        pl.col("group_value") == "b", pl.col("unit_price") > 0, pl.col("commit_id").is_null()
    ).to_dicts()
    assert us["product_type"] == "USAGE" and us["line_item_id"] is None, "the invoice covers all of that line"


def test_events_are_those_that_statements_read_as_they_were_sent(open_tables: Tables) -> None:
    events = frame(open_tables, "events")
    assert events["timestamp"].min() == datetime(2026, 9, 16), "the statement of Cas began on 15 September"
    assert events["timestamp"].max() == datetime(2026, 10, 21), "and nothing of November is read"
    assert events["timestamp"].is_sorted() and events.height == 11
    first = only(open_tables, "events", timestamp=datetime(2026, 10, 1))
    assert first["customer_id"] == "ann@x.example" and first["updated_at"] == datetime(2026, 10, 31, 6)
    assert json.loads(first["properties"]) == {"units": "3", "region": "eu", "user": "a'", "note": 'a "quoted"'}
    assert json.loads(only(open_tables, "events", customer_id="nobody")["properties"]) == {}
    assert json.loads(only(open_tables, "events", customer_id="vic")["properties"])["units"] == "9" * 25


def test_the_catalog_in_the_documented_columns(open_tables: Tables) -> None:
    ann = only(open_tables, "customer", id="ann")
    assert json.loads(ann["ingest_aliases"]) == ["ann@x.example", 'quo"te']
    assert json.loads(ann["custom_fields"]) == {"tier": "gold"} and ann["updated_at"] == NOW
    units, everything = open_tables["billable_metric"].to_pylist()
    assert (units["aggregate"], everything["aggregate"]) == ("SUM", "SQL")
    assert json.loads(units["aggregate_keys"]) == ["units"] and json.loads(everything["aggregate_keys"]) == []
    assert json.loads(units["group_keys"]) == [["region", "user"]]
    assert json.loads(units["duckbill_definition"])["custom_fields"] == {"owner": "é"}
    assert json.loads(everything["duckbill_definition"])["sql"] == "SELECT count(*) AS value FROM events"
    types = {row["id"]: (row["name"], row["is_currency"]) for row in open_tables["credit_type"].to_pylist()}
    assert types.keys() > FIATS.keys() and ("Tokens", False) in types.values()
    assert {row["name"] for row in open_tables["product"].to_pylist()} == {"Usage", "Chat", "Fee"}


def test_alerts_and_who_crossed_them(open_tables: Tables) -> None:
    alert = only(open_tables, "alert", id="much")
    assert (alert["alert_type"], alert["threshold"]) == ("spend_threshold_reached", Decimal("60.5"))
    assert alert["customer_id"] == "ann"
    crossed = only(open_tables, "customer_alert_history")
    assert (crossed["alert_id"], crossed["customer_id"], crossed["alert_status"]) == ("much", "ann", "in_alarm")
    assert Decimal(json.loads(crossed["additional_data"])["value"]) == Decimal("71.25")
    assert crossed["created_at"] == datetime(2026, 11, 1)


def test_without_breakdowns_their_tables_are_empty_and_the_rest_is_the_same(
    source: ExportSource, tables: Tables
) -> None:
    without = export_tables(replace(source, breakdown=None), NOW)
    for name, table in without.items():
        if name.startswith("breakdowns_"):
            assert table.num_rows == 0
        else:
            assert table.equals(tables[name]), name


def test_days_that_do_not_add_up_are_noticed(source: ExportSource) -> None:
    breakdown = source.breakdown
    assert breakdown is not None
    pieces = breakdown("2026-10")
    fee = pc.equal(pieces["type"], "scheduled")
    assert pc.sum(fee).as_py() == 1
    damaged = replace(source, breakdown=lambda label: pieces.filter(pc.invert(fee)))
    with pytest.raises(CorruptFileError, match=r"the days of invoice .* come to .*; export without breakdowns"):
        export_tables(damaged, NOW)


def test_a_month_that_is_not_published_is_refused(shop: Workspace) -> None:
    with pytest.raises(UserError, match="2026-09 has not been published; did you mean '2026-10'"):
        tables_of(shop, "2026-09")


def test_a_currency_under_an_id_of_its_own_goes_by_that_alone() -> None:
    from engine.catalog.catalog import Catalog
    from engine.catalog.credit_type import PricingUnit
    from engine.metronome.catalog_tables import catalog_tables

    catalog = Catalog(pricing_units=(PricingUnit(id="their-eur", name="EUR", is_currency=True),))
    rows = catalog_tables(catalog, NOW)["credit_type"].to_pylist()
    assert [row["id"] for row in rows if row["name"] == "EUR"] == ["their-eur"]
    assert all(row["is_currency"] for row in rows) and len(rows) == len(FIATS)
