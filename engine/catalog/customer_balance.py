"""Commits and credits of a customer, which several of its contracts may share (spec/rating.md §6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from engine.catalog.balance import Applicable, Balance, Commit, CommitType, Credit
from engine.catalog.fields import Finding, Name


class _OfCustomer(Balance):
    """Drawn by the contracts of `applicable_contract_ids`, or, when there are none, by all of the customer's."""

    references: ClassVar[Mapping[str, str]] = {**Balance.references, "customer_id": "customers"}
    reference_lists: ClassVar[Mapping[str, str]] = {
        **Applicable.reference_lists,
        "applicable_contract_ids": "contracts",
    }

    customer_id: Name
    applicable_contract_ids: tuple[Name, ...] = ()

    def findings(self) -> Iterator[Finding]:
        yield from super().findings()
        if self.rollover_fraction is not None:
            what = "a customer's balance belongs to no contract whose renewal it could roll over on"
            yield Finding(("rollover_fraction",), what, "remove it, or put the balance into the contract")


class CustomerCredit(_OfCustomer, Credit):
    """A credit of a customer."""


class CustomerCommit(_OfCustomer, Commit):
    """A commit of a customer; what it costs goes to the invoices of `invoice_contract_id`."""

    references: ClassVar[Mapping[str, str]] = {**_OfCustomer.references, "invoice_contract_id": "contracts"}

    invoice_contract_id: Name | None = None

    def findings(self) -> Iterator[Finding]:
        yield from super().findings()
        schedule = self.invoice_schedule
        is_invoiced = self.type is CommitType.POSTPAID or (schedule is not None and not schedule.do_not_invoice)
        if is_invoiced and self.invoice_contract_id is None:
            what = f"a {self.type} commit of a customer that is invoiced needs an invoice_contract_id"
            yield Finding((), what, "name the contract whose invoices it goes to")
