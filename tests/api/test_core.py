"""What holds for every address of the API, shown with customers."""

import re
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from q2c.api.actions import KeyDraft, create_api_key, revoke_api_key
from q2c.api.keys import fingerprint, is_well_formed
from q2c.api.models import ApiKey
from q2c.api.tasks import tick
from q2c.customers.actions import create_customer, edit_customer
from q2c.customers.models import Customer
from q2c.identity.models import User
from q2c.infra.models import Event, IdempotentRequest
from q2c.kernel.errors import NotAllowed, Refused
from tests.api.conftest import NOON, Api

ADDRESS = {"street": "Kai 1", "city": "Kiel", "country": "DE"}


@pytest.fixture
def body(entity):
    return {
        "legal_name": "Hafen AG", "email": "ap@hafen.example", "currency": "EUR",
        "legal_entity_id": entity.pk, "billing_address": ADDRESS,
        "contacts": [{"name": "Ole", "email": "ole@hafen.example"}],
    }  # fmt: skip


def problem(response, status, code):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"] == f"/api/v1/problems#{code}"
    assert body["request_id"] == response["X-Request-ID"]
    return body


# Keys


def test_a_secret_is_kept_as_its_hash_and_checked_before_the_database(api, rep):
    key = ApiKey.objects.get()
    assert re.fullmatch(r"qtc_test_[0-9A-Za-z]{49}", api.secret)
    assert key.key_sha256 == fingerprint(api.secret)
    assert api.secret.startswith(key.prefix)
    assert is_well_formed(api.secret)
    assert not is_well_formed(api.secret[:-1] + ("a" if api.secret[-1] != "a" else "b"))


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer qtc_test_nonsense", "Basic YTpi"])
def test_no_key_no_entrance(client, db, header):
    response = client.get("/api/v1/customers", headers={"Authorization": header})
    code = "authentication_failed" if " " in header else "not_authenticated"
    problem(response, 401, code)
    assert response["WWW-Authenticate"] == 'Bearer realm="q2c"'


def test_revoked_expired_and_orphaned_keys_die_at_once(api, rep, admin):
    key = ApiKey.objects.get()
    assert api.get("customers").status_code == 200
    revoke_api_key(key.pk, by=admin, at=timezone.now())
    problem(api.get("customers"), 401, "authentication_failed")
    ApiKey.objects.update(revoked_at=None, expires_at=timezone.now() - timedelta(seconds=1))
    problem(api.get("customers"), 401, "authentication_failed")
    ApiKey.objects.update(expires_at=None)
    assert api.get("customers").status_code == 200
    User.objects.filter(pk=rep.pk).update(is_active=False)
    problem(api.get("customers"), 401, "authentication_failed")


def test_a_key_notes_when_it_was_used(api):
    assert ApiKey.objects.get().last_used_at is None
    api.get("customers")
    assert timezone.now() - ApiKey.objects.get().last_used_at < timedelta(seconds=10)


def test_guessing_keys_is_slowed_down(client, db):
    wrong = {"Authorization": "Bearer qtc_test_" + "x" * 49}
    answers = [client.get("/api/v1/customers", headers=wrong) for _ in range(22)]
    assert answers[0].status_code == 401
    problem(answers[-1], 429, "throttled")
    assert answers[-1]["Retry-After"] == "60"


def test_a_session_is_no_key(client, admin):
    client.force_login(admin)
    problem(client.get("/api/v1/customers"), 401, "not_authenticated")


def test_a_key_is_bound_by_its_scopes(api_for, rep, body):
    reader = api_for(rep, "customers:read")
    assert reader.get("customers").status_code == 200
    refused = problem(reader.post("customers", body), 403, "scope_missing")
    assert "customers:write" in refused["detail"]
    problem(reader.get("products"), 403, "scope_missing")
    assert not Customer.objects.exists()


def test_a_key_is_bound_by_its_users_role(api_for, counsel, body):
    problem(api_for(counsel).post("customers", body), 403, "not_allowed")
    assert not Customer.objects.exists()


def test_keys_are_made_by_administrators_within_reason(admin, rep):
    def draft(**changes):
        values = {"name": "Shop", "user_id": rep.pk, "scopes": ("quotes:read",)}
        return KeyDraft(**{**values, "expires_at": NOON + timedelta(days=9), **changes})

    with pytest.raises(NotAllowed):
        create_api_key(draft(), by=rep, at=NOON)
    for changes, field in (
        ({"scopes": ()}, "scopes"),
        ({"scopes": ("quotes:own",)}, "scopes"),
        ({"name": " "}, "name"),
        ({"expires_at": NOON}, "expires_at"),
        ({"expires_at": NOON + timedelta(days=731)}, "expires_at"),
        ({"user_id": 0}, "user"),
    ):
        with pytest.raises(Refused) as refusal:
            create_api_key(draft(**changes), by=admin, at=NOON)
        assert refusal.value.field == field
    key, secret = create_api_key(draft(), by=admin, at=NOON)
    revoke_api_key(key.pk, by=admin, at=NOON)
    revoke_api_key(key.pk, by=admin, at=NOON)
    events = Event.objects.filter(document="api_key").order_by("pk")
    names = list(events.values_list("name", flat=True))
    assert names == ["ApiKeyCreated", "ApiKeyRevoked"]
    assert secret not in str(list(Event.objects.values("data", "changes")))


