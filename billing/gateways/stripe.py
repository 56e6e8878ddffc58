"""The one door to Stripe. Amounts leave as its minor units, outcomes come back as values."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

import stripe
from django.conf import settings

from q2c.kernel.errors import Refused
from q2c.kernel.money import Money, minor_digits

API_VERSION = "2026-10-28"
TIMEOUT = 20  # seconds; past it the outcome is unknown, and is asked for, never guessed
_TOLERANCE = 300


class UnknownOutcome(Exception):
    """Stripe may or may not have done it: ask again with the same key, never with a new one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a payment stands at Stripe.

    `state` is succeeded, requires_action, processing, failed or cancelled; `amount` in the
    payment's currency; a failure has its code and words.
    """

    intent_id: str
    state: str
    amount: Money
    invoice_id: str
    customer: str
    method_id: str
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """A hosted page to pay on."""

    id: str
    url: str
    intent_id: str


@dataclass(frozen=True, slots=True)
class SavedCard:
    """A card kept at Stripe."""

    id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    customer: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A verified webhook: its id, kind, and the payment it is about."""

    id: str
    type: str
    intent_id: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Contest:
    """A dispute as it stands at Stripe; `state` is open, won or lost."""

    id: str
    intent_id: str
    state: str
    amount: Money
    reason: str
    answer_by: datetime | None


def create_customer(*, customer_id: int, name: str, email: str) -> str:
    """Return the id of a new customer at Stripe; once per customer of ours."""
    params: Any = {"name": name, "email": email, "metadata": {"customer": str(customer_id)}}
    found = _call(
        lambda: _client().v1.customers.create(params, {"idempotency_key": f"cus:{customer_id}"})
    )
    return str(found.id)


def open_session(  # noqa: PLR0913  what a page to pay on shows and knows
    *,
    amount: Money,
    customer: str,
    invoice_id: int,
    description: str,
    save_card: bool,
    language: str,
    success_url: str,
    cancel_url: str,
    key: str,
) -> Session:
    """Open a hosted page for one invoice; with the payer's consent the card is kept for later.

    `language` is the page's: de, en, es, fr, or auto for that of the payer's browser.
    """
    item = {
        "price_data": {
            "currency": amount.currency.lower(),
            "unit_amount": to_stripe(amount),
            "product_data": {"name": description},
        },
        "quantity": 1,
    }
    intent: dict[str, Any] = {
        "metadata": {"invoice": str(invoice_id)},
        "description": description,
    }
    if save_card:
        intent["setup_future_usage"] = "off_session"
    params: Any = {
        "mode": "payment",
        "customer": customer,
        "line_items": [item],
        "payment_intent_data": intent,
        "success_url": success_url,
        "cancel_url": cancel_url,
        "locale": language,
        "metadata": {"invoice": str(invoice_id)},
    }
    made = _call(lambda: _client().v1.checkout.sessions.create(params, {"idempotency_key": key}))
    return Session(str(made.id), str(made.url), str(made.payment_intent))


def close_session(session_id: str) -> None:
    """Make a hosted page unusable; one that is closed or paid already stays as it is."""
    try:
        _call(lambda: _client().v1.checkout.sessions.expire(session_id))
    except Refused:
        return


def charge_saved_card(
    *, amount: Money, customer: str, method_id: str, invoice_id: int, description: str, key: str
) -> Outcome:
    """Charge a saved card without its owner; a decline is an outcome, not an exception."""
    params: Any = {
        "amount": to_stripe(amount),
        "currency": amount.currency.lower(),
        "customer": customer,
        "payment_method": method_id,
        "confirm": True,
        "off_session": True,
        "description": description,
        "metadata": {"invoice": str(invoice_id)},
    }
    try:
        made = _call(lambda: _client().v1.payment_intents.create(params, {"idempotency_key": key}))
    except stripe.CardError as error:
        return _declined(error)
    return _outcome(made)


def look_up(intent_id: str) -> Outcome:
    """Ask Stripe how a payment stands: its word counts, not a webhook's."""
    return _outcome(_call(lambda: _client().v1.payment_intents.retrieve(intent_id)))


def saved_card(method_id: str) -> SavedCard:
    """Return a kept card's brand, last digits and expiry."""
    found: Any = _call(lambda: _client().v1.payment_methods.retrieve(method_id))
    card = found.card
    return SavedCard(
        str(found.id),
        str(card.brand),
        str(card.last4),
        int(card.exp_month),
        int(card.exp_year),
        str(found.customer or ""),
    )


