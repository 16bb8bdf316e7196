"""Contracts of an export with all their terms as request bodies, and the edits that it takes to end some of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from engine.metronome.contracts_balances import UNSAID, balance_body
from engine.metronome.contracts_charges import LIST, charge_body
from engine.metronome.contracts_contracts import Related, contract_body, is_transition
from engine.metronome.contracts_overrides import override_body
from engine.metronome.contracts_recurring import recurring_body
from engine.metronome.contracts_subscriptions import subscription_body
from engine.metronome.contracts_thresholds import prepaid_threshold_body, spend_threshold_body
from engine.metronome.import_rows import ImportRows
from engine.metronome.json_text import json_value
from engine.metronome.own_terms import with_terms
from engine.metronome.request_body import Body, Row, instant, upper
from engine.metronome.statement_days import note_of_days, statement_schedule
from engine.values.period import ALWAYS, format_instant

#: Where a segment without an end ends, unless its contract does before.
_ENDLESS = ALWAYS.ending_before.replace(minute=0, second=0, microsecond=0)


class ImportedContracts:
    """The contracts of an export. `currencies` are those of rate cards by id; what is approximated goes to `notes`."""

    def __init__(self, rows: ImportRows, currencies: Mapping[str, str], notes: list[str]) -> None:
        self._rows = rows
        self._currencies = currencies
        self._notes = notes
        transitions = [each for each in rows.all("contracts_transitions") if self._is_known(each)]
        self._related = Related(
            hierarchies={each["contract_id"]: each for each in rows.all("contract_hierarchy_configurations")},
            transitions={each["to_contract_id"]: each for each in transitions if each["to_contract_id"]},
            usage_filters=rows.by_contract("contracts_usage_filters"),
            filter_schedules=rows.by_contract("contracts_usage_filter_schedule"),
        )
        self._renewed_at: Mapping[str, datetime] = self._related.renewed_at()

    def sections(self) -> dict[str, list[Body]]:
        """The sections `contracts`, `contract_edits`, `commits`, `credits` and `manual_balance_entries`."""
        found: dict[str, list[Body]] = {
            key: [] for key in ("contracts", "contract_edits", "commits", "credits", "manual_balance_entries")
        }
        kept = []
        for row in self._rows.all("contracts_contracts"):
            if row["archived_at"] is not None:
                self._notes.append(f"contract {row['id']} is archived, and left out")
            else:
                kept.append(row)
        self._note_packages(kept)
        self._notes.extend(note_of_days(kept, self._rows))
        for row in kept:
            contract, edits, manual = self._contract(row)
            found["contracts"].append(contract)
            found["contract_edits"] += edits
            found["manual_balance_entries"] += manual
        for row in self._rows.of("contracts_balances", ""):
            body, manual = self._balance(row, None, _ENDLESS)
            found["credits" if upper(row["type"]) == "CREDIT" else "commits"].append(body)
            found["manual_balance_entries"] += manual
        return found

    def _is_known(self, row: Row) -> bool:
        known = is_transition(row)
        if not known:
            self._notes.append(f"transition {row['id']} is left out: its type is {row['type']!r}")
        return known

    def _note_packages(self, rows: Iterable[Row]) -> None:
        made = [row["id"] for row in rows if row["package_id"] is not None]
        if made:
            self._notes.append(f"{len(made)} contracts of packages have their terms written out, and name no package")

    def _contract(self, row: Row) -> tuple[Body, list[Body], list[Body]]:
        """The contract, the edits that end it, and the corrections by hand of its balances."""
        body = with_terms(contract_body(row, self._related, self._renewed_at), _own(row))
        body |= statement_schedule(row, body, self._rows, self._notes)
        currency = self._currencies.get(row["rate_card_id"])
        terms, manual = self._terms(row, currency)
        return *_ended({**body, **terms}, self._renewed_at.get(row["id"])), manual

    def _terms(self, contract: Row, currency: str | None) -> tuple[Body, list[Body]]:
        contract_id = contract["id"]
        terms: Body = {}
        manual: list[Body] = []
        for row in self._rows.of("contracts_overrides", contract_id):
            terms.setdefault("overrides", []).append(with_terms(override_body(row, currency), _own(row)))
        for row in self._rows.of("contracts_subscriptions", contract_id):
            body = with_terms(subscription_body(row, contract), _own(row))
            terms.setdefault("subscriptions", []).append(body)
        for row in self._rows.of("contracts_scheduled_charges", contract_id):
            body = with_terms(charge_body(row, currency), _own(row))
            terms.setdefault(body.pop(LIST), []).append(body)
        for row in self._rows.of("contracts_balances", contract_id):
            key = "credits" if upper(row["type"]) == "CREDIT" else "commits"
            body, own = self._balance(row, currency, contract["ending_before"] or _ENDLESS)
            terms.setdefault(key, []).append(body)
            manual += own
        for row in self._rows.of("contracts_recurring_commits_and_credits", contract_id):
            key = "recurring_credits" if upper(row["type"]) == "CREDIT" else "recurring_commits"
            body = with_terms(recurring_body(row, currency), _own(row))
            terms.setdefault(key, []).append(self._pooled(body, terms.get("subscriptions", ())))
        for row in self._rows.of("contracts_prepaid_balance_threshold_configurations", contract_id):
            body = with_terms(prepaid_threshold_body(row), _own(row))
            terms["prepaid_balance_threshold_configuration"] = body
        for row in self._rows.of("contracts_spend_threshold_configurations", contract_id):
            terms["spend_threshold_configuration"] = with_terms(spend_threshold_body(row), _own(row))
        return terms, manual

    def _balance(self, row: Row, currency: str | None, end: datetime) -> tuple[Body, list[Body]]:
        """A commit or credit, and what was corrected of it by hand."""
        if '"end_date":null' in (row["access_schedule"] or "").replace(" ", ""):
            self._notes.append(f"balance {row['id']}: a segment without an end ends at {format_instant(end)}")
        body = with_terms(balance_body(row, currency, format_instant(end)), _own(row))
        manual = body.pop("manual_balance_entries", [])
        if any(each["reason"] == UNSAID for each in manual):
            self._notes.append(f"balance {row['id']}: corrections by hand have no reason")
        return body, manual

    def _pooled(self, recurring: Body, subscriptions: Iterable[Body]) -> Body:
        """Seats are not exported: what each would have for itself is theirs together."""
        link = recurring.get("subscription_config")
        named = {each["id"] for each in subscriptions if "seat_config" in each}
        if link and link.get("allocation") == "INDIVIDUAL" and link.get("subscription_id") not in named:
            self._notes.append(f"recurring balance {recurring['id']}: seats are not exported, so it is POOLED")
            return {**recurring, "subscription_config": {**link, "allocation": "POOLED"}}
        return recurring


def _own(row: Row) -> Body | None:
    terms = json_value(row["duckbill_terms"])
    assert terms is None or isinstance(terms, dict)
    return terms


def _ended(body: Body, renewed_at: datetime | None) -> tuple[Body, list[Body]]:
    """The contract and the edits that ended its charges: what `terms_end_at` says, which no request body can.

    A contract that another one takes the place of is ended by that. Charges that stop before the contract does come
    of an end that was moved to an earlier time and then to a later one; terms without an end were added after that.
    """
    terms_end_at, ending_before = body.pop("terms_end_at", None), body.get("ending_before")
    if terms_end_at is None or terms_end_at == instant(renewed_at):
        return body, []
    request = {"contract_id": body["id"], "customer_id": body["customer_id"]}
    body = {key: value for key, value in body.items() if key != "ending_before"}
    edits = [{**request, "update_contract_end_date": terms_end_at}]
    if ending_before != terms_end_at and ending_before is not None:
        later = dict(_added_later(body))
        edits.append({**request, "update_contract_end_date": ending_before, **later})
    return body, edits


def _added_later(body: Body) -> Iterator[tuple[str, list[Body]]]:
    """Takes the terms without an end out of a contract, as they were added to it."""
    for key in ("subscriptions", "recurring_commits", "recurring_credits"):
        added = [each for each in body.get(key, ()) if "ending_before" not in each]
        if added:
            body[key] = [each for each in body[key] if "ending_before" in each]
            yield f"add_{key}", added
