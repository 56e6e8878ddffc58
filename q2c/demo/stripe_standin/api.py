"""What Stripe's API does, as far as the product uses it."""

import time
from typing import Any

from q2c.demo.stripe_standin.cards import NUMBERS, TOKENS
from q2c.demo.stripe_standin.state import Failure, Object, State
from q2c.demo.stripe_standin.webhooks import Webhooks

Params = dict[str, Any]


class Api:
    """Each public method is an endpoint; parameters come as nested dicts of strings."""

    def __init__(self, state: State, hooks: Webhooks, base: str) -> None:
        self.state, self.hooks, self.base = state, hooks, base

    # Customers and payment methods

    def create_customer(self, params: Params) -> Object:
        fields = {key: params.get(key) for key in ("email", "name", "description")}
        return self.state.add("cus", "customer", **fields, metadata=params.get("metadata", {}))

    def create_method(self, params: Params) -> Object:
        number = str(params.get("card", {}).get("number", ""))
        token = str(params.get("card", {}).get("token", "")) or NUMBERS.get(number, "")
        return self._method(token)

    def attach_method(self, key: str, params: Params) -> Object:
        method = self.resolve(key)
        self.state.get(str(params.get("customer")), "customer")
        method["customer"] = params["customer"]
        self.hooks.emit("payment_method.attached", method)
        return method

    def detach_method(self, key: str) -> Object:
        method = self.state.get(key, "payment_method")
        method["customer"] = None
        self.hooks.emit("payment_method.detached", method)
        return method

    def list_methods(self, params: Params) -> Object:
        return _list(self.state.every("payment_method", customer=params.get("customer")))

    # Payment intents

    def create_intent(self, params: Params) -> Object:
        intent = self.state.add(
            "pi",
            "payment_intent",
            amount=_amount(params),
            amount_received=0,
            currency=str(params.get("currency", "")).lower(),
            customer=params.get("customer"),
            status="requires_payment_method",
            payment_method=None,
            latest_charge=None,
            last_payment_error=None,
            next_action=None,
            setup_future_usage=params.get("setup_future_usage"),
            description=params.get("description"),
            metadata=params.get("metadata", {}),
            client_secret="",
        )
        intent["client_secret"] = f"{intent['id']}_secret"
        self.hooks.emit("payment_intent.created", intent)
        if str(params.get("confirm")).lower() == "true":
            return self.confirm_intent(intent["id"], params)
        return intent

    def confirm_intent(self, key: str, params: Params) -> Object:
        intent = self.state.get(key, "payment_intent")
        if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
            raise Failure(
                400,
                f"This PaymentIntent's status is {intent['status']}.",
                code="payment_intent_unexpected_state",
            )
        method = self.resolve(str(params.get("payment_method") or intent["payment_method"] or ""))
        off_session = str(params.get("off_session")).lower() == "true"
        if off_session and method["customer"] != intent["customer"]:
            raise Failure(400, "The payment method is not attached to this customer.")
        return self.charge(intent, method, off_session=off_session, params=params)

    def charge(
        self, intent: Object, method: Object, *, off_session: bool, params: Params
    ) -> Object:
        """Charge a method: succeed, decline with 402, or ask for authentication."""
        card = TOKENS[method["metadata"]["token"]]
        intent["payment_method"] = method["id"]
        if card.asks and off_session:
            return self.decline(intent, "authentication_required", "authentication_required")
        if card.asks and not params.get("authenticated"):
            intent["status"] = "requires_action"
            intent["next_action"] = {
                "type": "redirect_to_url",
                "redirect_to_url": {
                    "url": f"{self.base}/pay/authenticate/{intent['id']}",
                    "return_url": params.get("return_url"),
                },
            }
            self.hooks.emit("payment_intent.requires_action", intent)
            return intent
        if card.decline and not (card.attaches_only and not off_session):
            return self.decline(intent, *card.decline)
        return self._succeed(intent, method)

    def cancel_intent(self, key: str) -> Object:
        intent = self.state.get(key, "payment_intent")
        if intent["status"] in ("succeeded", "canceled"):
            raise Failure(
                400,
                f"You cannot cancel this PaymentIntent: its status is {intent['status']}.",
                code="payment_intent_unexpected_state",
            )
        intent["status"] = "canceled"
        self.hooks.emit("payment_intent.canceled", intent)
        return intent

    def _succeed(self, intent: Object, method: Object) -> Object:
        fee = round(intent["amount"] * 29 / 1000) + 30
        charge = self.state.add(
            "ch",
            "charge",
            amount=intent["amount"],
            amount_refunded=0,
            currency=intent["currency"],
            payment_intent=intent["id"],
            paid=True,
            disputed=False,
            status="succeeded",
        )
        balance = self.state.add(
            "txn",
            "balance_transaction",
            amount=intent["amount"],
            fee=fee,
            net=intent["amount"] - fee,
            currency=intent["currency"],
            source=charge["id"],
            type="charge",
        )
        charge["balance_transaction"] = balance["id"]
        intent |= {
            "status": "succeeded",
            "amount_received": intent["amount"],
            "latest_charge": charge["id"],
            "last_payment_error": None,
            "next_action": None,
        }
        if intent["setup_future_usage"] and intent["customer"]:
            method["customer"] = intent["customer"]
        self.hooks.emit("charge.succeeded", charge)
        self.hooks.emit("payment_intent.succeeded", intent)
        return intent

    def decline(self, intent: Object, code: str, decline_code: str) -> Object:
        charge = self.state.add(
            "ch",
            "charge",
            amount=intent["amount"],
            amount_refunded=0,
            currency=intent["currency"],
            payment_intent=intent["id"],
            paid=False,
            status="failed",
            failure_code=code,
        )
        never = decline_code in {"lost_card", "stolen_card"}
        error = {
            "type": "card_error",
            "code": code,
            "decline_code": decline_code,
            "advice_code": "do_not_try_again" if never else "try_again_later",
            "network_decline_code": "41" if never else "51",
            "message": f"Your card was declined ({decline_code.replace('_', ' ')}).",
        }
        intent |= {
            "status": "requires_payment_method",
            "latest_charge": charge["id"],
            "last_payment_error": error,
            "next_action": None,
        }
        self.hooks.emit("payment_intent.payment_failed", intent)
        raise Failure(402, error["message"], **{k: v for k, v in error.items() if k != "message"},
                      payment_intent=intent, charge=charge["id"])  # fmt: skip

    # Hosted checkout

    def create_session(self, params: Params) -> Object:
        data = params.get("payment_intent_data", {})
        items = _listed(params.get("line_items", {}))
        amount = sum(int(i["price_data"]["unit_amount"]) * int(i.get("quantity", 1)) for i in items)
        currency = str(items[0]["price_data"]["currency"]) if items else ""
        intent = self.create_intent(
            {
                "amount": amount,
                "currency": currency,
                "customer": params.get("customer"),
                "metadata": data.get("metadata", {}),
                "setup_future_usage": data.get("setup_future_usage"),
                "description": data.get("description"),
            }
        )
        session = self.state.add(
            "cs_test",
            "checkout.session",
            mode="payment",
            status="open",
            payment_status="unpaid",
            amount_total=amount,
            currency=currency,
            customer=params.get("customer"),
            payment_intent=intent["id"],
            metadata=params.get("metadata", {}),
            success_url=params.get("success_url"),
            cancel_url=params.get("cancel_url"),
            url="",
        )
        session["url"] = f"{self.base}/pay/{session['id']}"
        return session

    def expire_session(self, key: str) -> Object:
        session = self.state.get(key, "checkout.session")
        if session["status"] != "open":
            raise Failure(400, f"This Session is {session['status']} and cannot be expired.")
        session["status"] = "expired"
        intent = self.state.get(session["payment_intent"], "payment_intent")
        if intent["status"] != "succeeded":
            intent["status"] = "canceled"
        self.hooks.emit("checkout.session.expired", session)
        return session

    def complete_session(self, session: Object) -> None:
        session |= {"status": "complete", "payment_status": "paid"}
        self.hooks.emit("checkout.session.completed", session)

    # Refunds and disputes

    def create_refund(self, params: Params) -> Object:
        intent = self.state.get(str(params.get("payment_intent")), "payment_intent")
        if not intent["latest_charge"] or intent["status"] != "succeeded":
            raise Failure(400, "This PaymentIntent does not have a successful charge to refund.")
        charge = self.state.get(intent["latest_charge"], "charge")
        left = charge["amount"] - charge["amount_refunded"]
        amount = int(params.get("amount") or left)
        if not 0 < amount <= left:
            code = "charge_already_refunded" if not left else "amount_too_large"
            raise Failure(
                400, f"The refund amount is greater than what is left ({left}).", code=code
            )
        fails = self.state.faults.pop("refund_fails", None)
        refund = self.state.add(
            "re",
            "refund",
            amount=amount,
            currency=charge["currency"],
            payment_intent=intent["id"],
            charge=charge["id"],
            status="failed" if fails else "succeeded",
            metadata=params.get("metadata", {}),
        )
        if not fails:
            charge["amount_refunded"] += amount
            self.hooks.emit("charge.refunded", charge)
        self.hooks.emit("refund.failed" if fails else "refund.created", refund)
        return refund

    def dispute(self, key: str, outcome: str) -> Object:
        """Open a dispute on a payment, or close it as won or lost."""
        intent = self.state.get(key, "payment_intent")
        charge = self.state.get(intent["latest_charge"], "charge")
        if outcome == "open":
            charge["disputed"] = True
            made = self.state.add(
                "dp",
                "dispute",
                amount=charge["amount"],
                currency=charge["currency"],
                charge=charge["id"],
                payment_intent=intent["id"],
                reason="fraudulent",
                evidence_details={"due_by": int(time.time()) + 7 * 86_400},
                status="needs_response",
            )
            self.hooks.emit("charge.dispute.created", made)
            return made
        made = self.state.every("dispute", charge=charge["id"])[0]
        made["status"] = outcome
        self.hooks.emit("charge.dispute.closed", made)
        return made

    def resolve(self, key: str) -> Object:
        """Return a payment method by id; Stripe's test tokens make a new one each time."""
        return self._method(key) if key in TOKENS else self.state.get(key, "payment_method")

    def _method(self, token: str) -> Object:
        card = TOKENS.get(token)
        if card is None:
            raise Failure(402, "Your card number is incorrect.", type="card_error",
                          code="incorrect_number", param="number")  # fmt: skip
        return self.state.add(
            "pm",
            "payment_method",
            type="card",
            card={"brand": card.brand, "last4": card.last4, "exp_month": 12, "exp_year": 2034},
            customer=None,
            metadata={"token": token},
        )


def _amount(params: Params) -> int:
    text = str(params.get("amount", ""))
    if not text.isdigit() or not 0 < int(text) <= 99_999_999:
        raise Failure(400, f"Invalid integer: {text}", code="parameter_invalid_integer",
                      param="amount")  # fmt: skip
    return int(text)


def _listed(nested: Any) -> list[Any]:
    return [nested[key] for key in sorted(nested, key=int)] if isinstance(nested, dict) else nested


def _list(rows: list[Object]) -> Object:
    return {"object": "list", "data": rows, "has_more": False, "url": "/"}
