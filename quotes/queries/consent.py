"""The sentence that a customer agrees to: of an offer, an amendment or a renewal."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from q2c.kernel.rating import ChargeKind
from q2c.web.templatetags.q2c import called, day, money, quantity
from quotes.models import LineChange, Quote, QuoteKind, QuoteLine
from quotes.queries.amendments import AmendedLine, amendment_of, contract_end_of
from quotes.queries.contract_numbers import contract_number

_MOST = 12  # changes that one sentence names


def consent_to(quote: Quote, lines: Sequence[QuoteLine], document_id: str | None) -> str:
    """Return what the signer of an offer agrees to: who, what, how much, and which bytes.

    In the language of the page; `lines` are as the customer would take them, with their products.
    The same words on every day: they are kept with the acceptance.
    """
    values = {
        "number": quote.number,
        "version": quote.version,
        "seller": quote.legal_entity.name,
        "customer": quote.customer.legal_name,
        "contract": contract_number(quote),
        "total": money(quote.contract_total, quote.currency),
        "monthly": money(quote.monthly_total, quote.currency),
        "months": quote.term_months,
        "start": day(quote.starts_on),
        "days": quote.payment_terms_days,
        "document": document_id or _("made when the offer is sent"),
    }
    if quote.kind == QuoteKind.AMENDMENT:
        return _to_amend(quote, lines, values)
    if quote.kind == QuoteKind.RENEWAL:
        return _to_renew(quote, values)
    return (
        _(
            "I accept offer %(number)s (version %(version)s) of %(seller)s for %(customer)s: "
            "%(total)s net over %(months)s months from %(start)s, usage as priced, payable within "
            "%(days)s days of each invoice. I am authorised to do so. Document SHA-256: "
            "%(document)s."
        )
        % values
    )


def _to_renew(quote: Quote, values: dict[str, Any]) -> str:
    return _(
        "I accept the renewal %(number)s (version %(version)s) of contract %(contract)s between "
        "%(seller)s and %(customer)s: from %(start)s what this offer lists takes the place of "
        "what ran until %(last_day)s, for %(months)s months at %(monthly)s a month, %(total)s "
        "net in all, usage as priced, payable within %(days)s days of each invoice. I am "
        "authorised to do so. Document SHA-256: %(document)s."
    ) % {**values, "last_day": day(quote.starts_on - timedelta(days=1))}


def _to_amend(quote: Quote, lines: Sequence[QuoteLine], values: dict[str, Any]) -> str:
    # Seen from its own first day, so that it reads the same whenever it is looked at.
    amendment = amendment_of(quote, lines, on=quote.starts_on)
    words = [_change(row, quote) for row in amendment.changes]
    if len(words) > _MOST:
        more = len(words) - _MOST
        rest = ngettext(
            "%(count)s more change, as in the document",
            "%(count)s more changes, as in the document",
            more,
        )
        words = [*words[:_MOST], rest % {"count": more}]
    rest_of_it = amendment.bridge.tcv
    return _(
        "I accept amendment %(number)s (version %(version)s) to contract %(contract)s between "
        "%(seller)s and %(customer)s. From %(start)s: %(changes)s. Until the contract ends on "
        "%(end)s this comes to %(after)s net instead of %(before)s, usage as priced, payable "
        "within %(days)s days of each invoice. Everything else in the contract stays as agreed. "
        "I am authorised to do so. Document SHA-256: %(document)s."
    ) % {
        **values,
        "changes": pgettext("between changes", "; ").join(words),
        "end": day(contract_end_of(quote) - timedelta(days=1)),
        "before": money(rest_of_it.before),
        "after": money(rest_of_it.after),
    }


def _change(row: AmendedLine, quote: Quote) -> str:
    """Say what becomes of one item."""
    line, before = row.line, row.before
    values = {"what": called(line), "many": quantity(line.quantity)}
    if line.change == LineChange.REMOVE:
        return _("“%(what)s” ends") % values
    values["price"] = money(line.net_per_period, quote.currency)
    if before is None:
        return _added(line) % values
    values["had"] = quantity(before.quantity)
    values["cost"] = money(before.net_per_period, quote.currency)
    words = _("%(many)s × “%(what)s” for %(price)s a period instead of %(had)s for %(cost)s")
    if line.ends_on is not None and line.ends_on != before.ends_on:
        values["end"] = day(line.ends_on - timedelta(days=1))
        words = _(
            "%(many)s × “%(what)s” for %(price)s a period instead of %(had)s for %(cost)s, "
            "until %(end)s"
        )
    return words % values


def _added(line: QuoteLine) -> str:
    match ChargeKind(line.charge_kind):
        case ChargeKind.ONE_TIME:
            return _("%(many)s × “%(what)s” for %(price)s is added")
        case ChargeKind.USAGE:
            return _("%(many)s × “%(what)s” at the prices for its use is added")
        case ChargeKind.RECURRING:
            return _("%(many)s × “%(what)s” for %(price)s a period is added")
