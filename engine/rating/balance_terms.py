"""What rating must know of any balance, written, granted again and again, rolled over, or released by a threshold."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from engine.catalog.balance import AccessType, Applicable, Balance, BalanceHierarchy, BalanceRateType, Commit
from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract
from engine.catalog.customer_balance import CustomerCommit, CustomerCredit
from engine.catalog.recurring_balance import RecurringBalance, RecurringCommit
from engine.catalog.scheduled_charge import ChargeSchedule
from engine.rating.arrow_tables import fields_text
from engine.rating.balance_targets import Reach, ReachIndex
from engine.rating.drawing_contracts import DrawingContracts
from engine.values.period import Period

#: What a segment is in the ledger: granted with the balance, or because seats came later.
SEGMENT_START = "SEGMENT_START"
SEAT_ADJUSTMENT = "SEAT_BASED_ADJUSTMENT"


class BalanceTerm(NamedTuple):
    """The terms of a balance, which all grants of one recurring balance share.

    `product_id` is None where a threshold's commit has lost its configuration, and was paid for long ago. `contract_id`
    is None for a balance of a customer; `contract_count` is None for one that all contracts of its
    customer may draw on. `charged_at` is when a postpaid balance charges what is left.
    """

    kind: str
    name: str
    product_id: str | None
    customer_id: str
    contract_id: str | None
    invoice_contract_id: str | None
    access_type: AccessType
    credit_type_id: str | None
    rate_type: BalanceRateType
    priority: Decimal | None
    is_paid: bool
    reach: Reach
    contract_ids: tuple[str, ...]
    contract_count: int | None
    custom_fields: str
    applicable: Applicable
    hierarchy: BalanceHierarchy | None
    rollover_fraction: Decimal | None = None
    recurring_id: str | None = None
    seat_group_key: str | None = None
    charged_at: datetime | None = None
    is_invoiced: bool = True
    is_rollover: bool = False


class BalanceSegment(NamedTuple):
    """What may be drawn from when to when; `written_ending_before` is where it would end if its contract did not.

    The amount is None where it is only known once an earlier contract is settled.
    """

    id: str
    amount: Decimal | None
    starting_at: datetime
    ending_before: datetime
    written_ending_before: datetime
    granted_as: str = SEGMENT_START
    seat_id: str | None = None


class HeldBalance(NamedTuple):
    """One balance with its segments; `rollover_of` is the id of the balance it has rolled over from.

    The balances of seats that one period of a recurring balance brings have the same `granted_with`.
    """

    id: str
    term: BalanceTerm
    segments: tuple[BalanceSegment, ...]
    rollover_of: str | None = None
    granted_with: tuple[str, ...] | None = None


class TermMaker:
    """Makes the terms of balances; a product's name is the one at the end of the billing period."""

    def __init__(self, catalog: Catalog, period: Period) -> None:
        self.contracts = DrawingContracts(catalog)
        self.reaches = ReachIndex(catalog)
        last = period.ending_before - timedelta(microseconds=1)
        self._product_names = {each.id: each.version_at(last).name for each in catalog.products}

    def written(self, contract: Contract, balance: Balance) -> BalanceTerm:
        """The terms of a commit or credit that is written out in a contract."""
        contract_ids = self.contracts.of_contract(contract.id, balance.hierarchy_configuration)
        return self._written(balance, contract.customer_id, contract.id, contract.id, contract_ids, 1)

    def of_customer(self, balance: CustomerCommit | CustomerCredit) -> BalanceTerm:
        """The terms of a commit or credit of a customer."""
        applicable = balance.applicable_contract_ids
        contract_ids = self.contracts.of_customer(balance.customer_id, applicable, balance.hierarchy_configuration)
        invoice_contract_id = balance.invoice_contract_id if isinstance(balance, CustomerCommit) else None
        count = len(applicable) or None
        return self._written(balance, balance.customer_id, None, invoice_contract_id, contract_ids, count)

    def recurring(self, contract: Contract, recurring: RecurringBalance, seat_group_key: str | None) -> BalanceTerm:
        """The terms that all grants of a recurring commit or credit share."""
        contract_ids = self.contracts.of_contract(contract.id, recurring.hierarchy_configuration)
        amount = recurring.access_amount
        is_commit = isinstance(recurring, RecurringCommit)
        invoiced = recurring.invoice_amount if isinstance(recurring, RecurringCommit) else None
        return BalanceTerm(
            kind="PREPAID" if is_commit else "CREDIT",
            name=self.name(recurring.name, recurring.product_id),
            product_id=recurring.product_id,
            customer_id=contract.customer_id,
            contract_id=contract.id,
            invoice_contract_id=contract.id,
            access_type=amount.access_type,
            credit_type_id=self.credit_type(amount.access_type, amount.credit_type_id, contract_ids),
            rate_type=recurring.rate_type,
            priority=recurring.priority,
            is_paid=invoiced is not None and invoiced.unit_price > 0 and invoiced.quantity != 0,
            reach=self.reaches.of(recurring, self.contracts.rate_cards(contract_ids)),
            contract_ids=contract_ids,
            contract_count=1,
            custom_fields=fields_text(recurring.custom_fields),
            applicable=recurring,
            hierarchy=recurring.hierarchy_configuration,
            rollover_fraction=recurring.rollover_fraction,
            recurring_id=recurring.id,
            seat_group_key=seat_group_key,
        )

    def name(self, own: str | None, product_id: str) -> str:
        """A balance's own name, or that of its product."""
        return self._product_names[product_id] if own is None else own

    def credit_type(self, access_type: AccessType, given: str | None, contract_ids: tuple[str, ...]) -> str | None:
        """The credit type of a balance: as given, or its contracts' currency; none where units are counted."""
        if access_type is AccessType.QUANTITY:
            return None
        return self.contracts.fiat(contract_ids) if given is None else given

    def _written(
        self,
        balance: Balance,
        customer_id: str,
        contract_id: str | None,
        invoice_contract_id: str | None,
        contract_ids: tuple[str, ...],
        contract_count: int | None,
    ) -> BalanceTerm:
        schedule = balance.access_schedule
        invoices = balance.invoice_schedule if isinstance(balance, Commit) else None
        is_postpaid = balance.kind == "POSTPAID"
        items = invoices.schedule_items if is_postpaid and invoices is not None else None
        return BalanceTerm(
            kind=balance.kind,
            name=self.name(balance.name, balance.product_id),
            product_id=balance.product_id,
            customer_id=customer_id,
            contract_id=contract_id,
            invoice_contract_id=invoice_contract_id,
            access_type=schedule.access_type,
            credit_type_id=self.credit_type(schedule.access_type, schedule.credit_type_id, contract_ids),
            rate_type=balance.rate_type,
            priority=balance.priority,
            is_paid=is_postpaid or (invoices is not None and _costs_something(invoices)),
            reach=self.reaches.of(balance, self.contracts.rate_cards(contract_ids)),
            contract_ids=contract_ids,
            contract_count=contract_count,
            custom_fields=fields_text(balance.custom_fields),
            applicable=balance,
            hierarchy=balance.hierarchy_configuration,
            rollover_fraction=balance.rollover_fraction,
            charged_at=items[0].timestamp if items else None,
            is_invoiced=invoices is None or not invoices.do_not_invoice,
        )


def _costs_something(schedule: ChargeSchedule) -> bool:
    """Whether a schedule charges more than 0, invoiced or not."""
    recurring = schedule.recurring_schedule
    priced = schedule.schedule_items or () if recurring is None else (recurring,)
    return any(all(factor > 0 for factor in each.factors()) for each in priced)
