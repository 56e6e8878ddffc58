"""All objects, kept in memory and, where asked, in a file."""

import contextlib
import json
import secrets
import threading
import time
from pathlib import Path
from typing import Any

Object = dict[str, Any]


class Failure(Exception):
    """An answer in Stripe's shape for errors."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        kind = more.pop("type", "invalid_request_error")
        self.body = {"error": {"message": message, "type": kind, **more}}


class State:
    """Objects by id, answers by idempotency key, and the faults that were asked for."""

    def __init__(self, path: str) -> None:
        self.lock = threading.RLock()
        self.path = Path(path) if path else None
        self.objects: dict[str, Object] = {}
        self.answers: dict[str, list[Any]] = {}
        self.running: set[str] = set()
        self.faults: dict[str, Any] = {}
        if self.path and self.path.exists():
            with contextlib.suppress(ValueError):
                kept = json.loads(self.path.read_text())
                self.objects, self.answers = kept["objects"], kept["answers"]

    def save(self) -> None:
        if self.path:
            part = self.path.with_suffix(".part")
            part.write_text(json.dumps({"objects": self.objects, "answers": self.answers}))
            part.replace(self.path)

    def add(self, prefix: str, kind: str, **fields: Any) -> Object:
        made = {
            "id": f"{prefix}_{secrets.token_hex(12)}",
            "object": kind,
            "created": int(time.time()),
            "livemode": False,
            **fields,
        }
        self.objects[made["id"]] = made
        return made

    def get(self, key: str, kind: str) -> Object:
        found = self.objects.get(key)
        if found is None or found["object"] != kind:
            raise Failure(404, f"No such {kind}: '{key}'", code="resource_missing", param="id")
        return found

    def every(self, kind: str, **match: Any) -> list[Object]:
        """Return objects of a kind, newest first."""
        found = [
            o
            for o in self.objects.values()
            if o["object"] == kind and all(o.get(k) == v for k, v in match.items())
        ]
        return found[::-1]
