"""A contract of a package written out: the package's terms, with times counted from the contract's start."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import ValidationError

from engine.catalog.contract import Contract
from engine.catalog.contract_names import PACKAGE_KEYS
from engine.catalog.document import problem
from engine.catalog.draft import Draft
from engine.catalog.duration import Duration
from engine.catalog.explain import problems_of
from engine.catalog.fields import describe
from engine.catalog.items import Item
from engine.catalog.package import SETTINGS, TERMS, package_id
from engine.catalog.references import instant_or_none
from engine.catalog.shape import shape_of
from engine.catalog.term_ids import segments_of
from engine.errors import Problem
from engine.values.period import format_instant

#: What a contract of a package says itself.
OWN_KEYS = frozenset(
    {
        *("id", "customer_id", "customer", "starting_at", "name", "custom_fields", "transition"),
        *("usage_filter", "hierarchy_configuration", *PACKAGE_KEYS),
    }
)


class PackageExpansion:
    """Writes one package out as contracts; what is wrong with its durations goes to `problems`."""

    def __init__(self, package: Item, problems: list[Problem]) -> None:
        self._package = package
        self._problems = problems

    def contract(self, item: Item, start: datetime) -> Draft:
        """The contract that `item`, which starts at `start`, makes of the package."""
        draft = Draft.of(item)
        source = Draft.of(self._package)
        draft.drop(*PACKAGE_KEYS, *self._refused(item))
        draft.put("package_id", package_id(self._package), source.origin)
        for key in SETTINGS:
            if source.value.get(key) is not None:
                draft.put(key, source.value[key], source.at(key))
        statements = draft.part("usage_statement_schedule")
        if statements is not None:
            offset, moment = "invoice_generation_starting_at_offset", "invoice_generation_starting_at"
            self._move(statements, offset, moment, start, fallback=start)
        if draft.value.get("name") is None and source.value.get("contract_name") is not None:
            draft.put("name", source.value["contract_name"], source.at("contract_name"))
        end = self._moment(source, "duration", start)
        if end is not None:
            draft.put("ending_before", format_instant(end), source.at("duration"))
        for key in TERMS:
            terms = source.parts(key)
            if terms is None:
                draft.put(key, source.value[key], source.at(key))
                continue
            for term in terms:
                if key in ("scheduled_charges", "discounts"):
                    self._schedule(term.part("schedule"), start)
                elif key in ("commits", "credits"):
                    self._segments(term, start)
                    self._schedule(term.part("invoice_schedule"), start)
                else:
                    self._interval(term, start, starts_with_contract=key == "subscriptions")
                self._no(term, "id", "each contract's own is made for it")
                contract_terms = draft.parts(key)
                assert contract_terms is not None, "the contract's own terms were refused"
                contract_terms.append(term)
        return draft

    def _refused(self, item: Item) -> list[str]:
        known = shape_of(Contract).fields | shape_of(Contract).name_keys | Contract.later
        refused = [key for key, value in item.value.items() if key in known - OWN_KEYS and value not in (None, [], {})]
        refused += [key for key in ("rate_card_alias",) if item.value.get(key) is not None]
        for key in refused:
            what = f"a contract of a package takes no {key}"
            self._problems.append(item.problem((key,), what, "put it into the package", key=True))
        return refused

    def _interval(self, term: Draft, start: datetime, *, starts_with_contract: bool) -> None:
        """When a term, or a segment of one, is in force, from `starting_at_offset` and `duration`."""
        if term.value.get("starting_at_offset") is None and not starts_with_contract:
            if term.value.get("starting_at") is None:
                self._report(term, (), "missing key 'starting_at_offset'", "add it, such as {unit: DAYS, value: 0}")
            term.value["starting_at_offset"] = {"unit": "DAYS", "value": 0}
        self._no(term, "starting_at", "give starting_at_offset, counted from the contract's start")
        self._no(term, "ending_before", "give duration, counted from the start of the term")
        self._move(term, "starting_at_offset", "starting_at", start, fallback=start)
        self._move(term, "duration", "ending_before", self._start(term, start))

    def _segments(self, balance: Draft, start: datetime) -> None:
        """When each segment of a balance can be used."""
        for segment in segments_of(balance) or ():
            if segment.value.get("duration") is None and segment.value.get("ending_before") is None:
                self._report(segment, (), "missing key 'duration'", "add it, such as {unit: YEARS, value: 1}")
            self._interval(segment, start, starts_with_contract=False)
            self._no(segment, "id", "each contract's own is made for it")
            if segment.value.get("ending_before") is None:
                # That it cannot be told has been reported.
                end = self._start(segment, start) + timedelta(hours=1)
                segment.put("ending_before", format_instant(end), segment.origin)

    def _schedule(self, schedule: Draft | None, start: datetime) -> None:
        if schedule is None:
            return
        for charge in schedule.parts("schedule_items") or () if "schedule_items" in schedule.value else ():
            for key in ("date_offset", "starting_at_offset"):
                self._move(charge, key, "timestamp", start, fallback=start)
        recurring = schedule.part("recurring_schedule")
        if recurring is not None:
            self._move(recurring, "starting_at_offset", "starting_at", start, fallback=start)
            self._move(recurring, "duration", "ending_before", self._start(recurring, start))

    def _move(self, part: Draft, offset: str, key: str, base: datetime, *, fallback: datetime | None = None) -> None:
        """Puts the instant that a duration leads to in its place; `fallback`, if the duration is wrong."""
        if part.value.get(offset) is None:
            part.drop(offset)
            return
        origin = part.at(offset)
        moment = self._moment(part, offset, base) or fallback
        if part.value.get(key) is not None:
            self._report(part, (offset,), f"{key} and {offset} are both given", "keep one of them")
        part.drop(offset)
        if moment is not None:
            part.put(key, format_instant(moment), origin)

    def _moment(self, part: Draft, key: str, base: datetime) -> datetime | None:
        value = part.value.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            what = f"{key}: expected a mapping, found {describe(value)}"
            self._report(part, (key,), what, "such as {unit: MONTHS, value: 1}")
            return None
        try:
            return Duration.model_validate(value).after(base)
        except ValidationError as error:
            document, path = part.at(key)
            self._problems.extend(problems_of(error.errors(include_url=False), Duration, document, path))
        except OverflowError:
            self._report(part, (key,), f"{key} leads past the year 9999", "shorten it")
        return None

    @staticmethod
    def _start(part: Draft, start: datetime) -> datetime:
        """When a term starts: by itself, or with the contract."""
        return instant_or_none(part.value.get("starting_at")) or start

    def _no(self, term: Draft, key: str, remedy: str) -> None:
        if term.value.get(key) is not None:
            self._report(term, (key,), f"a term of a package takes no {key}", remedy, key=True)
        term.drop(key)

    def _report(self, part: Draft, steps: tuple[str, ...], what: str, remedy: str, *, key: bool = False) -> None:
        document, path = part.at(*steps)
        self._problems.append(problem(document, path, what, remedy, key=key))
