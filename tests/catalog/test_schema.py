"""The JSON Schema for editors accepts what the loader accepts, as far as a schema can say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.catalog.contract import Contract
from engine.catalog.document import SECTIONS
from engine.catalog.schema import catalog_schema
from engine.catalog.strict_yaml import read_yaml
from tests.catalog.every_grant import EVERY_GRANT
from tests.catalog.every_term import EVERY_TERM
from tests.catalog.test_seeds import ADD_RATES, API_QUICKSTART, SDK_GUIDE
from tests.catalog.written import GOOD


def refused(value: object, schema: dict[str, Any], root: dict[str, Any]) -> list[str]:
    """Keys that an object of `value` may not have or lacks, by the part of JSON Schema that the catalog uses."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        return min((refused(value, each, root) for each in schema["anyOf"]), key=len)
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{value!r} is none of {schema['enum']}"]
    if isinstance(value, dict):
        if "object" not in schema.get("type", ()):
            return ["no object"]
        known = schema.get("properties", {})
        found = [f"lacks {key}" for key in schema.get("required", ()) if key not in value]
        if schema.get("additionalProperties") is False:
            found += [f"has {key}" for key in value if key not in known]
        return found + [
            each for key in value if known.get(key, True) is not True for each in refused(value[key], known[key], root)
        ]
    if isinstance(value, list):
        if schema.get("type") != "array":
            return ["no array"]
        return [found for each in value for found in refused(each, schema["items"], root)]
    return ["no scalar"] if schema.get("type") in ("array", "object") else []


@pytest.mark.parametrize("text", [GOOD, SDK_GUIDE, API_QUICKSTART, ADD_RATES, EVERY_TERM, EVERY_GRANT])
def test_schema_accepts_what_the_loader_reads(text: str) -> None:
    schema = catalog_schema()
    assert refused(read_yaml("f", text).content, schema, schema) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("ingest_aliases", "ingest_alias", "has ingest_alias"),
        ("    entitled: true\n", "", "lacks entitled"),
        ("customers:", "custmers:", "has custmers"),
        ("multiplier: 0.9", "multiplyer: 0.9", "has multiplyer"),
    ],
)
def test_schema_refuses_misspelt_and_missing_keys(old: str, new: str, problem: str) -> None:
    schema = catalog_schema()
    assert problem in refused(read_yaml("f", GOOD.replace(old, new)).content, schema, schema)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("        duration: {unit: WEEKS", "        ending_before: {unit: WEEKS", "has ending_before"),
        ("date_offset: {unit: DAYS", "date_ofset: {unit: DAYS", "has date_ofset"),
        ("unit: DAYS, value: 10}", "unit: DAY, value: 10}", "'DAY' is none of"),
        ("seat_group_key: user, ", "", "lacks seat_group_key"),
        ("            amount_distribution: DIVIDED\n", "", "lacks amount_distribution"),
        ("seat_ids: [cid, ann]", "seat_ids: [cid, ann], x: 1", "has x"),
        ("payer: PARENT", "payr: PARENT", "has payr"),
        ("from_contract: Main", "contract: Main", "has contract"),
        ("add_schedule_items", "add_items", "has add_items"),
        ("{id: third, timestamp", "{id: third, x: 1, timestamp", "has x"),
        (
            "    scheduled_charges_on_usage_invoices: all\n",
            "    terms_end_at: 2026-01-01T00:00:00Z\n",
            "has terms_end_at",
        ),
    ],
)
def test_schema_refuses_wrong_terms(old: str, new: str, problem: str) -> None:
    schema = catalog_schema()
    assert EVERY_TERM.count(old) == 1
    assert problem in "\n".join(refused(read_yaml("f", EVERY_TERM.replace(old, new)).content, schema, schema))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("commit_duration: {value: 2,", "commit_duration: {x: 1, value: 2,", "has x"),
        ("{payment_fraction: 0.9}", "{}", "lacks payment_fraction"),
        ("commit_ids: [deposit]", "commits: [deposit]", "has commits"),
        ("commit_rate: {rate_type: FLAT", "commit_rate: {x: 1, rate_type: FLAT", "has x"),
        ("amount: 2, reason: Goodwill}", "amount: 2}", "lacks reason"),
        ("alert_type: spend_threshold_reached", "alert_type: spent", "'spent' is none of"),
    ],
)
def test_schema_refuses_wrong_grants(old: str, new: str, problem: str) -> None:
    schema = catalog_schema()
    assert EVERY_GRANT.count(old) == 1
    assert problem in "\n".join(refused(read_yaml("f", EVERY_GRANT.replace(old, new)).content, schema, schema))


def test_schema_is_plain_json_and_names_no_later_feature() -> None:
    schema = catalog_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert tuple(schema["properties"]) == SECTIONS
    contract = schema["$defs"]["Contract"]["properties"]
    assert "uniqueness_key" in contract
    assert not Contract.later & contract.keys()
    assert "MULTIPLIER" in json.dumps(schema) and "multiplier" in json.dumps(schema)
