from q2c.customers.models import Customer
from q2c.infra.bus import history
from tests.api.test_core import ADDRESS, body, problem  # noqa: F401


def test_a_customer_is_created_whole(api, body, rep):  # noqa: F811
    made = api.post("customers", body | {"shipping_address": ADDRESS | {"country": "fr"}}).json()
    customer = Customer.objects.get()
    assert made["number"] == customer.number == "C-000001"
    assert made["owner_id"] == rep.pk
    assert [(a["kind"], a["country"]) for a in made["addresses"]] == [
        ("billing", "DE"),
        ("shipping", "FR"),
    ]
    assert [(c["name"], c["is_primary"]) for c in made["contacts"]] == [("Ole", True)]
    assert api.get(f"customers/{made['id']}").json() == made
    event = history("customer", customer.pk).get()
    assert (event.actor, bool(event.request_id)) == (rep, True)


def test_addresses_and_contacts_are_parts_of_the_customer(api, customer):
    path = f"customers/{customer.pk}"
    assert api.put(f"{path}/billing-address", ADDRESS).json()["addresses"][0]["city"] == "Kiel"
    assert len(api.put(f"{path}/shipping-address", ADDRESS).json()["addresses"]) == 2
    assert len(api.delete(f"{path}/shipping-address").json()["addresses"]) == 1
    problem(api.delete(f"{path}/shipping-address"), 422, "refused")
    jan = {"name": "Jan", "email": "jan@x.example"}
    added = api.post(f"{path}/contacts", jan)
    assert added.status_code == 201
    contact = next(c for c in added.json()["contacts"] if c["name"] == "Jan")
    changed = api.put(f"{path}/contacts/{contact['id']}", jan | {"name": "Jan K."})
    assert "Jan K." in [c["name"] for c in changed.json()["contacts"]]
    assert len(api.delete(f"{path}/contacts/{contact['id']}").json()["contacts"]) == 1
    problem(api.delete(f"{path}/contacts/999"), 422, "refused")


def test_fields_nobody_may_set_are_refused(api, customer):
    for name, value in (("id", 7), ("number", "C-9"), ("version", 9), ("created_at", "2020-01-01")):
        answer = api.patch(f"customers/{customer.pk}", {name: value}, etag='"1"')
        problem(answer, 422, "invalid")
    assert Customer.objects.get().number == "C-000001"
