"""Edits of contracts: what changes after a contract was made (spec/rating.md §9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.catalog.fields import RESPONSE_KEYS, CatalogObject, Flag, Hour, Instant, Name, Number, Whole
from engine.catalog.subscription import ProrationRounding, QuantityUpdate, SeatUpdates


class TermId(CatalogObject):
    """Names one term of the contract."""

    id: Name


class ScheduleItemEdit(CatalogObject):
    """New values of one item of a schedule; what is not given stays."""

    id: Name
    timestamp: Instant | None = None
    amount: Number | None = None
    unit_price: Number | None = None
    quantity: Number | None = None


class InvoiceScheduleEdit(CatalogObject):
    """Items that a charge's schedule gets, keeps with other values, and loses."""

    add_schedule_items: Any = None
    update_schedule_items: tuple[ScheduleItemEdit, ...] = ()
    remove_schedule_items: tuple[TermId, ...] = ()


class ScheduledChargeEdit(CatalogObject):
    """Changes to one scheduled charge, given by id or name."""

    references: ClassVar[Mapping[str, str]] = {"scheduled_charge_id": "scheduled_charges"}
    accepted = frozenset({"netsuite_sales_order_id"})

    scheduled_charge_id: Name
    invoice_schedule: InvoiceScheduleEdit = InvoiceScheduleEdit()


class SubscriptionEdit(CatalogObject):
    """Changes to one subscription, given by id or name; updates of quantity and seats are added to its own."""

    references: ClassVar[Mapping[str, str]] = {"subscription_id": "subscriptions"}
    later = frozenset({"quantity_management_mode_update"})

    subscription_id: Name
    ending_before: Hour | None = None
    name: Name | None = None
    proration_rounding: ProrationRounding | None = None
    quantity_updates: tuple[QuantityUpdate, ...] = ()
    seat_updates: SeatUpdates | None = None


class SegmentEdit(CatalogObject):
    """New values of one segment of a balance; what is not given stays."""

    id: Name
    amount: Number | None = None
    starting_at: Hour | None = None
    ending_before: Hour | None = None


class AccessScheduleEdit(CatalogObject):
    """Segments that a balance gets, keeps with other values, and loses."""

    add_schedule_items: Any = None
    update_schedule_items: tuple[SegmentEdit, ...] = ()
    remove_schedule_items: tuple[TermId, ...] = ()


class _BalanceEdit(CatalogObject):
    """What is given takes the place of what the balance says, where it is judged; null takes it away."""

    accepted = frozenset({"netsuite_sales_order_id"})

    access_schedule: AccessScheduleEdit = AccessScheduleEdit()
    name: Any = None
    description: Any = None
    product_id: Any = None
    product: Any = None
    priority: Any = None
    rate_type: Any = None
    rollover_fraction: Any = None
    hierarchy_configuration: Any = None
    specifiers: Any = None
    applicable_product_ids: Any = None
    applicable_products: Any = None
    applicable_product_tags: Any = None


class CommitEdit(_BalanceEdit):
    """Changes to one commit, given by id or name."""

    references: ClassVar[Mapping[str, str]] = {"commit_id": "commits"}

    commit_id: Name
    invoice_schedule: InvoiceScheduleEdit = InvoiceScheduleEdit()


class CreditEdit(_BalanceEdit):
    """Changes to one credit, given by id or name."""

    references: ClassVar[Mapping[str, str]] = {"credit_id": "credits"}

    credit_id: Name


class AmountEdit(CatalogObject):
    """New factors of what a recurring balance grants or costs."""

    unit_price: Number | None = None
    quantity: Number | None = None


class _RecurringBalanceEdit(CatalogObject):
    access_amount: AmountEdit = AmountEdit()
    ending_before: Any = None
    proration_rounding: Any = None
    rate_type: Any = None


class RecurringCommitEdit(_RecurringBalanceEdit):
    """Changes to one recurring commit, given by id or name."""

    references: ClassVar[Mapping[str, str]] = {"recurring_commit_id": "recurring_commits"}

    recurring_commit_id: Name
    invoice_amount: AmountEdit = AmountEdit()


class RecurringCreditEdit(_RecurringBalanceEdit):
    """Changes to one recurring credit, given by id or name."""

    references: ClassVar[Mapping[str, str]] = {"recurring_credit_id": "recurring_credits"}

    recurring_credit_id: Name


class ContractEdit(CatalogObject):
    """One request to change a contract. The terms that it adds are judged in the contract that comes of it."""

    references: ClassVar[Mapping[str, str]] = {"contract_id": "contracts", "customer_id": "customers"}
    accepted = RESPONSE_KEYS | {
        "add_billing_provider_configuration_update",
        "add_revenue_system_configuration_update",
        "id",
        "timestamp",
        "uniqueness_key",
    }
    later = frozenset(
        {
            "add_professional_services",
            "add_reseller_royalties",
            "add_spend_trackers",
            "archive_spend_trackers",
        }
    )

    contract_id: Name
    customer_id: Name | None = None
    add_overrides: Any = None
    remove_overrides: tuple[TermId, ...] = ()
    add_subscriptions: Any = None
    update_subscriptions: tuple[SubscriptionEdit, ...] = ()
    add_scheduled_charges: Any = None
    update_scheduled_charges: tuple[ScheduledChargeEdit, ...] = ()
    archive_scheduled_charges: tuple[TermId, ...] = ()
    add_discounts: Any = None
    add_commits: Any = None
    update_commits: tuple[CommitEdit, ...] = ()
    archive_commits: tuple[TermId, ...] = ()
    add_credits: Any = None
    update_credits: tuple[CreditEdit, ...] = ()
    archive_credits: tuple[TermId, ...] = ()
    add_recurring_commits: Any = None
    update_recurring_commits: tuple[RecurringCommitEdit, ...] = ()
    add_recurring_credits: Any = None
    update_recurring_credits: tuple[RecurringCreditEdit, ...] = ()
    add_prepaid_balance_threshold_configuration: Any = None
    update_prepaid_balance_threshold_configuration: Any = None
    add_spend_threshold_configuration: Any = None
    update_spend_threshold_configuration: Any = None
    update_contract_end_date: Instant | None = None
    update_contract_name: Name | None = None
    update_net_payment_terms_days: Whole | None = None
    allow_contract_ending_before_finalized_invoice: Flag = False
