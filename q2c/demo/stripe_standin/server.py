"""HTTP in front of the API: routes, keys, idempotency, faults."""

import contextlib
import hashlib
import json
import time
from collections.abc import Callable
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from q2c.demo.stripe_standin import pages
from q2c.demo.stripe_standin.api import Api, Params
from q2c.demo.stripe_standin.state import Failure, Object, State
from q2c.demo.stripe_standin.webhooks import Webhooks

KINDS = {
    "customers": "customer",
    "payment_methods": "payment_method",
    "payment_intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "disputes": "dispute",
    "events": "event",
    "balance_transactions": "balance_transaction",
}


def serve(port: int, webhook_url: str, secret: str, path: str) -> ThreadingHTTPServer:
    """Return a server bound to 127.0.0.1, ready to `serve_forever`."""
    state = State(path)
    hooks = Webhooks(state, webhook_url, secret)
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    base = f"http://127.0.0.1:{server.server_address[1]}"
    server.standin = Standin(state, hooks, Api(state, hooks, base))  # type: ignore[attr-defined]
    server.daemon_threads = True
    return server


class Standin:
    """Turns a request into an answer."""

    def __init__(self, state: State, hooks: Webhooks, api: Api) -> None:
        self.state, self.hooks, self.api = state, hooks, api

    def call(self, method: str, path: str, params: Params) -> Object:  # noqa: C901, PLR0911, PLR0912
        """Do one API call; raises Failure."""
        parts = path.strip("/").split("/")[1:]
        api = self.api
        match method, parts:
            case "POST", ["customers"]:
                return api.create_customer(params)
            case "POST", ["payment_methods"]:
                return api.create_method(params)
            case "POST", ["payment_methods", key, "attach"]:
                return api.attach_method(key, params)
            case "POST", ["payment_methods", key, "detach"]:
                return api.detach_method(key)
            case "GET", ["payment_methods"] | ["customers", _, "payment_methods"]:
                owner = parts[1] if len(parts) == 3 else params.get("customer")
                return api.list_methods({"customer": owner})
            case "POST", ["payment_intents"]:
                return api.create_intent(params)
            case "POST", ["payment_intents", key, "confirm"]:
                return api.confirm_intent(key, params)
            case "POST", ["payment_intents", key, "cancel"]:
                return api.cancel_intent(key)
            case "POST", ["checkout", "sessions"]:
                return api.create_session(params)
            case "GET", ["checkout", "sessions", key]:
                return self.state.get(key, "checkout.session")
            case "POST", ["checkout", "sessions", key, "expire"]:
                return api.expire_session(key)
            case "POST", ["refunds"]:
                return api.create_refund(params)
            case "GET", [kind, key] if kind in KINDS:
                return self.state.get(key, KINDS[kind])
            case "GET", [kind] if kind in KINDS:
                return self._listing(KINDS[kind], params)
        raise Failure(404, f"Unrecognized request URL ({method}: {path}).")

    def _listing(self, kind: str, params: Params) -> Object:
        rows = self.state.every(kind)
        for name in ("customer", "payment_intent"):
            if name in params:
                rows = [row for row in rows if row.get(name) == params[name]]
        after = params.get("starting_after")
        if after:
            ids = [row["id"] for row in rows]
            rows = rows[ids.index(after) + 1 :] if after in ids else []
        limit = int(params.get("limit", 10))
        more = len(rows) > limit
        return {"object": "list", "data": rows[:limit], "has_more": more, "url": f"/v1/{kind}s"}

    def control(self, path: str, params: Params) -> Object:
        """Set faults and pull levers: what tests ask for."""
        match path.strip("/").split("/")[1:]:
            case ["faults"]:
                self.state.faults = dict(params)
            case ["release"]:
                copies = int(params.get("copies", 1))
                count = self.hooks.release(shuffle=bool(params.get("shuffle")), copies=copies)
                return {"released": count}
            case ["resend", key]:
                self.hooks.send(self.state.get(key, "event"))
            case ["dispute", key, outcome]:
                return self.api.dispute(key, outcome)
            case ["deliveries"]:
                return {"data": self.hooks.deliveries}
            case ["objects", kind]:
                return {"data": self.state.every(kind)}
            case _:
                raise Failure(404, "no such lever")
        return {"ok": True}


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    @property
    def standin(self) -> Standin:
        return self.server.standin  # type: ignore[attr-defined]

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the tests' output belongs to the tests."""

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    do_DELETE = do_GET  # noqa: N815

    def _answer(self, method: str) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        params = nested(parse_qsl(url.query) + parse_qsl(body, keep_blank_values=True))
        if url.path.startswith("/pay/"):
            return self._page(method, url.path, params)
        try:
            if url.path.startswith("/_control"):
                with self.standin.state.lock:
                    return self._json(200, self.standin.control(url.path, params))
            if url.path == "/":
                return self._json(200, {"ok": True})
            self._check_key()
            self._check_faults()
            work = lambda: self.standin.call(method, url.path, params)  # noqa: E731
            status, answer, replayed = self._once(url.path, body, work)
            faults = self.standin.state.faults
            if method == "POST" and faults.pop("lose_answer", None):
                # The work is done, but the caller never hears of it.
                self.close_connection = True
                return self.connection.close()
            self._json(status, answer, replayed=replayed)
        except Failure as failure:
            self._json(failure.status, failure.body)

    def _once(self, path: str, body: str, work: Callable[[], Object]) -> tuple[int, Object, bool]:
        """Do the work, or repeat the answer that its idempotency key got before."""
        state, key = self.standin.state, self.headers.get("Idempotency-Key") or ""
        digest = hashlib.sha256(f"{path}?{body}".encode()).hexdigest()
        with state.lock:
            if key and key in state.answers:
                known, status, answer = state.answers[key]
                if known != digest:
                    raise Failure(
                        400,
                        "Keys for idempotent requests can only be used with the same parameters "
                        "they were first used with.",
                        type="idempotency_error",
                    )
                return status, answer, True
            try:
                status, answer = 200, work()
            except Failure as failure:
                status, answer = failure.status, failure.body
            answer = json.loads(json.dumps(answer))
            if key:
                state.answers[key] = [digest, status, answer]
            state.save()
            return status, answer, False

    def _check_key(self) -> None:
        scheme, _, credentials = self.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer" and credentials.startswith(("sk_test_", "rk_test_")):
            return
        raise Failure(401, "Invalid API Key provided.", type="invalid_request_error")

    def _check_faults(self) -> None:
        faults = self.standin.state.faults
        if float(faults.get("down_until", 0)) > time.time():
            raise Failure(503, "Stripe is down for a while.", type="api_error")
        if int(faults.get("rate_limited", 0)) > 0:
            faults["rate_limited"] = int(faults["rate_limited"]) - 1
            raise Failure(429, "Too many requests.", type="rate_limit_error", code="rate_limit")

    def _page(self, method: str, path: str, params: Params) -> None:
        status = 200
        try:
            with self.standin.state.lock:
                answer = Hosted(self.standin).page(method, path, params)
                self.standin.state.save()
        except Failure as failure:
            status = failure.status
            answer = pages.page("Not found", f"<h1>{escape(str(failure))}</h1>")
        if answer.startswith("http"):
            self.send_response(303)
            self.send_header("Location", answer)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._send(status, "text/html; charset=utf-8", answer.encode())

    def _json(self, status: int, answer: Object, *, replayed: bool = False) -> None:
        headers = {"Idempotent-Replayed": "true"} if replayed else {}
        if status == 429:
            headers["Retry-After"] = "1"
        self._send(status, "application/json", json.dumps(answer).encode(), headers)

    def _send(
        self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Hosted:
    """The pages to pay on; an answer that starts with http is a redirect."""

    def __init__(self, standin: Standin) -> None:
        self.state, self.api = standin.state, standin.api

    def page(self, method: str, path: str, params: Params) -> str:
        match path.strip("/").split("/")[1:]:
            case ["authenticate", key]:
                return self._authenticate(method, key, params)
            case [key]:
                return self._checkout(method, key, params)
        raise Failure(404, "There is nothing to pay here.")

    def _checkout(self, method: str, key: str, params: Params) -> str:
        session = self.state.get(key, "checkout.session")
        intent = self.state.get(session["payment_intent"], "payment_intent")
        error = ""
        if method == "POST" and session["status"] == "open":
            if params.get("do") == "cancel":
                return str(session["cancel_url"])
            try:
                card = self.api.resolve(str(params.get("card")))
                back = {"return_url": session["success_url"]}
                self.api.charge(intent, card, off_session=False, params=back)
            except Failure as failure:
                error = str(failure)
            if intent["status"] == "requires_action":
                return str(intent["next_action"]["redirect_to_url"]["url"])
            if intent["status"] == "succeeded":
                self.api.complete_session(session)
                return str(session["success_url"])
        return pages.checkout(session, saves=bool(intent["setup_future_usage"]), error=error)

    def _authenticate(self, method: str, key: str, params: Params) -> str:
        intent = self.state.get(key, "payment_intent")
        if method != "POST" or intent["status"] != "requires_action":
            return pages.authenticate(intent)
        back = str(intent["next_action"]["redirect_to_url"]["return_url"])
        card = self.state.get(intent["payment_method"], "payment_method")
        sessions = self.state.every("checkout.session", payment_intent=key)
        if params.get("do") == "pass":
            self.api.charge(intent, card, off_session=False, params={"authenticated": "yes"})
            for session in sessions:
                self.api.complete_session(session)
            return back
        with contextlib.suppress(Failure):
            self.api.decline(intent, "card_declined", "authentication_not_handled")
        return str(sessions[0]["url"]) if sessions else back


def nested(pairs: list[tuple[str, str]]) -> Params:
    """Read Stripe's form encoding: a[b][0][c]=d."""
    result: Params = {}
    for name, value in pairs:
        keys = [part.rstrip("]") for part in name.split("[")]
        place = result
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = value
    return result
