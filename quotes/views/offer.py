"""What the customer is shown of a quote, on the portal and in the staff's preview of it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.cache import cache
from django.http import HttpResponse, QueryDict
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from q2c.infra.clock import day_in
from q2c.kernel.errors import Refused
from quotes.actions import Choice, choose, total_with_all_options
from quotes.models import Acceptance, Attachment, Quote, QuoteLine
from quotes.queries import (
    about_contract,
    apply_selection,
    billing_schedule,
    consent_to,
    counter_offers,
    laid_out,
    read_lines,
)
from quotes.rules.choosing import Picks
from quotes.rules.states import QuoteState
from quotes.views.figures import amendment_shown


def offer(quote: Quote, *, at: datetime, picked: QueryDict | None = None) -> dict[str, Any]:
    """Return the context of the customer's page at an instant, with what they picked so far.

    Refuses picks that were not offered.
    """
    lines = read_lines(quote)
    acceptance = Acceptance.objects.select_related("selection").filter(quote=quote).first()
    if acceptance:
        apply_selection(quote, lines, acceptance.selection)
    picks = picks_of(picked, lines) if picked and not acceptance else None
    choice = choose(quote, lines, picks)
    is_choosable = not acceptance and any(_may_change(line) for line in lines)
    return {
        **_standing(quote, at=at),
        **amendment_shown(quote),
        **_choosing(quote, lines, choice, is_choosable=is_choosable),
        "about": about_contract(quote),
        "acceptance": acceptance,
        "legal_entity": quote.legal_entity,
        "sections": laid_out(
            choice.lines, language=quote.language, only_taken=acceptance is not None
        ),
        "schedule": billing_schedule(choice.quote, choice.lines, choice.planned),
        "saved": max(choice.quote.list_total - choice.quote.contract_total, Decimal(0)),
    }


def conversation(quote: Quote) -> dict[str, Any]:
    """Return what was said about an offer from both sides."""
    counters = list(counter_offers(quote))
    return {
        "counters": counters,
        "open_counter": next((one for one in counters if one.state == "open"), None),
        "comments": quote.comments.prefetch_related("attachments").select_related("line__product"),
    }


def _standing(quote: Quote, *, at: datetime) -> dict[str, Any]:
    today = day_in(quote.legal_entity.time_zone, at)
    is_open = quote.state == QuoteState.SENT.value and today <= quote.valid_until
    return {
        "quote": quote,
        "is_open": is_open,
        "has_run_out": quote.state == QuoteState.SENT.value and not is_open,
        "days_left": (quote.valid_until - today).days,
    }


def _choosing(
    quote: Quote, lines: Sequence[QuoteLine], choice: Choice, *, is_choosable: bool
) -> dict[str, Any]:
    selection = None
    if not choice.is_as_proposed:
        selection = quote.selections.filter(content_hash=choice.content_hash).first()
    document_id = selection.document_id if selection else quote.document_id
    return {
        "shown": choice.quote,  # priced as the customer would take it
        "choice": choice,
        "selection": selection,
        "is_choosable": is_choosable,
        "all_options": _all_options(quote, lines) if is_choosable else None,
        # What was chosen is signed once its document exists.
        "is_ready": choice.is_as_proposed or selection is not None,
        "signed_hash": choice.content_hash,
        "consent": consent_to(choice.quote, choice.lines, document_id),
    }


def _all_options(quote: Quote, lines: Sequence[QuoteLine]) -> Decimal:
    """Return the total with all options; of a sent quote it never changes."""
    if quote.sent_at is None:
        return total_with_all_options(quote, lines)
    key = f"all-options:{quote.pk}:{quote.content_hash}"
    found = cache.get(key)
    if found is None:
        cache.set(key, found := total_with_all_options(quote, lines), timeout=3600)
    return Decimal(found)


def _may_change(line: QuoteLine) -> bool:
    return bool(
        line.is_optional
        or line.choice_group
        or line.min_quantity is not None
        or line.max_quantity is not None
    )


def picks_of(picked: QueryDict, lines: Sequence[QuoteLine]) -> Picks | None:
    """Read picks from a form; None where it says nothing of them."""
    if "choosing" not in picked:
        return None
    quantities: dict[int, Decimal] = {}
    for line in lines:
        if text := picked.get(f"q{line.pk}", "").strip():
            quantities[line.pk] = _number(text, f"q{line.pk}")
    groups = {line.pk: line.choice_group for line in lines if line.choice_group}
    choices = {g: str(picked[f"g{pk}"]) for pk, g in groups.items() if f"g{pk}" in picked}
    on = frozenset(int(pk) for pk in picked.getlist("on") if pk.isdigit())
    return Picks(on=on, quantities=quantities, choices=choices)


def _number(text: str, field: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Refused(_("“%(text)s” is not a number.") % {"text": text[:20]}, field=field)
    return number


def document_response(quote: Quote) -> HttpResponse:
    """Answer with the kept document of a quote, byte for byte: once accepted, of what was."""
    acceptance = Acceptance.objects.select_related("document").filter(quote=quote).first()
    blob = quote.document if acceptance is None else acceptance.document
    assert blob is not None, "callers check"
    ending = "pdf" if blob.media_type == "application/pdf" else "json"
    return inline(bytes(blob.content), blob.media_type, f"{quote.number}.{ending}")


def inline(content: bytes, media_type: str, name: str) -> HttpResponse:
    """Answer with a file to look at, which no cache keeps."""
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'inline; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def attached(file: Attachment) -> HttpResponse:
    """Answer with a file of the conversation, to save: no browser runs it."""
    response = HttpResponse(bytes(file.blob.content), content_type=file.blob.media_type)
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=file.name) or "attachment"
    )
    response["Cache-Control"] = "no-store"
    return response
