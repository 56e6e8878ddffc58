"""What follows a declined card: another try on its day, or another card; a table of the codes."""

from datetime import timedelta

import pytest

from billing.rules.declines import DeclineClass, advise, classify

ANOTHER_CARD = "The card cannot be used. Please pay with another one."
OWNER_MUST_ACT = "The card needs you: confirm the payment or update the card."

# Stripe's "hard" declines first: the same card again would fail again, and costs a fee.
CODES = {
    "lost_card": DeclineClass.NEVER,
    "stolen_card": DeclineClass.NEVER,
    "pickup_card": DeclineClass.NEVER,
    "fraudulent": DeclineClass.NEVER,
    "highest_risk_level": DeclineClass.NEVER,
    "incorrect_number": DeclineClass.NEVER,
    "invalid_number": DeclineClass.NEVER,
    "invalid_account": DeclineClass.NEVER,
    "revocation_of_authorization": DeclineClass.NEVER,
    "revocation_of_all_authorizations": DeclineClass.NEVER,
    "stop_payment_order": DeclineClass.NEVER,
    "transaction_not_allowed": DeclineClass.NEVER,
    "authentication_required": DeclineClass.CUSTOMER_MUST_ACT,
    "authentication_not_handled": DeclineClass.CUSTOMER_MUST_ACT,
    "expired_card": DeclineClass.CUSTOMER_MUST_ACT,
    "incorrect_cvc": DeclineClass.CUSTOMER_MUST_ACT,
    "invalid_cvc": DeclineClass.CUSTOMER_MUST_ACT,
    "invalid_expiry_month": DeclineClass.CUSTOMER_MUST_ACT,
    "invalid_expiry_year": DeclineClass.CUSTOMER_MUST_ACT,
    "insufficient_funds": DeclineClass.LATER_FUNDS,
    "card_velocity_exceeded": DeclineClass.LATER_FUNDS,
    "withdrawal_count_limit_exceeded": DeclineClass.LATER_FUNDS,
    "processing_error": DeclineClass.TECHNICAL,
    "issuer_not_available": DeclineClass.TECHNICAL,
    "reenter_transaction": DeclineClass.TECHNICAL,
    "try_again_later": DeclineClass.TECHNICAL,
    "generic_decline": DeclineClass.LATER_GENERIC,
    "do_not_honor": DeclineClass.LATER_GENERIC,
    "call_issuer": DeclineClass.LATER_GENERIC,
    "a_code_of_next_year": DeclineClass.LATER_GENERIC,
    "": DeclineClass.LATER_GENERIC,
}
HARD = {DeclineClass.NEVER: ANOTHER_CARD, DeclineClass.CUSTOMER_MUST_ACT: OWNER_MUST_ACT}


def schedule(code: str) -> list[timedelta]:
    """When the tries after the first one are made, counted from it."""
    after, since, tries = [], timedelta(0), 1
    while (pause := advise(code, failed_tries=tries).retry_after) is not None:
        since += pause
        after.append(since)
        tries += 1
    return after


@pytest.mark.parametrize(("code", "expected"), CODES.items())
def test_every_code_has_its_class(code, expected):
    assert classify(code) == expected == advise(code, failed_tries=1).decline_class


@pytest.mark.parametrize("code", [code for code, kind in CODES.items() if kind in HARD])
@pytest.mark.parametrize("failed_tries", [1, 2, 9])
def test_a_hard_decline_is_never_tried_again_and_asks_the_payer(code, failed_tries):
    advice = advise(code, failed_tries=failed_tries)
    assert advice.retry_after is None
    assert advice.words == HARD[classify(code)]


@pytest.mark.parametrize(
    ("code", "days"),
    [
        ("insufficient_funds", [1, 3, 5, 7, 9, 11, 13]),
        ("generic_decline", [2, 5, 9]),
        ("a_code_of_next_year", [2, 5, 9]),
    ],
)
def test_a_soft_decline_is_tried_again_on_days_counted_from_the_first_try(code, days):
    assert schedule(code) == [timedelta(days=day) for day in days]


def test_a_technical_failure_is_tried_again_within_hours_then_days():
    assert schedule("processing_error") == [timedelta(hours=hours) for hours in (1, 7, 31, 103)]


@pytest.mark.parametrize("code", CODES)
def test_no_code_leads_to_more_than_eight_tries_or_past_two_weeks(code):
    """Stripe recommends no more; Visa fines from the twenty-first try in thirty days on."""
    planned = schedule(code)
    assert 1 + len(planned) <= 8
    assert all(after <= timedelta(days=14) for after in planned)
    assert planned == sorted(set(planned))


@pytest.mark.parametrize("code", CODES)
def test_the_payer_reads_what_to_do_and_nothing_about_theft_or_fraud(code):
    words = advise(code, failed_tries=1).words.lower()
    assert words
    assert not any(word in words for word in ("lost", "stolen", "theft", "fraud", "risk", "_"))


def test_a_card_that_turns_bad_between_two_tries_is_not_tried_a_third_time():
    assert advise("insufficient_funds", failed_tries=1).retry_after == timedelta(days=1)
    assert advise("stolen_card", failed_tries=2).retry_after is None
