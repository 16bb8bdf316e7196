"""Parent and child contracts: who pays for whom, and whose usage statements are put together (spec/rating.md §13)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, ClassVar

from engine.catalog.fields import AnyCase, CatalogObject, Finding, Name


class Payer(StrEnum):
    SELF = "SELF"
    PARENT = "PARENT"


class UsageStatementBehavior(StrEnum):
    SEPARATE = "SEPARATE"
    CONSOLIDATE = "CONSOLIDATE"


class InvoiceConsolidation(StrEnum):
    CONCATENATE = "CONCATENATE"
    NONE = "NONE"


class ParentContract(CatalogObject):
    """The contract that a child belongs to, and its customer; a file may leave the customer out."""

    references: ClassVar[Mapping[str, str]] = {"contract_id": "contracts", "customer_id": "customers"}

    contract_id: Name
    customer_id: Name | None = None


class ParentBehavior(CatalogObject):
    """What a parent does with the usage statements of the children that consolidate."""

    invoice_consolidation_type: Annotated[InvoiceConsolidation, AnyCase()] = InvoiceConsolidation.NONE


class HierarchyConfiguration(CatalogObject):
    """On a child: its parent, who pays, and whether its statements join the parent's. On a parent: its behavior."""

    parent: ParentContract | None = None
    parent_behavior: ParentBehavior | None = None
    payer: Annotated[Payer, AnyCase()] = Payer.SELF
    usage_statement_behavior: Annotated[UsageStatementBehavior, AnyCase()] = UsageStatementBehavior.SEPARATE

    @property
    def concatenates(self) -> bool:
        """Whether the children's usage statements are put together with this contract's."""
        behavior = self.parent_behavior
        return behavior is not None and behavior.invoice_consolidation_type is InvoiceConsolidation.CONCATENATE

    @property
    def consolidates(self) -> bool:
        """Whether this child's usage statements are to be put together with its parent's."""
        return self.usage_statement_behavior is UsageStatementBehavior.CONSOLIDATE

    def findings(self) -> Iterator[Finding]:
        if self.parent is None:
            for field, own in (("payer", Payer.SELF), ("usage_statement_behavior", UsageStatementBehavior.SEPARATE)):
                value = getattr(self, field)
                if value is not own:
                    yield Finding(
                        (field,), f"{field} {value} is for a child, and no parent is given", f"remove {field}"
                    )
            return
        if self.parent_behavior is not None:
            what = "a contract with a parent cannot be a parent itself"
            yield Finding(("parent_behavior",), what, "a hierarchy has one level; remove it")
        if self.consolidates and self.payer is not Payer.PARENT:
            what = "usage_statement_behavior CONSOLIDATE needs payer PARENT"
            yield Finding(("usage_statement_behavior",), what, "set payer: PARENT, or SEPARATE")