# Problems


def test_every_wrong_field_is_pointed_at(api, body):
    body |= {"email": "no", "colour": "red", "contacts": [{"name": "Ole"}]}
    del body["currency"]
    found = problem(api.post("customers", body), 422, "invalid")["errors"]
    assert {(e["pointer"], e["code"]) for e in found} == {("/colour", "unknown")}
    del body["colour"]
    found = problem(api.post("customers", body), 422, "invalid")["errors"]
    assert {(e["pointer"], e["code"]) for e in found} == {
        ("/email", "invalid"),
        ("/currency", "required"),
        ("/contacts/0/email", "required"),
    }


def test_a_rule_that_refuses_points_at_the_field_as_it_was_sent(api, body):
    refused = problem(api.post("customers", body | {"tax_id": "DE811569868"}), 422, "refused")
    assert refused["errors"][0]["pointer"] == "/tax_id"
    refused = problem(api.post("customers", body | {"legal_entity_id": 0}), 422, "refused")
    assert refused["errors"][0]["pointer"] == "/legal_entity_id"
    assert not Customer.objects.exists()


@pytest.mark.parametrize("raw", ["{", '{"a": NaN}', '{"a": Infinity}', "\x00", "[" * 5000])
def test_what_is_not_json_is_said_to_be_so(api, raw):
    response = api.client.post(
        "/api/v1/customers", raw, content_type="application/json",
        headers={"Authorization": f"Bearer {api.secret}", "Idempotency-Key": "1"},
    )  # fmt: skip
    problem(response, 400, "parse_error")


def test_other_formats_methods_and_addresses_are_problems_too(api, customer):
    auth = {"Authorization": f"Bearer {api.secret}", "Idempotency-Key": "1"}
    response = api.client.post("/api/v1/customers", {"a": "b"}, headers=auth)
    problem(response, 415, "unsupported_media_type")
    problem(api.delete("customers"), 405, "method_not_allowed")
    problem(api.get("customers/999999"), 404, "not_found")
    problem(api.get("customers/C-999999"), 404, "not_found")
    problem(api.get("nothing/here"), 404, "not_found")
    problem(api.get("customers/"), 404, "not_found")
    response = api.client.get("/api/v1/customers", headers=auth | {"Accept": "text/html"})
    problem(response, 406, "not_acceptable")


def test_our_own_mistakes_tell_nothing_but_the_request(api, monkeypatch):
    def fail(self):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("q2c.customers.api.Customers.rows", fail)
    response = api.get("customers")
    problem(response, 500, "error")
    assert b"secret" not in response.content


# Lists


def test_pages_neither_skip_nor_repeat_while_rows_come_in(api, draft, rep):
    made = [create_customer(draft(), by=rep, at=NOON).pk for _ in range(7)]
    first = api.get("customers", limit=3).json()
    assert first["has_more"] is True
    create_customer(draft(), by=rep, at=NOON + timedelta(days=1))
    second = api.get("customers", limit=3, cursor=first["next_cursor"]).json()
    third = api.get("customers", limit=3, cursor=second["next_cursor"]).json()
    pages = [row["id"] for page in (first, second, third) for row in page["data"]]
    assert pages == made[::-1]
    assert (third["has_more"], third["next_cursor"]) == (False, None)


def test_the_number_of_queries_does_not_grow_with_the_rows(
    api, draft, rep, django_assert_num_queries
):
    create_customer(draft(), by=rep, at=NOON)
    api.get("customers")
    with django_assert_num_queries(2):  # the key, the customers
        api.get("customers")
    for _ in range(5):
        create_customer(draft(), by=rep, at=NOON)
    with django_assert_num_queries(2):
        assert len(api.get("customers").json()["data"]) == 6


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"cursor": "forged"}, "cursor"),
        ({"colour": "red"}, "colour"),
        ({"number[gte]": "1"}, "number[gte]"),
        ({"created[near]": "2026-01-01"}, "created[near]"),
        ({"created[gte]": "yesterday"}, "created[gte]"),
        ({"owner_id": "me"}, "owner_id"),
        ({"autopay": "yes"}, "autopay"),
    ],
)
def test_a_wrong_parameter_is_refused_not_ignored(api, query, parameter):
    found = problem(api.get("customers", **query), 400, "bad_parameter")
    assert found["errors"][0]["parameter"] == parameter


def test_a_cursor_belongs_to_its_list(api, draft, rep):
    for _ in range(2):
        create_customer(draft(), by=rep, at=NOON)
    cursor = api.get("customers", limit=1).json()["next_cursor"]
    problem(api.get("products", cursor=cursor), 400, "bad_parameter")


