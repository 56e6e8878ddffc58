"""Whatever is sent, the answer is a problem with words, never a crash."""

from functools import partial

import pytest
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from q2c.catalog.models import Product
from q2c.identity.roles import Role
from tests.api.test_path import a_customer, a_signed_contract, an_accepted_quote, ok

NASTY = [
    None, True, -1, 10**30, 0.1, "", "\x00", "x" * 20_000, "NaN", "1e999", "0001-01-01",
    "9999-12-31", "\ud800", [], [[]], {"$ne": 1},
]  # fmt: skip


@pytest.fixture
def world(keys, entities):
    """One of everything, so that each address has something to act on."""
    sales = keys[Role.SALES_REP]
    customer = a_customer(sales, entities["DE"])
    skus = {p.sku: p.pk for p in Product.objects.all()}
    lines = [{"product_id": skus["ROUTER"]}, {"product_id": skus["CALLS"]}]
    quote = an_accepted_quote(sales, customer, lines, timezone.localdate())
    contract = a_signed_contract(keys, quote)
    draft = ok(sales.post("quotes", {"customer_id": customer["id"], "lines": lines}), 201)
    found = {"customers": customer["id"], "quotes": draft["id"], "contracts": contract["id"]}
    questions = [{"key": "rooms", "text": "Rooms?", "kind": "number"}]
    asked = {"name": "Office", "questions": questions}
    found["questionnaires"] = ok(keys[Role.SALES_MANAGER].post("questionnaires", asked), 201)["id"]
    found["line"] = draft["lines"][0]["id"]
    deep = {"customer_id": customer["id"], "discount_percent": "25", "lines": lines}
    ok(sales.post(f"quotes/{ok(sales.post('quotes', deep), 201)['id']}/submit"))
    admin = keys[Role.ADMINISTRATOR]
    for name in (
        "orders", "subscriptions", "products", "price-books", "price-rules", "invoices",
        "payments", "approvals", "approval-policies",
    ):  # fmt: skip
        rows = ok(admin.get(name))["data"]
        found[name] = rows[0]["id"] if rows else 1
    return found


@pytest.fixture
def api(keys, settings):
    settings.API_REQUESTS_PER_SECOND = {"read": 10**6, "write": 10**6}
    return keys[Role.ADMINISTRATOR]


def operations(method):
    schema = SchemaGenerator().get_schema(request=None, public=True)
    for path, methods in schema["paths"].items():
        if method in methods:
            yield path, methods[method], schema["components"]["schemas"]


def address(path, world):
    resource = path.split("/")[3]
    filled = path.replace("{id}", str(world.get(resource, 1))).removeprefix("/api/v1/")
    filled = filled.replace("{line_id}", str(world["line"]))
    return filled.replace("{contact_id}", "1").replace("{option_id}", "1")


def body_of(operation, schemas):
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return schemas[content["schema"]["$ref"].rpartition("/")[2]] if content else None


def plausible(shape, schemas):
    """A body of the right types, whose values may still be refused."""
    examples = {"integer": 1, "boolean": True, "array": [], "object": {}, "string": "1"}
    body = {}
    for name, described in shape["properties"].items():
        if "$ref" in described:
            body[name] = plausible(schemas[described["$ref"].rpartition("/")[2]], schemas)
        else:
            kind = described.get("type", "string")
            body[name] = examples[kind if isinstance(kind, str) else kind[0]]
        if described.get("format") == "date":
            body[name] = "2026-11-24"
        if described.get("format") == "email":
            body[name] = "a@b.example"
        if described.get("enum"):
            body[name] = described["enum"][0]
    return body


def test_nasty_bodies_are_refused_not_fallen_over(api, world):
    crashed = []

    def send(method, path, body):
        extra = {"etag": '"1"'} if method == "patch" else {}
        answer = getattr(api, method)(address(path, world), body, **extra)
        if answer.status_code >= 500:
            crashed.append((method, path, repr(body)[:200]))
        return answer

    for method in ("post", "patch", "put"):
        for path, operation, schemas in operations(method):
            if (shape := body_of(operation, schemas)) is not None:
                good = plausible(shape, schemas)
                if send(method, path, good).status_code != 404:  # else no body is looked at
                    spoil(partial(send, method, path), good)
    assert not crashed, "\n".join(map(str, crashed))


def spoil(send, good):
    """Send what is wrong as a whole, then with each field spoilt."""
    for body in (*NASTY, {}, {"surprise": 1}):
        send(body)
    for nasty in NASTY:
        # Fields are read side by side, so those refused together need not be asked one by one.
        refused = fields_refused(send(dict.fromkeys(good, nasty)))
        for name in good.keys() - refused:
            send(good | {name: nasty})


def fields_refused(answer):
    """Those whose value could not be read, before anything was done."""
    problem = answer.json()
    errors = problem["errors"] if problem.get("code") == "invalid" else []
    return {error["pointer"].split("/")[1] for error in errors if "/" in error["pointer"]}


def test_nasty_parameters_are_refused_not_fallen_over(api, world):
    crashed = []
    for path, operation, _ in operations("get"):
        names = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"]
        values = ["", "\x00", "x" * 5000, "10" * 30, "in:,", "9999-12-31T23:59:59-12:00"]
        # A name nobody knows is refused before its value is looked at.
        for name in [*names, "surprise", "created[]", "["]:
            for nasty in values if name in names else values[:1]:
                answer = api.get(address(path, world), **{name: nasty})
                if answer.status_code >= 500:
                    crashed.append((path, name, nasty[:50]))
    assert not crashed, "\n".join(map(str, crashed))


def test_odd_names_of_documents_are_not_found(api, world):
    for name in ("0", "9" * 18, "9" * 19, "-1", "%00", "a" * 500, "..", "٣", "1;drop"):
        for resource in world.keys() - {"line"}:
            assert api.get(f"{resource}/{name}").status_code == 404, (resource, name)
