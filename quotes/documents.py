"""The quote as PDF, in its own language."""

import base64
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from q2c.customers.models import Address, LegalEntity
from q2c.infra.clock import day_in
from q2c.infra.models import Blob
from q2c.infra.pdf import render_pdf
from q2c.infra.pictures import thumbnail
from q2c.web.evidence import Subject, certificate_pdf
from quotes.models import Quote, QuoteKind, QuoteLine
from quotes.queries import (
    Section,
    about_contract,
    amendment_of,
    billing_schedule,
    chain_of,
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
        sections = laid_out(lines, language=quote.language, only_taken=is_selection)
        context = {
            "quote": quote,
            "language": quote.language,
            "is_preview": is_preview,
            "is_selection": is_selection,
            "all_options": all_options,
            "currency": quote.currency,
            "sections": sections,
            "pictures": _pictures(sections),
            "schedule": billing_schedule(quote, lines),
            "about": about_contract(quote),
            **_amendment(quote, lines, at=at),
            "saved": max(quote.list_total - quote.contract_total, Decimal(0)),
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


def offer_certificate(quote: Quote, *, at: datetime) -> bytes:
    """Render what proves how an offer was answered, as its chain stands, in the quote's language."""
    with translation.override(quote.language):
        values = {"number": quote.number, "version": quote.version}
        title = _("Offer %(number)s, version %(version)s") % values
    subject = Subject(title, quote.legal_entity.name, quote.customer.legal_name)
    return certificate_pdf(chain_of(quote.pk), subject, language=quote.language, at=at)


def _amendment(quote: Quote, lines: Sequence[QuoteLine], *, at: datetime) -> dict[str, Any]:
    if quote.kind != QuoteKind.AMENDMENT:
        return {}
    on = day_in(quote.legal_entity.time_zone, at)
    return {"amendment": amendment_of(quote, lines, on=on), "by": max(on, quote.starts_on)}


def _pictures(sections: Iterable[Section]) -> dict[str, str]:
    """Return the products' pictures by the id of their blob, small enough to be mailed."""
    rows = [row for section in sections for row in section.rows]
    rows += [row for one in rows for choice in one.choices for row in choice.rows]
    wanted = {row.picture.blob_id for row in rows if row.picture}
    return {blob.pk: thumbnail(bytes(blob.content)) for blob in Blob.objects.filter(pk__in=wanted)}


def logo_of(entity: LegalEntity) -> str:
    """Return a legal entity's logo as a data: address, which documents may hold; or nothing."""
    if entity.logo is None:
        return ""
    content = base64.b64encode(bytes(entity.logo.content)).decode()
    return f"data:{entity.logo.media_type};base64,{content}"