def test_lists_are_narrowed(api, draft, rep):
    early = create_customer(draft(legal_name="Early", owner_id=rep.pk), by=rep, at=NOON)
    late = create_customer(
        draft(legal_name="Late", external_ref="L-1"), by=rep, at=NOON + timedelta(days=2)
    )

    def ids(**query):
        return [row["id"] for row in api.get("customers", **query).json()["data"]]

    assert ids(q="early") == [early.pk]
    assert ids(owner_id=rep.pk) == [early.pk]
    assert ids(external_ref="L-1") == [late.pk]
    assert ids(number=early.number) == [early.pk]
    assert ids(**{"created[gte]": "2026-11-25"}) == [late.pk]
    assert ids(**{"created[lt]": "2026-11-25T00:00:00Z"}) == [early.pk]
    assert ids(currency="USD") == []


# Versions


def test_a_change_needs_the_version_that_was_read(api, customer, rep):
    read = api.get(f"customers/{customer.number}")
    etag = read["ETag"]
    path = f"customers/{customer.pk}"
    problem(api.patch(path, {"language": "de"}), 428, "precondition_required")
    changed = api.patch(path, {"language": "de"}, etag=etag)
    assert (changed.status_code, changed.json()["language"]) == (200, "de")
    assert changed["ETag"] == '"2"'
    problem(api.patch(path, {"language": "fr"}, etag=etag), 412, "stale_version")
    problem(api.patch(path, {"language": "fr"}, etag='W/"x"'), 412, "stale_version")
    edit_customer(customer.pk, {"language": "es"}, seen=2, by=rep, at=NOON)
    assert api.get(path)["ETag"] == '"3"'


# Once


def test_a_repeated_request_gets_the_first_answer(api, body):
    first = api.post("customers", body, key="k-1")
    again = api.post("customers", body, key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert again["Location"] == first["Location"] == f"/api/v1/customers/{first.json()['id']}"
    assert Customer.objects.count() == 1


def test_a_key_for_another_request_is_refused(api, body):
    api.post("customers", body, key="k-1")
    other = api.post("customers", body | {"legal_name": "Other"}, key="k-1")
    problem(other, 422, "idempotency_key_reused")
    assert Customer.objects.count() == 1


def test_two_programs_may_use_the_same_key(api, api_for, rep, body):
    api.post("customers", body, key="k-1")
    assert api_for(rep).post("customers", body, key="k-1").status_code == 201
    assert Customer.objects.count() == 2


def test_a_refused_request_may_be_mended_under_the_same_key(api, body):
    problem(api.post("customers", body | {"currency": "???"}, key="k-1"), 422, "refused")
    assert not IdempotentRequest.objects.exists()
    assert api.post("customers", body, key="k-1").status_code == 201


def test_a_key_is_required(api, body):
    missing = api.post("customers", body, **{"Idempotency-Key": ""})
    problem(missing, 400, "idempotency_key_required")
    too_long = api.post("customers", body, key="x" * 256)
    problem(too_long, 400, "idempotency_key_required")
    assert not Customer.objects.exists()


def test_answers_are_forgotten_after_a_month(api, body):
    api.post("customers", body, key="k-1")
    tick()
    assert IdempotentRequest.objects.count() == 1
    IdempotentRequest.objects.update(created_at=timezone.now() - timedelta(days=31))
    tick()
    assert not IdempotentRequest.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_request_in_flight_makes_its_twin_wait(api, body):
    api.post("customers", body | {"legal_name": "Warm-up"})
    IdempotentRequest.objects.create(
        actor=f"key:{ApiKey.objects.get().pk}", key="k-1", request_sha256="", created_at=NOON
    )
    with transaction.atomic():
        IdempotentRequest.objects.select_for_update(no_key=True).get(key="k-1")
        answers = []

        def ask():
            answers.append(Api(api.secret).post("customers", body, key="k-1"))
            connection.close()

        twin = threading.Thread(target=ask)
        twin.start()
        twin.join(10)
    problem(answers[0], 409, "in_flight")
    assert answers[0]["Retry-After"] == "1"
    assert Customer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_once_do_the_work_once(api, body):
    barrier, answers = threading.Barrier(6), []

    def ask():
        barrier.wait()
        answers.append(Api(api.secret).post("customers", body, key="k-1").status_code)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert Customer.objects.count() == 1
    assert 201 in answers
    assert set(answers) <= {201, 409}


# Limits


def test_limits_are_told_and_kept(api, settings, body):
    settings.API_REQUESTS_PER_SECOND = {"read": 2, "write": 0}
    answers = [api.get("customers") for _ in range(8)]
    assert answers[0]["RateLimit-Policy"] == '"read";q=2;w=1'
    assert answers[0]["RateLimit"] == '"read";r=1;t=1'
    refused = next(a for a in answers if a.status_code == 429)
    problem(refused, 429, "throttled")
    assert refused["Retry-After"] == "1"
    problem(api.post("customers", body), 429, "throttled")
    assert not Customer.objects.exists()


def test_without_redis_reads_go_on_and_writes_wait(api, body, monkeypatch):
    from redis.exceptions import ConnectionError as Down

    def down(*_args, **_kwargs):
        raise Down("gone")

    monkeypatch.setattr("q2c.infra.tries.cache.incr", down)
    assert api.get("customers").status_code == 200
    problem(api.post("customers", body), 503, "unavailable")
    assert not Customer.objects.exists()
