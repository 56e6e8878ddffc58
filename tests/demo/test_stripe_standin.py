"""The stand-in for Stripe behaves as Stripe is documented to, over HTTP, faults included."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from http.client import RemoteDisconnected
from typing import Any, NamedTuple

import pytest

from billing.models import StripeEvent

DECLINES = {
    "pm_card_visa_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_visa_chargeDeclinedLostCard": ("card_declined", "lost_card"),
    "pm_card_visa_chargeDeclinedStolenCard": ("card_declined", "stolen_card"),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", "expired_card"),
    "pm_card_chargeDeclinedIncorrectCvc": ("incorrect_cvc", "incorrect_cvc"),
    "pm_card_chargeDeclinedProcessingError": ("processing_error", "processing_error"),
}


class Answer(NamedTuple):
    status: int
    body: Any
    headers: dict[str, str]


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer to look at."""

    def http_error_303(self, req, fp, code, msg, headers):
        return fp


class Caller:
    """Calls the stand-in as a program would, with a key of a test account."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.opener = urllib.request.build_opener(_Stay)

    def ask(self, path: str, data: dict[str, Any] | None = None, **headers: str) -> Answer:
        body = None if data is None else urllib.parse.urlencode(data).encode()
        request = urllib.request.Request(self.url + path, body, headers)  # noqa: S310  our own
        try:
            answer = self.opener.open(request, timeout=10)
        except urllib.error.HTTPError as error:
            answer = error
        text = answer.read().decode()
        is_json = answer.headers["Content-Type"] == "application/json"
        return Answer(answer.status, json.loads(text) if is_json else text, dict(answer.headers))

    def api(self, path: str, data: dict[str, Any] | None = None, *, key: str = "") -> Answer:
        headers = {"Authorization": "Bearer sk_test_standin"}
        if key:
            headers["Idempotency-Key"] = key
        return self.ask(f"/v1/{path}", data, **headers)

    def made(self, path: str, **data: Any) -> dict[str, Any]:
        answer = self.api(path, data)
        assert answer.status == 200, answer.body
        return answer.body

    def pay(self, card: str = "pm_card_visa", **data: Any) -> Answer:
        fields = {"amount": 5950, "currency": "eur", "confirm": "true", "payment_method": card}
        return self.api("payment_intents", {**fields, **data})

    def lever(self, path: str, **data: Any) -> Any:
        answer = self.ask(f"/_control/{path}", data)
        assert answer.status == 200, answer.body
        return answer.body

    def session(self, **more: Any) -> dict[str, Any]:
        item = "line_items[0]"
        return self.made(
            "checkout/sessions",
            **{
                f"{item}[price_data][currency]": "eur",
                f"{item}[price_data][unit_amount]": 5950,
                f"{item}[quantity]": 1,
                "payment_intent_data[metadata][invoice]": "7",
                "success_url": "http://shop.example/ok",
                "cancel_url": "http://shop.example/no",
                **more,
            },
        )

    def on_page(self, url: str, **choice: str) -> Answer:
        return self.ask(url.removeprefix(self.url), choice or None)


@pytest.fixture
def stripe(stripe_standin):
    return Caller(stripe_standin.url)


# Keys


def test_only_a_key_of_a_test_account_is_let_in(stripe):
    for key in ("", "sk_live_1", "nonsense"):
        answer = stripe.ask("/v1/customers", {"name": "A"}, Authorization=f"Bearer {key}")
        assert (answer.status, answer.body["error"]["type"]) == (401, "invalid_request_error")
    assert stripe.lever("objects/customer")["data"] == []


def test_the_same_idempotency_key_gets_the_same_answer_and_does_nothing_again(stripe):
    first = stripe.api("customers", {"name": "A"}, key="k1")
    again = stripe.api("customers", {"name": "A"}, key="k1")
    assert first.body == again.body
    assert ("Idempotent-Replayed" in first.headers, again.headers["Idempotent-Replayed"]) == (
        False,
        "true",
    )
    assert len(stripe.lever("objects/customer")["data"]) == 1


@pytest.mark.parametrize(
    ("path", "data"), [("customers", {"name": "B"}), ("payment_methods", {"name": "A"})]
)
def test_an_idempotency_key_is_refused_for_anything_else(stripe, path, data):
    stripe.api("customers", {"name": "A"}, key="k1")
    refused = stripe.api(path, data, key="k1")
    assert (refused.status, refused.body["error"]["type"]) == (400, "idempotency_error")
    assert len(stripe.lever("objects/customer")["data"]) == 1


def test_a_decline_is_replayed_too(stripe):
    fields = {"amount": 1, "currency": "eur", "confirm": "true"}
    fields["payment_method"] = "pm_card_visa_chargeDeclined"
    first = stripe.api("payment_intents", fields, key="k1")
    again = stripe.api("payment_intents", fields, key="k1")
    assert (first.status, first.body) == (402, again.body)


def test_what_it_knows_outlives_a_restart(stripe, stripe_standin):
    first = stripe.api("customers", {"name": "A"}, key="k1")
    stripe_standin.stop()
    stripe_standin.start()
    assert stripe.api("customers", {"name": "A"}, key="k1").body == first.body


# Cards


def test_a_good_card_pays_at_once_less_the_fee(stripe):
    intent = stripe.pay().body
    assert (intent["status"], intent["amount_received"]) == ("succeeded", 5950)
    charge = stripe.api(f"charges/{intent['latest_charge']}").body
    balance = stripe.api(f"balance_transactions/{charge['balance_transaction']}").body
    assert (balance["amount"], balance["fee"], balance["net"]) == (5950, 203, 5747)


@pytest.mark.parametrize(("card", "codes"), DECLINES.items())
def test_a_bad_card_is_declined_with_its_code_and_takes_another(stripe, card, codes):
    declined = stripe.pay(card)
    error = declined.body["error"]
    assert (declined.status, error["type"]) == (402, "card_error")
    assert (error["code"], error["decline_code"]) == codes
    intent = stripe.api(f"payment_intents/{error['payment_intent']['id']}").body
    assert intent["status"] == "requires_payment_method"
    assert intent["last_payment_error"]["decline_code"] == codes[1]
    paid = stripe.api(f"payment_intents/{intent['id']}/confirm", {"payment_method": "pm_card_visa"})
    assert (paid.body["status"], paid.body["last_payment_error"]) == ("succeeded", None)


@pytest.mark.parametrize("amount", ["0", "-5", "1.50", "", "100000000", "ten"])
def test_an_amount_is_a_whole_number_of_the_smallest_unit(stripe, amount):
    refused = stripe.pay(amount=amount)
    assert (refused.status, refused.body["error"]["param"]) == (400, "amount")
    assert stripe.lever("objects/payment_intent")["data"] == []


def test_nothing_is_paid_twice_nor_cancelled_once_paid(stripe):
    key = stripe.pay().body["id"]
    for verb in ("confirm", "cancel"):
        refused = stripe.api(f"payment_intents/{key}/{verb}", {"payment_method": "pm_card_visa"})
        assert (refused.status, refused.body["error"]["code"]) == (
            400,
            "payment_intent_unexpected_state",
        )


def test_a_card_that_asks_for_its_owner_waits_for_them(stripe):
    intent = stripe.pay("pm_card_authenticationRequired", return_url="http://shop.example/ok").body
    assert (intent["status"], intent["amount_received"]) == ("requires_action", 0)
    page = intent["next_action"]["redirect_to_url"]["url"]
    assert "Confirm 59.50 EUR" in stripe.on_page(page).body
    assert stripe.on_page(page, do="pass").headers["Location"] == "http://shop.example/ok"
    assert stripe.api(f"payment_intents/{intent['id']}").body["status"] == "succeeded"


def test_who_does_not_authenticate_has_not_paid(stripe):
    intent = stripe.pay("pm_card_authenticationRequired").body
    stripe.on_page(intent["next_action"]["redirect_to_url"]["url"], do="fail")
    intent = stripe.api(f"payment_intents/{intent['id']}").body
    assert intent["status"] == "requires_payment_method"
    assert intent["last_payment_error"]["decline_code"] == "authentication_not_handled"


def test_without_its_owner_such_a_card_is_declined(stripe):
    customer = stripe.made("customers", name="A")["id"]
    token = "pm_card_authenticationRequired"
    card = stripe.made(f"payment_methods/{token}/attach", customer=customer)["id"]
    declined = stripe.pay(card, customer=customer, off_session="true")
    assert (declined.status, declined.body["error"]["code"]) == (402, "authentication_required")


def test_a_saved_card_is_charged_for_its_own_customer_only(stripe):
    first, other = (stripe.made("customers", name=name)["id"] for name in "AB")
    card = stripe.made("payment_methods/pm_card_visa/attach", customer=first)["id"]
    assert stripe.pay(card, customer=other, off_session="true").status == 400
    assert stripe.pay(card, customer=first, off_session="true").body["status"] == "succeeded"
    assert [c["id"] for c in stripe.api(f"customers/{first}/payment_methods").body["data"]] == [
        card
    ]
    stripe.made(f"payment_methods/{card}/detach")
    assert stripe.pay(card, customer=first, off_session="true").status == 400


def test_a_card_may_save_well_and_fail_later(stripe):
    customer = stripe.made("customers", name="A")["id"]
    card = stripe.made("payment_methods/pm_card_chargeCustomerFail/attach", customer=customer)["id"]
    assert stripe.pay(card, customer=customer).body["status"] == "succeeded"
    declined = stripe.pay(card, customer=customer, off_session="true")
    assert declined.body["error"]["decline_code"] == "insufficient_funds"


@pytest.mark.parametrize("path", ["payment_intents/pi_x", "customers/pi_x", "nothing", "refunds/1"])
def test_what_is_not_there_is_404(stripe, path):
    assert stripe.api(path).status == 404


# Faults


def test_an_answer_may_get_lost_after_the_work_is_done(stripe):
    fields = {
        "amount": 5950,
        "currency": "eur",
        "confirm": "true",
        "payment_method": "pm_card_visa",
    }
    stripe.lever("faults", lose_answer=1)
    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        stripe.api("payment_intents", fields, key="k1")
    again = stripe.api("payment_intents", fields, key="k1")
    assert (again.body["status"], again.headers["Idempotent-Replayed"]) == ("succeeded", "true")
    assert len(stripe.lever("objects/charge")["data"]) == 1


def test_it_may_be_busy_or_down_and_then_does_nothing(stripe):
    stripe.lever("faults", rate_limited=2)
    assert [stripe.pay().status for _ in range(3)] == [429, 429, 200]
    stripe.lever("faults", down_until=time.time() + 60)
    assert stripe.pay().status == 503
    stripe.lever("faults")
    assert len(stripe.lever("objects/payment_intent")["data"]) == 1


# Refunds and disputes


def test_money_goes_back_in_parts_until_none_is_left(stripe):
    intent = stripe.pay().body
    refund = {"payment_intent": intent["id"]}
    assert stripe.api("refunds", {**refund, "amount": 2000}).body["status"] == "succeeded"
    over = stripe.api("refunds", {**refund, "amount": 3951})
    assert (over.status, over.body["error"]["code"]) == (400, "amount_too_large")
    assert stripe.api("refunds", refund).body["amount"] == 3950  # the rest
    none_left = stripe.api("refunds", refund)
    assert (none_left.status, none_left.body["error"]["code"]) == (400, "charge_already_refunded")
    charge = stripe.api(f"charges/{intent['latest_charge']}").body
    assert charge["amount_refunded"] == 5950


def test_what_was_not_paid_is_not_refunded(stripe):
    key = stripe.pay("pm_card_visa_chargeDeclined").body["error"]["payment_intent"]["id"]
    assert stripe.api("refunds", {"payment_intent": key}).status == 400


def test_a_refund_may_fail_and_the_money_stays(stripe):
    intent = stripe.pay().body
    stripe.lever("faults", refund_fails=1)
    assert stripe.made("refunds", payment_intent=intent["id"])["status"] == "failed"
    assert stripe.api(f"charges/{intent['latest_charge']}").body["amount_refunded"] == 0
    assert stripe.made("refunds", payment_intent=intent["id"])["status"] == "succeeded"


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_payer_may_dispute_a_charge(stripe, outcome):
    intent = stripe.pay().body
    opened = stripe.lever(f"dispute/{intent['id']}/open")
    assert (opened["status"], opened["amount"]) == ("needs_response", 5950)
    assert stripe.api(f"charges/{intent['latest_charge']}").body["disputed"] is True
    closed = stripe.lever(f"dispute/{intent['id']}/{outcome}")
    assert (closed["id"], closed["status"]) == (opened["id"], outcome)
    kinds = [row["type"] for row in stripe.api("events").body["data"]]
    assert kinds[:2] == ["charge.dispute.closed", "charge.dispute.created"]


# The hosted page


def test_the_hosted_page_takes_a_card_and_leads_back(stripe):
    session = stripe.session()
    page = stripe.on_page(session["url"]).body
    assert "59.50 EUR" in page
    assert "no real money" in page
    back = stripe.on_page(session["url"], card="pm_card_visa", do="pay")
    assert (back.status, back.headers["Location"]) == (303, "http://shop.example/ok")
    session = stripe.api(f"checkout/sessions/{session['id']}").body
    assert (session["status"], session["payment_status"]) == ("complete", "paid")
    intent = stripe.api(f"payment_intents/{session['payment_intent']}").body
    assert (intent["status"], intent["metadata"]) == ("succeeded", {"invoice": "7"})
    assert "This payment is complete" in stripe.on_page(session["url"], card="pm_card_visa").body
    assert len(stripe.lever("objects/charge")["data"]) == 1


def test_after_a_decline_the_payer_tries_another_card_on_the_same_page(stripe):
    session = stripe.session()
    card = "pm_card_visa_chargeDeclinedInsufficientFunds"
    page = stripe.on_page(session["url"], card=card, do="pay")
    assert (page.status, "insufficient funds" in page.body) == (200, True)
    assert stripe.on_page(session["url"], card="pm_card_visa", do="pay").status == 303
    assert len(stripe.lever("objects/payment_intent")["data"]) == 1


def test_the_hosted_page_sends_on_to_the_bank_where_the_card_asks(stripe):
    session = stripe.session()
    asked = stripe.on_page(session["url"], card="pm_card_authenticationRequired", do="pay")
    bank = asked.headers["Location"]
    assert stripe.on_page(bank, do="fail").headers["Location"] == session["url"]
    stripe.on_page(session["url"], card="pm_card_authenticationRequired", do="pay")
    assert stripe.on_page(bank, do="pass").headers["Location"] == "http://shop.example/ok"
    assert stripe.api(f"checkout/sessions/{session['id']}").body["status"] == "complete"


def test_who_cancels_goes_back_unpaid_and_a_closed_page_takes_nothing(stripe):
    session = stripe.session()
    assert stripe.on_page(session["url"], do="cancel").headers["Location"] == (
        "http://shop.example/no"
    )
    stripe.made(f"checkout/sessions/{session['id']}/expire")
    page = stripe.on_page(session["url"], card="pm_card_visa", do="pay")
    assert "This payment is expired" in page.body
    assert stripe.lever("objects/charge")["data"] == []
    again = stripe.api(f"checkout/sessions/{session['id']}/expire", {})
    assert again.status == 400


def test_an_address_somebody_made_up_is_answered_kindly(stripe):
    for path in ("/pay/cs_<b>none", "/pay/authenticate/pi_none", "/pay/a/b/c"):
        page = stripe.ask(path)
        assert page.status == 404, path
        assert "<h1>" in page.body
        assert "<b>" not in page.body


# Webhooks, to our own door


def until(condition, *, seconds: float = 8) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


def delivered(stripe) -> list[tuple[str, int]]:
    return [(row["type"], row["status"]) for row in stripe.lever("deliveries")["data"]]


@pytest.mark.django_db(transaction=True)
def test_webhooks_arrive_signed_and_in_order(live_server, stripe):
    stripe.pay()
    kinds = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
    until(lambda: len(delivered(stripe)) == 3)
    assert delivered(stripe) == [(kind, 200) for kind in kinds]
    assert sorted(StripeEvent.objects.values_list("type", flat=True)) == sorted(kinds)


@pytest.mark.django_db(transaction=True)
def test_webhooks_that_repeat_are_stored_once(live_server, stripe):
    stripe.lever("faults", copies=3)
    stripe.made("payment_intents", amount=100, currency="eur")
    until(lambda: len(delivered(stripe)) == 3)
    event = StripeEvent.objects.get()
    stripe.lever(f"resend/{event.event_id}")
    until(lambda: len(delivered(stripe)) == 4)
    assert StripeEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_webhooks_come_late_or_in_any_order_or_never(live_server, stripe):
    stripe.lever("faults", delay=0.7)
    stripe.made("payment_intents", amount=100, currency="eur")
    assert delivered(stripe) == []
    until(lambda: delivered(stripe) == [("payment_intent.created", 200)])
    stripe.lever("faults", hold=1)
    stripe.pay()
    assert stripe.lever("release", shuffle=1, copies=2) == {"released": 6}
    until(lambda: len(delivered(stripe)) == 7)
    stripe.lever("faults", drop=1)
    stripe.pay()
    stripe.lever("faults")
    stripe.made("payment_intents", amount=200, currency="eur")
    until(lambda: len(delivered(stripe)) == 8)
    assert StripeEvent.objects.count() == 5  # the dropped three can only be asked for
    assert len(stripe.api("events").body["data"]) == 8


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", ["wrong_signature", "old_timestamp"])
def test_a_webhook_that_is_not_taken_is_sent_again(live_server, stripe, fault):
    stripe.lever("faults", **{fault: 1})
    stripe.made("payment_intents", amount=100, currency="eur")
    until(lambda: delivered(stripe) == [("payment_intent.created", 400)])
    assert not StripeEvent.objects.exists()
    stripe.lever("faults")
    until(lambda: len(delivered(stripe)) == 2)
    assert delivered(stripe)[1] == ("payment_intent.created", 200)
    assert StripeEvent.objects.count() == 1
