"""Stripe's published test cards and tokens, and how each behaves."""

from typing import NamedTuple


class Card(NamedTuple):
    """What a card does: `decline` is (code, decline_code); `asks` for authentication."""

    brand: str
    last4: str
    decline: tuple[str, str] | None = None
    asks: bool = False
    attaches_only: bool = False  # saves without trouble, declines when charged later


_DECLINED = "card_declined"
TOKENS = {
    "pm_card_visa": Card("visa", "4242"),
    "pm_card_mastercard": Card("mastercard", "4444"),
    "pm_card_visa_chargeDeclined": Card("visa", "0002", (_DECLINED, "generic_decline")),
    "pm_card_visa_chargeDeclinedInsufficientFunds": Card(
        "visa", "9995", (_DECLINED, "insufficient_funds")
    ),
    "pm_card_visa_chargeDeclinedLostCard": Card("visa", "9987", (_DECLINED, "lost_card")),
    "pm_card_visa_chargeDeclinedStolenCard": Card("visa", "9979", (_DECLINED, "stolen_card")),
    "pm_card_chargeDeclinedExpiredCard": Card("visa", "0069", ("expired_card", "expired_card")),
    "pm_card_chargeDeclinedIncorrectCvc": Card("visa", "0127", ("incorrect_cvc", "incorrect_cvc")),
    "pm_card_chargeDeclinedProcessingError": Card(
        "visa", "0119", ("processing_error", "processing_error")
    ),
    "pm_card_authenticationRequired": Card("visa", "3155", asks=True),
    "pm_card_chargeCustomerFail": Card(
        "visa", "0341", (_DECLINED, "insufficient_funds"), attaches_only=True
    ),
}
# What the hosted page offers, in a payer's words.
CHOICES = [
    ("pm_card_visa", "4242 4242 4242 4242", "works"),
    ("pm_card_mastercard", "5555 5555 5555 4444", "works"),
    ("pm_card_authenticationRequired", "4000 0025 0000 3155", "asks you to authenticate"),
    ("pm_card_visa_chargeDeclined", "4000 0000 0000 0002", "is declined"),
    ("pm_card_visa_chargeDeclinedInsufficientFunds", "4000 0000 0000 9995", "lacks funds"),
    ("pm_card_visa_chargeDeclinedLostCard", "4000 0000 0000 9987", "was reported lost"),
    ("pm_card_chargeCustomerFail", "4000 0000 0000 0341", "saves, but later charges fail"),
]
NUMBERS = {number.replace(" ", ""): token for token, number, _ in CHOICES}
