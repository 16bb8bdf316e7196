"""The life of invoices: finalizing, voiding and regenerating them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from engine.billing import Progress
from engine.catalog.selection import select_customers
from engine.clock import moment
from engine.errors import UserError
from engine.finalization import Finalization, finalize_period
from engine.invoices.content_hash import content_hash_query
from engine.invoices.eligible import Asked
from engine.invoices.named import Voiding, period_of_invoices, selected_invoices, transition_of
from engine.opened import no_progress
from engine.published import published_periods
from engine.reports.reconcile.gate import failed_gate
from engine.running import Running
from engine.runs import Run
from engine.values.period import parse_period

#: Why an invoice became void, when it was billed anew and nobody said why.
_REGENERATED = "billed anew"


class InvoiceLife(Running):
    """Drafts become final, final ones void, and void ones are billed anew."""

    def finalize(
        self,
        period: str,
        *,
        select: str | None = None,
        now: datetime | str | None = None,
        early: bool = False,
        approve: bool = False,
    ) -> Finalization:
        """Makes the published drafts of a billing period final whose time has come; twice changes nothing more.

        With `select` only those of some customers, as for `run`; `early` also those whose grace is not over; `approve`
        also those that `[review]` would have somebody look at. Nothing is computed: what the last run published is
        frozen as it is. Nothing becomes final while a control of the reconciliation fails. Raises UserError for a
        period that is not published, and WorkspaceBusyError while another process writes.
        """
        customers = None if select is None else select_customers(self.catalog, select)
        asked = Asked(moment(now), customers, early, approve, self.config.review.rules())
        with self._writing("finalize"), self._damage_named(), self.connect() as connection:
            label = published_periods(self.outputs, period)[0]
            return finalize_period(
                self.root,
                label,
                asked,
                connection,
                lambda: failed_gate(self.lake, label, content_hash_query, connection),
            )

    def void(
        self,
        invoices: Iterable[str],
        *,
        reason: str,
        now: datetime | str | None = None,
        period: str | None = None,
        progress: Progress = no_progress,
    ) -> Run:
        """Makes finalized invoices of one billing period void, with those that stand and fall with them, and runs it.

        `invoices` are ids. They stay, with the instant and the `reason`; what they drew of balances is given back, and
        what they billed is billed by nobody until they are regenerated. Raises UserError, and changes nothing, for an
        unknown id, a draft, an invoice that is void, and what `run` refuses.
        """
        return self._close(tuple(invoices), period, _reason(reason), now, progress, regenerate=False)

    def void_selected(
        self,
        period: str,
        *,
        reason: str,
        select: str | None = None,
        now: datetime | str | None = None,
        progress: Progress = no_progress,
    ) -> Run:
        """`void` for every finalized invoice of a billing period, of some customers when `select` says whose."""
        invoices = self._chosen(period, select, with_void=False)
        return self._close(invoices, period, _reason(reason), now, progress, regenerate=False)

    def regenerate(
        self,
        invoices: Iterable[str],
        *,
        reason: str = "",
        now: datetime | str | None = None,
        period: str | None = None,
        progress: Progress = no_progress,
    ) -> Run:
        """Bills invoices of one billing period anew, by the events, prices and balances of now, as drafts with new ids.

        What is final becomes void first, for the `reason`. The void invoice and the draft name each other. Raises
        UserError, and changes nothing, for an unknown id, a draft, an invoice that has been billed anew already, and
        what `run` refuses.
        """
        return self._close(tuple(invoices), period, reason or _REGENERATED, now, progress, regenerate=True)

    def regenerate_selected(
        self,
        period: str,
        *,
        reason: str = "",
        select: str | None = None,
        now: datetime | str | None = None,
        progress: Progress = no_progress,
    ) -> Run:
        """`regenerate` for every invoice of a billing period that is final, or void and not billed anew."""
        invoices = self._chosen(period, select, with_void=True)
        return self._close(invoices, period, reason or _REGENERATED, now, progress, regenerate=True)

    def _chosen(self, period: str, select: str | None, *, with_void: bool) -> list[str]:
        customers = None if select is None else select_customers(self.catalog, select)
        label = published_periods(self.outputs, period)[0]
        return selected_invoices(self.outputs, label, customers, with_void=with_void)

    def _close(
        self,
        invoices: Sequence[str],
        period: str | None,
        reason: str,
        now: datetime | str | None,
        progress: Progress,
        *,
        regenerate: bool,
    ) -> Run:
        clock = moment(now)
        label = period_of_invoices(
            self.outputs, invoices, None if period is None else published_periods(self.outputs, period)[0]
        )
        with self.connect() as connection:
            voiding = Voiding(clock, reason, regenerate)
            transition = transition_of(connection, self.outputs, label, invoices, voiding)
        return self._run(self.catalog, parse_period(label), clock, None, False, progress, transition=transition)


def _reason(reason: str) -> str:
    if not reason.strip():
        raise UserError("say why: a void invoice keeps the reason")
    return reason.strip()
