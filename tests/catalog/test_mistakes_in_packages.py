"""Mistakes in packages and in the contracts of packages: the exact words and places that a user gets.

Each case changes passages of `every_term.EVERY_TERM`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.every_term import Wrong, expect_of, wrong

MISTAKES = (
    wrong(
        "unknown package",
        ("package_alias: entry", "package: Startr"),
        says="125:14: unknown package 'Startr'; did you mean 'Starter'?",
    ),
    wrong(
        "unknown alias",
        ("package_alias: entry", "package_alias: entri"),
        says="125:20: no package has the alias 'entri' on 2026-08-31T00:00:00Z; did you mean 'entry'?",
    ),
    wrong(
        "alias not yet in force",
        ("    starting_at: 2026-08-31T00:00:00Z", "    starting_at: 2026-02-28T00:00:00Z"),
        says="125:20: no package has the alias 'entry' on 2026-02-28T00:00:00Z; a package has it at another time",
    ),
    wrong(
        "package and alias",
        ("package_alias: entry", ("package_alias: entry\n    package: Starter")),
        says="125:5: package and package_alias are both given; keep one of them",
    ),
    wrong(
        "package not text",
        ("package_alias: entry", "package: 5"),
        says="125:14: package: expected text, found the number 5; put it in quotes",
    ),
    wrong(
        "extra terms",
        (
            "package_alias: entry",
            (
                "package_alias: entry\n"
                "    rate_card: List\n"
                "    ending_before: 2027-01-01T00:00:00Z\n"
                "    overrides: [{entitled: false}]"
            ),
        ),
        says=(
            "126:5: a contract of a package takes no rate_card; put it into the package",
            "127:5: a contract of a package takes no ending_before; put it into the package",
            "128:5: a contract of a package takes no overrides; put it into the package",
        ),
    ),
    wrong(
        "misspelt key",
        ("package_alias: entry", ("package_alias: entry\n    custom_feilds: {a: b}")),
        says="126:5: unknown key 'custom_feilds'; did you mean 'custom_fields'?",
    ),
    wrong(
        "start missing",
        (("    package_alias: entry\n    starting_at: 2026-08-31T00:00:00Z"), "    package_alias: entry"),
        says=(
            "124:5: the terms of a contract of a package are counted from its starting_at; write it "
            "like 2026-10-01T00:00:00Z"
        ),
    ),
    wrong(
        "start off the hour",
        ("    starting_at: 2026-08-31T00:00:00Z", "    starting_at: '2026-08-31T00:01:00Z'"),
        says=(
            "126:18: 2026-08-31T00:01:00Z is not on the hour, and the package has terms that count "
            "from it; prices change on full UTC hours only"
        ),
    ),
    wrong(
        "unknown unit",
        ("duration: {unit: YEARS, value: 1}", "duration: {unit: YEAR, value: 1}"),
        says="35:22: unknown unit 'YEAR'; did you mean 'YEARS'?",
    ),
    wrong(
        "unknown unit of a term",
        ("duration: {unit: WEEKS, value: 2}", "duration: {unit: WEEK, value: 2}"),
        says="42:26: unknown unit 'WEEK'; did you mean 'WEEKS'?",
    ),
    wrong(
        "unknown unit, package unused",
        ("duration: {unit: WEEKS, value: 2}", "duration: {unit: WEEK, value: 2}"),
        (("  - customer: Beta\n    package_alias: entry\n    starting_at: 2026-08-31T00:00:00Z\n"), ""),
        says="42:26: unknown unit 'WEEK'; did you mean 'WEEKS'?",
    ),
    wrong(
        "negative offset",
        ("starting_at_offset: {unit: MONTHS, value: 1}", "starting_at_offset: {unit: MONTHS, value: -1}"),
        says="41:51: value -1 is negative; count from the start on",
    ),
    wrong(
        "endless offset",
        ("starting_at_offset: {unit: MONTHS, value: 1}", "starting_at_offset: {unit: YEARS, value: 1000}"),
        says="41:50: 1000 YEARS are longer than any contract; shorten it",
    ),
    wrong(
        "past the calendar",
        ("    starting_at: 2026-08-31T00:00:00Z", "    starting_at: 9999-08-31T00:00:00Z"),
        says=(
            "35:15: duration leads past the year 9999; shorten it",
            "49:19: duration leads past the year 9999; shorten it",
        ),
    ),
    wrong(
        "duration not a mapping",
        ("duration: {unit: YEARS, value: 1}", "duration: 1"),
        ("duration: {unit: MONTHS, value: 6}", "duration: 6"),
        says="35:15: duration: expected a mapping, found the number 1",
    ),
    wrong(
        "duration of nothing",
        ("duration: {unit: YEARS, value: 1}", "duration: {unit: YEARS, value: 0}"),
        says="35:36: a contract of no duration bills nothing; give it some",
    ),
    wrong(
        "override without offset",
        ("        starting_at_offset: {unit: MONTHS, value: 1}\n", ""),
        says="38:9: missing key 'starting_at_offset'; add it, such as {unit: DAYS, value: 0}",
    ),
    wrong(
        "absolute times",
        (
            "        starting_at_offset: {unit: MONTHS, value: 1}\n",
            "        starting_at: 2026-01-01T00:00:00Z\n        id: x\n",
        ),
        says=(
            (
                "41:9: a term of a package takes no starting_at; give starting_at_offset, counted from "
                "the contract's start"
            ),
            "42:9: a term of a package takes no id; each contract's own is made for it",
        ),
    ),
    wrong(
        "timestamp and offset",
        (
            "{date_offset: {unit: DAYS, value: 10}, unit",
            "{date_offset: {unit: DAYS, value: 10}, timestamp: 2026-01-01T00:00:00Z, unit",
        ),
        says="52:51: timestamp and date_offset are both given; keep one of them",
    ),
    wrong(
        "override inside a package",
        ("        override_specifiers: [{product: Calls}]\n", "        override_specifiers: [{product: Cals}]\n"),
        says="43:41: unknown product 'Cals'; did you mean 'Calls'?",
    ),
    wrong(
        "override inside an unused package",
        ("        multiplier: 0.5\n", "        multiplyer: 0.5\n"),
        (("  - customer: Beta\n    package_alias: entry\n    starting_at: 2026-08-31T00:00:00Z\n"), ""),
        says="39:9: unknown key 'multiplyer'; did you mean 'multiplier'?",
    ),
    wrong(
        "frequency inside a package",
        (
            (
                "        proration: {is_prorated: true}\n"
                "        subscription_rate: {product: Seats, billing_frequency: MONTHLY}"
            ),
            (
                "        proration: {is_prorated: true}\n"
                "        subscription_rate: {product: Seats, billing_frequency: WEEKLY}"
            ),
        ),
        says="48:64: product 'Seats' has no WEEKLY rate on rate card 'List'; known: 'ANNUAL', 'MONTHLY'",
    ),
    wrong(
        "charge inside a package",
        ("unit_price: 5, quantity: 2", "unit_price: 5, amount: 2"),
        says="52:88: amount and unit_price are both given; an amount stands alone; quantity goes with unit_price",
    ),
    wrong(
        "no rate card",
        ("    rate_card_alias: standard\n", ""),
        says="31:5: a package needs a rate card; give rate_card or rate_card_alias",
    ),
    wrong(
        "two rate cards",
        ("    rate_card_alias: standard\n", ("    rate_card_alias: standard\n    rate_card: List\n")),
        says="33:22: rate_card and rate_card_alias are both given; keep one of them",
    ),
    wrong(
        "unknown rate card",
        ("    rate_card_alias: standard\n", "    rate_card: Lst\n"),
        says="33:16: unknown rate card 'Lst'; did you mean 'List'?",
    ),
    wrong(
        "later feature",
        ("    rate_card_alias: standard\n", ("    rate_card_alias: standard\n    spend_trackers: [{}]\n")),
        says="34:5: duckbill does not bill spend_trackers yet; remove it",
    ),
    wrong(
        "unknown key",
        ("    rate_card_alias: standard\n", ("    rate_card_alias: standard\n    subscription: [{}]\n")),
        says="34:5: unknown key 'subscription'; did you mean 'subscriptions'?",
    ),
    wrong(
        "terms no list",
        ("packages:\n", ("packages:\n  - {name: Other, rate_card: List, overrides: 5, discounts: [5]}\n")),
        says=(
            "31:47: overrides: expected a list, found the number 5",
            "31:62: discounts: expected a mapping, found the number 5",
        ),
    ),
    wrong(
        "name twice",
        ("packages:\n", ("packages:\n  - {name: Starter, rate_card: List}\n")),
        says="32:11: package name 'Starter' is already taken; first given at catalog/c.yml:31",
    ),
    wrong(
        "aliases end before they start",
        (
            "starting_at: 2026-03-01T00:00:00Z}]\n    rate_card_alias",
            "starting_at: 2026-03-01T00:00:00Z, ending_before: 2026-02-01T00:00:00Z}]\n    rate_card_alias",
        ),
        says=(
            (
                "32:79: ending_before 2026-02-01T00:00:00Z is not after starting_at "
                "2026-03-01T00:00:00Z; the end is exclusive and must be later"
            ),
            "125:20: no package has the alias 'entry' on 2026-08-31T00:00:00Z; a package has it at another time",
        ),
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Wrong) -> None:
    expect_of(tmp_path, mistake)
