"""The quote as PDF."""

from datetime import datetime

from q2c.customers.models import Address
from q2c.infra.pdf import render_pdf
from quotes.models import Quote, QuoteLine
from quotes.queries import billing_schedule, grouped


def quote_pdf(
    quote: Quote, lines: list[QuoteLine], *, at: datetime, is_preview: bool = False
) -> bytes:
    """Render the quote as the customer will read it; a preview says that nothing was sent."""
    context = {
        "quote": quote,
        "is_preview": is_preview,
        "currency": quote.currency,
        "groups": grouped(line for line in lines if line.is_chosen),
        "schedule": billing_schedule(quote, lines),
        "seller": quote.legal_entity,
        "customer": quote.customer,
        "contact": quote.contact,
        "owner": quote.owner,
        "address": Address.objects.filter(
            customer_id=quote.customer_id, kind=Address.BILLING
        ).first(),
    }
    return render_pdf("documents/quote.html", context, at=at)
