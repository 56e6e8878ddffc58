"""The quote as PDF, in its own language."""

import base64
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.utils import translation

from q2c.customers.models import Address, LegalEntity
from q2c.infra.clock import day_in
from q2c.infra.pdf import render_pdf
from quotes.models import Quote, QuoteKind, QuoteLine
from quotes.queries import (
    Amendment,
    about_contract,
    amendment_of,
    billing_schedule,
    laid_out,
)


def quote_pdf(
    quote: Quote,
    lines: Sequence[QuoteLine],
    *,
    at: datetime,
    all_options: Decimal | None = None,
    is_preview: bool = False,
    is_selection: bool = False,
) -> bytes:
    """Render the quote as the customer will read it; a preview says that nothing was sent.

    A selection lists only what the customer took. `all_options` is the total with every option.
    """
    with translation.override(quote.language):
        context = {
            "quote": quote,
            "language": quote.language,
            "is_preview": is_preview,
            "is_selection": is_selection,
            "all_options": all_options,
            "currency": quote.currency,
            "sections": laid_out(lines, language=quote.language, only_taken=is_selection),
            "schedule": billing_schedule(quote, lines),
            "about": about_contract(quote),
            "amendment": _amendment(quote, lines, at=at),
            "seller": quote.legal_entity,
            "logo": logo_of(quote.legal_entity),
            "customer": quote.customer,
            "contact": quote.contact,
            "owner": quote.owner,
            "address": Address.objects.filter(
                customer_id=quote.customer_id, kind=Address.BILLING
            ).first(),
        }
        return render_pdf("documents/quote.html", context, at=at)


def _amendment(quote: Quote, lines: Sequence[QuoteLine], *, at: datetime) -> Amendment | None:
    if quote.kind != QuoteKind.AMENDMENT:
        return None
    return amendment_of(quote, lines, on=day_in(quote.legal_entity.time_zone, at))


def logo_of(entity: LegalEntity) -> str:
    """Return a legal entity's logo as a data: address, which documents may hold; or nothing."""
    if entity.logo is None:
        return ""
    content = base64.b64encode(bytes(entity.logo.content)).decode()
    return f"data:{entity.logo.media_type};base64,{content}"
