"""Mistakes in composite products and in their rates: the exact words and places that a user gets.

Each case changes one passage of `every_type.EVERY_TYPE`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.every_type import CALLS, STORAGE, SUPPORT, changed, expect
from tests.catalog.written import Mistake, said

MEMBERS = "    composite_products: [Storage]\n    composite_tags: [core]\n"

MISTAKES = (
    Mistake(
        "no members", MEMBERS, "", "14:5: a COMPOSITE product needs members; give composite_products or composite_tags"
    ),
    Mistake(
        "no members from an update on",
        MEMBERS,
        MEMBERS + "    updates: [{starting_at: 2026-03-01T00:00:00Z, composite_products: [], composite_tags: []}]\n",
        "18:15: a COMPOSITE product needs members; give composite_products or composite_tags",
    ),
    Mistake(
        "unknown member", "[Storage]", "[Storage, Stroage]", "16:35: unknown product 'Stroage'; did you mean 'Storage'?"
    ),
    Mistake(
        "member twice",
        "[Storage]",
        "[Storage, Calls, Storage]",
        "16:42: product 'Storage' is named twice; name it once",
    ),
    Mistake(
        "member that is not usage",
        "[Storage]",
        "[Setup, Support, Seats]",
        (
            "16:26: a share is taken of USAGE products, and 'Setup' is a FIXED product; known: 'Calls', "
            "'Images', 'Spare', 'Storage'"
        ),
        (
            "16:33: a share is taken of USAGE products, and 'Support' is a COMPOSITE product; known: "
            "'Calls', 'Images', 'Spare', 'Storage'"
        ),
        (
            "16:42: a share is taken of USAGE products, and 'Seats' is a SUBSCRIPTION product; known: "
            "'Calls', 'Images', 'Spare', 'Storage'"
        ),
    ),
    Mistake(
        "member that is a number",
        "[Storage]",
        "[3]",
        "16:26: composite_products: expected text, found the number 3; put it in quotes",
    ),
    Mistake(
        "members that are no list",
        "[Storage]",
        "Storage",
        "16:25: composite_products: expected a list, found the text 'Storage'",
    ),
    Mistake(
        "members by name and by id",
        "[Storage]",
        "[Storage]\n    composite_product_ids: [Calls]",
        "16:5: composite_product_ids and composite_products are both given; keep one of them",
    ),
    Mistake(
        "member of an update that is not usage",
        MEMBERS,
        MEMBERS + "    updates: [{starting_at: 2026-03-01T00:00:00Z, composite_product_ids: [Setup]}]\n",
        (
            "18:75: a share is taken of USAGE products, and 'Setup' is a FIXED product; known: 'Calls', "
            "'Images', 'Spare', 'Storage'"
        ),
    ),
    Mistake(
        "tag that nobody has",
        "composite_tags: [core]",
        "composite_tags: [cor]",
        "17:22: no product has the tag 'cor'; did you mean 'core'?",
    ),
    Mistake(
        "tag of an update that nobody has",
        MEMBERS,
        MEMBERS + "    updates: [{starting_at: 2026-03-01T00:00:00Z, composite_tags: [core, x]}]\n",
        "18:74: no product has the tag 'x'; known: 'core', 'spare'",
    ),
    Mistake(
        "across contracts",
        MEMBERS,
        MEMBERS + "    composite_scope: customer\n",
        "18:22: duckbill does not bill composite_scope CUSTOMER yet; use CONTRACT",
    ),
    Mistake(
        "of composites",
        MEMBERS,
        MEMBERS + "    include_composite_spend: true\n",
        "18:5: duckbill does not bill include_composite_spend yet; remove it",
    ),
    Mistake(
        "metered",
        MEMBERS,
        MEMBERS + "    billable_metric: calls\n    pricing_group_key: [x]\n",
        "18:22: only a USAGE product takes billable_metric_id; remove it",
        "19:24: only a USAGE product takes pricing_group_key; remove it",
    ),
    Mistake(
        "members of a subscription",
        "{name: Seats, type: SUBSCRIPTION}",
        "{name: Seats, type: SUBSCRIPTION, composite_scope: CONTRACT, composite_tags: [core]}",
        "12:56: only a COMPOSITE product takes composite_scope; remove it",
        "12:82: only a COMPOSITE product takes composite_tags; remove it",
    ),
    Mistake(
        "no member has a rate",
        MEMBERS,
        "    composite_products: [Spare]\n",
        (
            "38:18: no member of 'Support' has a rate on rate card 'List': there is nothing to take it of; "
            "add a rate for 'Spare'"
        ),
    ),
    Mistake(
        "the only member is misspelt",
        MEMBERS,
        "    composite_products: [Spar]\n",
        "16:26: unknown product 'Spar'; did you mean 'Spare'?",
    ),
    Mistake(
        "members in different credit types",
        STORAGE,
        STORAGE.replace("2}", "2, credit_type: credits}"),
        (
            "39:18: the members of 'Support' have rates in different credit types: 'Storage' in credits, "
            "'Calls' in EUR; a share is in the credit type of all members"
        ),
    ),
    Mistake(
        "share in another credit type than its members",
        SUPPORT,
        SUPPORT + "        credit_type: credits\n",
        "45:22: a share of spend in EUR is not in credits; remove credit_type",
    ),
    Mistake(
        "flat",
        SUPPORT,
        "        rate_type: FLAT\n        price: 3\n",
        (
            "42:20: a FLAT rate does not price a COMPOSITE product, and 'Support' is one; use PERCENTAGE or "
            "TIERED_PERCENTAGE"
        ),
    ),
    Mistake(
        "by values",
        SUPPORT,
        SUPPORT + "        pricing_group_values: {region: eu}\n",
        (
            "45:32: 'region' is not a pricing_group_key of product 'Support'; remove it: the product is not "
            "priced by values"
        ),
    ),
    Mistake(
        "by month",
        SUPPORT,
        SUPPORT + "        billing_frequency: MONTHLY\n",
        ("45:28: a TIERED_PERCENTAGE rate takes no billing_frequency; only a rate of a SUBSCRIPTION product does"),
    ),
    Mistake(
        "percentage without a price",
        SUPPORT,
        "        rate_type: PERCENTAGE\n",
        "39:9: a PERCENTAGE rate needs a price",
    ),
    Mistake(
        "negative fraction",
        SUPPORT,
        "        rate_type: percentage\n        price: -0.1\n",
        "43:16: price -0.1 is negative; a fraction is 0 or more: 0.1 is 10 percent",
    ),
    Mistake(
        "percentage with tiers",
        SUPPORT,
        "        rate_type: percentage\n        price: 0.1\n        tiers: [{price: 0.1}]\n",
        "44:16: a PERCENTAGE rate takes no tiers; remove them, or set rate_type: TIERED_PERCENTAGE",
    ),
    Mistake(
        "negative fraction in a tier",
        "{price: 0.05}",
        "{price: -0.05}",
        "43:51: price -0.05 is negative; a price is 0 or more",
    ),
    Mistake(
        "tier of no spend",
        "{size: 1000,",
        "{size: 0,",
        "43:24: a tier's size must be greater than 0; size is the width of the tier",
    ),
    Mistake(
        "endless tier in between",
        "{size: 1000, price: 0.1}",
        "{price: 0.1}",
        "43:17: only the last tier may leave out its size; give this tier a size",
    ),
    Mistake(
        "tiers with a price",
        SUPPORT,
        SUPPORT + "        price: 0.1\n",
        "45:16: a TIERED_PERCENTAGE rate takes its prices from tiers; remove price",
    ),
    Mistake(
        "no tiers", SUPPORT, "        rate_type: TIERED_PERCENTAGE\n", "39:9: a TIERED_PERCENTAGE rate needs tiers"
    ),
    Mistake(
        "negative minimum", "{minimum: 100}", "{minimum: -1}", "44:35: minimum -1 is negative; a minimum is 0 or more"
    ),
    Mistake("minimum without amount", "{minimum: 100}", "{}", "44:25: missing key 'minimum'; add it"),
    Mistake(
        "minimum that is a number",
        "{minimum: 100}",
        "100",
        "44:25: minimum_config: expected a mapping, found the number 100",
    ),
)

#: What is no mistake: a share of more than all, a card without one of the members, members that come later.
ACCEPTED = {
    "fraction above one": (SUPPORT, "        rate_type: percentage\n        price: 1.5\n"),
    "one member without a rate": (STORAGE, ""),
    "all members in a pricing unit": (
        CALLS + STORAGE,
        (CALLS + STORAGE).replace("1}", "1, credit_type: credits}").replace("2}", "2, credit_type: credits}"),
    ),
    "a share in the credit type of its members": (SUPPORT, SUPPORT + "        credit_type: EUR\n"),
    "flags that change nothing": (
        MEMBERS,
        MEMBERS + "    composite_scope: contract\n    include_composite_spend: false\n    exclude_free_usage: true\n",
    ),
    "a member with a rate by a later tag of the composite": (
        MEMBERS,
        "    composite_tags: [spare]\n    updates: [{starting_at: 2026-03-01T00:00:00Z, composite_tags: [core]}]\n",
    ),
    "a member by a later tag": (
        "tags: [core]}",
        "tags: [other], updates: [{starting_at: 2026-03-01T00:00:00Z, tags: [core]}]}",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Mistake) -> None:
    expect(tmp_path, mistake)


@pytest.mark.parametrize("title", ACCEPTED)
def test_what_is_no_mistake(tmp_path: Path, title: str) -> None:
    assert said(tmp_path, changed(*ACCEPTED[title])) == []
