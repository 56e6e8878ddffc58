"""Signed webhooks, delivered by a thread: late, twice, shuffled, wrong or not at all on request."""

import hashlib
import hmac
import json
import queue
import random
import threading
import time
import urllib.error
import urllib.request
from typing import Any

from q2c.demo.stripe_standin.state import Object, State

RETRIES = (0, 1, 3, 10)


def signature(secret: str, body: str, *, at: int) -> str:
    """Return the Stripe-Signature header for a body."""
    digest = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class Webhooks:
    """Sends every event to one address."""

    def __init__(self, state: State, url: str, secret: str) -> None:
        self.state, self.url, self.secret = state, url, secret
        self.deliveries: list[dict[str, Any]] = []
        self.held: list[Object] = []
        self._waiting: queue.Queue[tuple[float, int, Object]] = queue.Queue()
        threading.Thread(target=self._work, daemon=True).start()

    def emit(self, kind: str, subject: Object) -> Object:
        """Write an event and send it, or what the faults make of that."""
        event = self.state.add(
            "evt",
            "event",
            type=kind,
            api_version="2026-10-28",
            data={"object": json.loads(json.dumps(subject))},
            pending_webhooks=1,
            request={"id": None, "idempotency_key": None},
        )
        faults = self.state.faults
        if faults.get("drop"):
            return event
        if faults.get("hold"):
            self.held.append(event)
            return event
        for _ in range(int(faults.get("copies", 1))):
            self.send(event, delay=float(faults.get("delay", 0)))
        return event

    def send(self, event: Object, *, delay: float = 0) -> None:
        self._waiting.put((time.monotonic() + delay, 0, event))

    def release(self, *, shuffle: bool, copies: int = 1) -> int:
        """Send what was held, in another order where asked."""
        held, self.held = self.held * copies, []
        if shuffle:
            random.shuffle(held)
        for event in held:
            self.send(event)
        return len(held)

    def _work(self) -> None:
        while True:
            due, tries, event = self._waiting.get()
            if (left := due - time.monotonic()) > 0:
                time.sleep(min(left, 0.05))
                self._waiting.put((due, tries, event))
            elif not self._deliver(event) and tries + 1 < len(RETRIES):
                again = time.monotonic() + RETRIES[tries + 1]
                self._waiting.put((again, tries + 1, event))

    def _deliver(self, event: Object) -> bool:
        if not self.url:
            return True
        faults, body = self.state.faults, json.dumps(event)
        at = int(time.time()) - (3600 if faults.get("old_timestamp") else 0)
        secret = "whsec_wrong" if faults.get("wrong_signature") else self.secret
        request = urllib.request.Request(  # noqa: S310  the address is ours
            self.url,
            body.encode(),
            {
                "Content-Type": "application/json",
                "Stripe-Signature": signature(secret, body, at=at),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
                status = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
        except OSError:
            status = 0
        self.deliveries.append({"event": event["id"], "type": event["type"], "status": status})
        return 200 <= status < 300