def forget_card(method_id: str) -> None:
    """Detach a kept card; one that is gone already is gone."""
    try:
        _call(lambda: _client().v1.payment_methods.detach(method_id))
    except Refused:
        return


def refund(*, intent_id: str, amount: Money, key: str) -> str:
    """Give money back; returns the refund's id. Refuses more than is left."""
    params: Any = {"payment_intent": intent_id, "amount": to_stripe(amount)}
    made = _call(lambda: _client().v1.refunds.create(params, {"idempotency_key": key}))
    if made.status == "failed":
        raise Refused("Stripe could not give the money back. Use a bank transfer instead.")
    return str(made.id)


def look_up_dispute(dispute_id: str) -> Contest:
    """Ask Stripe how a dispute stands: its word counts, not a webhook's."""
    found: Any = _call(lambda: _client().v1.disputes.retrieve(dispute_id))
    details = getattr(found, "evidence_details", None)
    due = getattr(details, "due_by", None)
    return Contest(
        id=str(found.id),
        intent_id=str(found.payment_intent or ""),
        state=_DISPUTE_STATES.get(str(found.status), "open"),
        amount=Money.from_minor(int(found.amount), str(found.currency).upper()),
        reason=str(getattr(found, "reason", None) or ""),
        answer_by=datetime.fromtimestamp(int(due), UTC) if due else None,
    )


def read_webhook(body: bytes, signature: str) -> Notice:
    """Verify a webhook by any of our secrets, at most five minutes old; refuses all others."""
    for secret in settings.STRIPE_WEBHOOK_SECRETS:
        try:
            event = stripe.Webhook.construct_event(body, signature, secret, _TOLERANCE)
        except (stripe.SignatureVerificationError, ValueError):
            continue
        payload = event.to_dict()
        return Notice(str(event.id), str(event.type), _intent_of(payload), payload)
    raise Refused("The signature does not fit.")


def to_stripe(amount: Money) -> int:
    """Return Stripe's integer: minor units; three-decimal currencies must end in 0."""
    units = amount.minor_units
    if minor_digits(amount.currency) == 3 and units % 10:
        raise Refused(f"Cards take {amount.currency} to two decimals only; pay by transfer.")
    return units


def _client() -> stripe.StripeClient:
    base: Any = {"api": settings.STRIPE_API_BASE} if settings.STRIPE_API_BASE else {}
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses=base,
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=TIMEOUT),
    )


def _call(ask: Any) -> Any:
    try:
        return ask()
    except stripe.CardError:
        raise
    except (stripe.APIConnectionError, stripe.RateLimitError) as error:
        raise UnknownOutcome(str(error)) from error
    except stripe.InvalidRequestError as error:
        raise Refused(f"Stripe refused: {error.user_message or error}") from error
    except stripe.AuthenticationError as error:
        raise Refused("Stripe does not accept our key. Tell an administrator.") from error
    except stripe.StripeError as error:
        if error.http_status and error.http_status < 500:
            raise Refused(f"Stripe refused: {error.user_message or error}") from error
        raise UnknownOutcome(str(error)) from error


def _declined(error: stripe.CardError) -> Outcome:
    intent: Any = error.error.payment_intent if error.error else None
    if intent is None:
        _unknown(error)
    return _outcome(intent)


def _unknown(error: Exception) -> NoReturn:
    raise UnknownOutcome(str(error)) from error


_STATES = {
    "succeeded": "succeeded",
    "processing": "processing",
    "requires_action": "requires_action",
    "canceled": "cancelled",
}


# An inquiry that was closed took no money.
_DISPUTE_STATES = {"won": "won", "warning_closed": "won", "lost": "lost"}


def _outcome(intent: Any) -> Outcome:
    error: Any = getattr(intent, "last_payment_error", None)
    state = _STATES.get(str(intent.status), "failed" if error else "open")
    code = ""
    if error:
        code = str(getattr(error, "decline_code", None) or getattr(error, "code", None) or "")
    currency = str(intent.currency).upper()
    metadata = intent.metadata.to_dict() if intent.metadata else {}
    return Outcome(
        intent_id=str(intent.id),
        state=state,
        amount=Money.from_minor(int(intent.amount), currency),
        invoice_id=str(metadata.get("invoice", "")),
        customer=str(intent.customer or ""),
        method_id=str(intent.payment_method or ""),
        code=code,
        message=str(getattr(error, "message", "") or "") if error else "",
    )


def _intent_of(payload: dict[str, Any]) -> str:
    subject = payload.get("data", {}).get("object", {})
    if subject.get("object") == "payment_intent":
        return str(subject.get("id", ""))
    return str(subject.get("payment_intent") or "")
