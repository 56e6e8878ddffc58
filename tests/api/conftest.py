import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from q2c.api.actions import KeyDraft, create_api_key
from q2c.api.scopes import SCOPES
from q2c.demo import company
from q2c.identity.models import User
from q2c.identity.roles import Role
from tests.customers.conftest import (  # noqa: F401
    admin,
    counsel,
    customer,
    draft,
    entity,
    rep,
)

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Api:
    """A program with a key: `api.get("customers", limit=2)`, `api.post("customers", {...})`."""

    def __init__(self, secret):
        self.secret = secret
        self.client = Client(raise_request_exception=False)

    def get(self, path, **query):
        return self._send("get", path, query)

    def post(self, path, body=None, *, key=None, **headers):
        headers = {"Idempotency-Key": key or uuid.uuid4().hex, **headers}
        return self._send("post", path, body, headers)

    def patch(self, path, body, *, etag=None):
        return self._send("patch", path, body, {"If-Match": etag} if etag else {})

    def put(self, path, body):
        return self._send("put", path, body)

    def delete(self, path):
        return self._send("delete", path)

    def _send(self, method, path, body=None, headers=None):
        headers = {"Authorization": f"Bearer {self.secret}", **(headers or {})}
        extra = {} if method == "get" else {"content_type": "application/json"}
        data = body if method == "get" else "" if body is None else json.dumps(body, default=str)
        return getattr(self.client, method)(f"/api/v1/{path}", data, headers=headers, **extra)


@pytest.fixture
def api_for(db):
    """`api_for(user, "quotes:read", …)` is a program that acts as the user; all scopes by default."""

    def api_for(user, *scopes):
        now = timezone.now()
        wanted = KeyDraft(
            name="Test", user_id=user.pk, scopes=scopes or tuple(SCOPES),
            expires_at=now + timedelta(days=30),
        )  # fmt: skip
        return Api(create_api_key(wanted, by=None, at=now)[1])

    return api_for


@pytest.fixture
def api(api_for, rep):  # noqa: F811
    return api_for(rep)


@pytest.fixture
def person(db):
    """`person(Role.FINANCE)` is somebody of that role."""

    def person(role: Role, name=""):
        name = name or role.value
        email = f"{name}@brightline.example"
        return User.objects.create_user(email, "x", full_name=name, role=role.value)

    return person


@pytest.fixture
def entities(db):
    """The demo company's legal entities, products, prices and policies."""
    return company.found(at=timezone.now())


@pytest.fixture
def keys(api_for, person):
    """One program for each role."""
    return {role: api_for(person(role)) for role in Role}
