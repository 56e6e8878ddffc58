"""The figures of a quote that its pages share."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from q2c.infra.clock import day_in
from q2c.web.charts import spark_bars
from quotes.actions import more_with_options
from quotes.models import TEXT_KINDS, Acceptance, Quote, QuoteLine
from quotes.queries import (
    amendment_of,
    apply_selection,
    approvals_for,
    discount_of,
    first_tax,
    hindrances,
    key_figures,
    margin_of,
    note_origins,
    planned_charges,
    pricing_of,
    read_lines,
    stages,
)
from quotes.rules.schedule import by_month, on_shipment
from quotes.rules.states import QuoteState


def figures(quote: Quote) -> dict[str, Any]:
    """Return a quote's lines, totals, tax on the first invoice, and who must approve a draft.

    What an edit left in memory is neither read nor priced again.
    """
    now, left, is_draft = timezone.now(), quote.as_left, quote.state == QuoteState.DRAFT.value
    lines = left.lines if left else read_lines(quote)
    acceptance = None
    if not is_draft:
        acceptance = Acceptance.objects.select_related("selection").filter(quote=quote).first()
    if acceptance is not None:  # the page shows what the customer took
        apply_selection(quote, lines, acceptance.selection)
    note_origins(lines)
    pricing = left.pricing if left else None
    if pricing is None and not acceptance and any(not line.is_chosen for line in lines):
        pricing = pricing_of(quote, lines)
    reviews = (
        approvals_for(quote, lines, by=quote.owner, at=now, pricing=pricing) if is_draft else []
    )
    planned = planned_charges(quote, lines)
    return {
        "quote": quote,
        "lines": lines,
        "adjustable": [
            x for x in lines if x.kind not in ("bundle", *TEXT_KINDS) and x.charge_kind != "usage"
        ],
        "stages": stages(reviews),
        "hindrances": hindrances(lines, reviews) if is_draft else [],
        "margin": margin_of(quote),
        "discount": discount_of(quote),
        "key": key_figures(quote),
        "all_options": None if acceptance else more_with_options(quote, lines, pricing),
        "cash": spark_bars(by_month(planned, currency=quote.currency)),
        "on_shipment": on_shipment(planned, currency=quote.currency),
        "tax": left.tax if left else first_tax(quote, lines),
        "saved_at": now,
    }


def amendment_shown(quote: Quote, lines: Sequence[QuoteLine] | None = None) -> dict[str, Any]:
    """Return what pages show of an amendment, by its lines if they are read; nothing of another quote."""
    if quote.kind != "amendment":
        return {}
    on = day_in(quote.legal_entity.time_zone, timezone.now())
    lines = read_lines(quote) if lines is None else lines
    return {"amendment": amendment_of(quote, lines, on=on), "by": max(on, quote.starts_on)}
