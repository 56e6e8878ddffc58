"""What a decline means, and when to try again. Dated data: card networks change their limits."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class DeclineClass(StrEnum):
    """Why a charge failed, as far as it matters for what to do next."""

    NEVER = "never"
    CUSTOMER_MUST_ACT = "customer_must_act"
    LATER_FUNDS = "later_funds"
    LATER_GENERIC = "later_generic"
    TECHNICAL = "technical"


# Stripe's never-retry codes and Visa's categories (Core Rules of 18 April 2026).
_NEVER = frozenset(
    [
        "lost_card",
        "stolen_card",
        "pickup_card",
        "incorrect_number",
        "invalid_number",
        "revocation_of_authorization",
        "revocation_of_all_authorizations",
        "transaction_not_allowed",
        "highest_risk_level",
        "stop_payment_order",
        "invalid_account",
        "fraudulent",
    ]
)
_CUSTOMER = frozenset(
    [
        "authentication_required",
        "authentication_not_handled",
        "expired_card",
        "incorrect_cvc",
        "invalid_cvc",
        "invalid_expiry_month",
        "invalid_expiry_year",
    ]
)
_FUNDS = frozenset(
    ["insufficient_funds", "card_velocity_exceeded", "withdrawal_count_limit_exceeded"]
)
_TECHNICAL = frozenset(
    ["processing_error", "issuer_not_available", "reenter_transaction", "try_again_later"]
)


@dataclass(frozen=True, slots=True)
class Advice:
    """What follows a decline: the next try (None: none by itself) and what the payer reads."""

    decline_class: DeclineClass
    retry_after: timedelta | None
    words: str


# Days after each failed try; Stripe recommends at most eight within two weeks, Visa allows 20 in 30.
_PLANS = {
    DeclineClass.LATER_FUNDS: (1, 3, 5, 7, 9, 11, 13),
    DeclineClass.LATER_GENERIC: (2, 5, 9),
}
_TECHNICAL_HOURS = (1, 6, 24, 72)


def classify(code: str) -> DeclineClass:
    """Return the class of a decline code; an unknown one counts as generic."""
    if code in _NEVER:
        return DeclineClass.NEVER
    if code in _CUSTOMER:
        return DeclineClass.CUSTOMER_MUST_ACT
    if code in _FUNDS:
        return DeclineClass.LATER_FUNDS
    if code in _TECHNICAL:
        return DeclineClass.TECHNICAL
    return DeclineClass.LATER_GENERIC


def advise(code: str, *, failed_tries: int) -> Advice:
    """Return what to do after the try number `failed_tries` (1: the first) failed.

    Theft and fraud are never named to the payer.
    """
    decline = classify(code)
    match decline:
        case DeclineClass.NEVER:
            words = "The card cannot be used. Please pay with another one."
            return Advice(decline, None, words)
        case DeclineClass.CUSTOMER_MUST_ACT:
            words = "The card needs you: confirm the payment or update the card."
            return Advice(decline, None, words)
        case DeclineClass.TECHNICAL:
            after = _nth(_TECHNICAL_HOURS, failed_tries)
            return Advice(
                decline,
                timedelta(hours=after) if after else None,
                "The payment did not go through for a technical reason.",
            )
        case _:
            plan = _PLANS[decline]
            after = _nth(plan, failed_tries)
            before = plan[failed_tries - 2] if 2 <= failed_tries <= len(plan) else 0
            gap = timedelta(days=after - before) if after else None
            return Advice(decline, gap, "The card was declined.")


def _nth(plan: tuple[int, ...], failed_tries: int) -> int | None:
    return plan[failed_tries - 1] if failed_tries <= len(plan) else None
