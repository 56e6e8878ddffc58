from decimal import Decimal

import pytest

from q2c.catalog.models import Product, ProductCost, StandalonePrice
from tests.api.test_core import problem

ROUTER = {
    "sku": "R2", "name": "Router", "kind": "goods", "revenue_pattern": "point_in_time",
}  # fmt: skip


@pytest.fixture
def api(api_for, admin):
    return api_for(admin)


def test_a_product_with_price_and_no_cost_in_sight(api):
    made = api.post("products", ROUTER)
    assert made.status_code == 201
    assert "cost" not in made.content.decode()
    price = {"amount": "189.90", "currency": "EUR", "starts_on": "2026-01-01"}
    priced = api.post("products/R2/standalone-prices", price).json()
    assert priced["standalone_prices"] == [
        {
            "id": StandalonePrice.objects.get().pk,
            "amount": "189.9",
            "currency": "EUR",
            "starts_on": "2026-01-01",
        }
    ]
    cost = api.post("products/R2/costs", price | {"amount": "95.5"})
    assert "95.5" not in cost.content.decode()
    assert ProductCost.objects.get().amount == Decimal("95.5")
    changed = api.patch("products/R2", {"name": "Router 2"}, etag='"3"')
    assert changed.json()["name"] == "Router 2"


def test_a_bundle_is_filled_and_never_holds_itself(api):
    bundle = api.post("products", ROUTER | {"sku": "B", "kind": "bundle"}).json()
    router = api.post("products", ROUTER).json()
    groups = api.post("products/B/option-groups", {"name": "Hall", "max_options": 1}).json()
    option = {
        "product_id": router["id"], "max_quantity": 3, "discount_percent": "12.5",
        "group_id": groups["option_groups"][0]["id"],
    }  # fmt: skip
    filled = api.post(f"products/{bundle['id']}/options", option).json()
    assert [(o["sku"], o["max_quantity"]) for o in filled["options"]] == [("R2", 3)]
    assert filled["options"][0]["discount_percent"] == "12.5"
    rule = {"kind": "excludes", "product_id": router["id"], "other_id": router["id"]}
    problem(api.post("products/B/option-rules", rule), 422, "refused")
    circle = api.post("products/B/options", {"product_id": bundle["id"]})
    refused = problem(circle, 422, "refused")
    assert refused["errors"][0]["pointer"] == "/product_id"
    emptied = api.delete(f"products/B/options/{filled['options'][0]['id']}").json()
    assert emptied["options"] == []


def test_reps_read_and_managers_write(api_for, rep, api):
    api.post("products", ROUTER)
    reader = api_for(rep)
    listed = reader.get("products", kind="in:goods,service").json()
    assert [row["sku"] for row in listed["data"]] == ["R2"]
    problem(reader.post("products", ROUTER | {"sku": "R3"}), 403, "not_allowed")
    problem(reader.get("products", kind="thing"), 400, "bad_parameter")
    assert Product.objects.count() == 1
