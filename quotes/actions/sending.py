"""Send a quote, and what becomes of it when nobody answers or it is revised."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Q

from q2c.customers.models import LegalEntity
from q2c.customers.queries import contacts_of
from q2c.identity.models import User
from q2c.infra.blobs import keep
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.kernel.errors import Refused
from quotes.actions.choosing import total_with_all_options
from quotes.actions.drafting import VALID_FOR, check_validity, own_quote
from quotes.actions.merged import check_origins, release_merged, supersede_merged
from quotes.actions.price_rules import reserve_coupon
from quotes.actions.sealing import seal_of
from quotes.documents import quote_pdf
from quotes.events import QuoteCancelled, QuoteExpired, QuoteRevised, QuoteSent
from quotes.models import GuidedAnswers, Quote, QuoteLine
from quotes.rules.states import LIFECYCLE, LIVING, QuoteState


@transaction.atomic
def send_quote(
    quote_id: int, *, by: User, at: datetime, contact_id: int | None = None, message: str = ""
) -> Quote:
    """Send an approved quote to its contact: what they will see is frozen and kept as a PDF.

    Refused without a contact, when it would have run out already, when its content is not what
    was approved, or when another version was accepted. An earlier version is superseded, and so
    is an offer whose lines were merged into this one.
    """
    quote = own_quote(quote_id, by=by)
    after = LIFECYCLE.after(QuoteState(quote.state), "send")
    lines = list(quote.lines.select_related("product").order_by("position"))
    if contact_id is not None:
        quote.contact = contacts_of(quote.customer_id).filter(pk=contact_id).first()
    if quote.contact is None:
        raise Refused("Choose the contact the quote goes to.", field="contact_id")
    check_validity(quote, at=at)
    if quote.content_hash != seal_of(quote, lines):
        raise Refused("The quote changed after it was approved. Submit it again.")
    if len(message) > 5000:
        raise Refused("A message has at most 5,000 characters.", field="message")
    check_origins(quote, lines)
    _supersede_older(quote, by=by, at=at)
    supersede_merged(quote, lines, by=by, at=at)
    reserve_coupon(quote, at=at)
    pdf = quote_pdf(quote, lines, at=at, all_options=total_with_all_options(quote, lines))
    quote.document = keep(pdf, media_type="application/pdf", at=at)
    quote.state, quote.sent_at = after.value, at
    quote.save(update_fields=["state", "contact", "sent_at", "document"])
    publish(
        QuoteSent(at=at, quote_id=quote.pk, message=message.strip()),
        by=by,
        customer_id=quote.customer_id,
        reason=message.strip(),
        details={"to": quote.contact.name, "email": quote.contact.email, **bytes_of(quote)},
    )
    return quote


def bytes_of(quote: Quote) -> dict[str, str | None]:
    """Return the hashes of what an offer says and of its document, as evidence keeps them."""
    return {"content_hash": quote.content_hash, "document_sha256": quote.document_id}


@transaction.atomic
def revise_quote(quote_id: int, *, by: User, at: datetime) -> Quote:
    """Start the next version as a draft; the sent one stays valid until the new one is sent."""
    old = own_quote(quote_id, by=by)
    state = QuoteState(old.state)
    if not LIFECYCLE.allows(state, "supersede"):
        LIFECYCLE.after(state, "revise")
    if old.merged_into is not None:
        raise Refused(f"Its lines are in {old.merged_into}. Go on with that one.")
    newer = Quote.objects.filter(number=old.number, version__gt=old.version)
    if newer.exclude(state=QuoteState.CANCELLED.value).exists():
        raise Refused("A newer version of this quote exists already.")
    _check_still_the_renewal(old)
    lines = list(old.lines.order_by("position"))
    last = newer.aggregate(last=Max("version"))["last"] or old.version
    today = day_in(old.legal_entity.time_zone, at)
    new = Quote.objects.get(pk=old.pk)
    new.pk, new.version, new.state = None, last + 1, LIFECYCLE.start.value
    new.valid_until = max(old.valid_until, today + VALID_FOR)
    new.priced_on = None
    new.document, new.content_hash, new.sent_at = None, "", None
    new.first_viewed_at = new.decided_at = None
    new.decline_reason, new.created_at, new.edit_version = "", at, 1
    new.save(force_insert=True)
    carry_answers(old, new, lines)
    copy_lines(lines, new)
    publish(QuoteRevised(at=at, quote_id=new.pk), by=by, customer_id=new.customer_id)
    return new


@transaction.atomic
def cancel_quote(quote_id: int, *, by: User, at: datetime, reason: str) -> Quote:
    """Withdraw a quote that has not been accepted; its link says so from then on."""
    if not reason.strip():
        raise Refused("Say why the quote is withdrawn.", field="reason")
    quote = own_quote(quote_id, by=by)
    quote.state = LIFECYCLE.after(QuoteState(quote.state), "cancel").value
    quote.save(update_fields=["state"])
    release_merged(quote, by=by, at=at)
    publish(
        QuoteCancelled(at=at, quote_id=quote.pk),
        by=by,
        customer_id=quote.customer_id,
        reason=reason,
    )
    return quote


@transaction.atomic
def expire_quotes(*, at: datetime, limit: int = 200) -> int:
    """Close sent quotes whose last valid day has passed where their legal entity is."""
    zones = LegalEntity.objects.values_list("time_zone", flat=True).distinct()
    over = Q(pk=None)
    for zone in zones:
        over |= Q(legal_entity__time_zone=zone, valid_until__lt=day_in(zone, at))
    due = Quote.objects.filter(over, state=QuoteState.SENT.value).order_by("pk")
    rows = due.select_for_update(no_key=True, skip_locked=True, of=("self",))[:limit]
    for quote in rows:
        quote.state = LIFECYCLE.after(QuoteState(quote.state), "expire").value
        quote.save(update_fields=["state"])
        publish(QuoteExpired(at=at, quote_id=quote.pk), by=None, customer_id=quote.customer_id)
    return len(rows)


def _check_still_the_renewal(quote: Quote) -> None:
    """Refuse to revive a renewal in whose place another was drafted."""
    if quote.renews_contract_id is None:
        return
    later = Quote.objects.filter(
        renews_contract_id=quote.renews_contract_id, state__in=LIVING, pk__gt=quote.pk
    ).exclude(number=quote.number)
    if found := later.first():
        raise Refused(f"{found.number} took its place as the renewal. Go on with that one.")


def _supersede_older(quote: Quote, *, by: User, at: datetime) -> None:
    older = Quote.objects.select_for_update(no_key=True).filter(
        number=quote.number, version__lt=quote.version
    )
    for old in older.order_by("pk"):
        state = QuoteState(old.state)
        if state is QuoteState.ACCEPTED:
            raise Refused(f"The customer has accepted version {old.version}. Start a new quote.")
        if LIFECYCLE.allows(state, "supersede"):
            old.state = LIFECYCLE.after(state, "supersede").value
            old.save(update_fields=["state"])
            publish(QuoteRevised(at=at, quote_id=old.pk), by=by, customer_id=old.customer_id)


def copy_lines(lines: list[QuoteLine], quote: Quote) -> None:
    """Copy lines onto a new draft, heads before their options and segments, with their prices as they were."""
    copies: dict[int, QuoteLine] = {}
    for line in lines:
        old_pk, old_parent, old_first = line.pk, line.parent_id, line.ramp_of_id
        old_main = line.setup_of_id
        line.pk, line.quote = None, quote
        line.parent = copies.get(old_parent) if old_parent else None
        line.ramp_of = copies.get(old_first) if old_first else None
        line.setup_of = copies.get(old_main) if old_main else None
        line.save(force_insert=True)
        copies[old_pk] = line


def carry_answers(old: Quote, new: Quote, lines: Iterable[QuoteLine]) -> None:
    """Keep with a quote what was answered for the one whose lines it takes, to be answered again.

    What was answered for both stays as it is; the lines taken over then stand for themselves.
    """
    known = set(new.guided.values_list("questionnaire_id", flat=True))
    for line in lines:
        mark = line.proposed_by.partition(":")[0]
        if mark and int(mark) in known:
            line.proposed_by = ""
    kept = [answers for answers in old.guided.all() if answers.questionnaire_id not in known]
    for answers in kept:
        answers.pk, answers.quote = None, new
    GuidedAnswers.objects.bulk_create(kept)
