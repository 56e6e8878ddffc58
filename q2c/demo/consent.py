"""The sentence that a customer of the story signs: the one their page shows."""

from django.utils import translation

from quotes.models import Quote
from quotes.queries import consent_to


def consent(quote: Quote) -> str:
    """Return what accepting a sent quote agrees to, in its language."""
    lines = quote.lines.select_related("product").order_by("position")
    with translation.override(quote.language):
        return consent_to(quote, list(lines), quote.document_id)
