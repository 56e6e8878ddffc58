from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from q2c.catalog.actions import (
    OptionDraft,
    TaxRateDraft,
    add_tax_rate,
    create_product,
    edit_product,
    end_tax_rate,
    remove_bundle_option,
    set_bundle_option,
    set_cost,
    set_standalone_price,
)
from q2c.catalog.models import BundleOption, Product, ProductVersion, TaxRate
from q2c.catalog.queries import (
    Costs,
    find_products,
    standalone_price,
    version_content,
    version_of,
    versions,
)
from q2c.infra.bus import history
from q2c.kernel.errors import NotAllowed, Refused, StaleVersion
from q2c.kernel.money import Rate
from tests.customers.conftest import NOON

ROUTER = {
    "sku": "router", "name": "Router", "kind": "goods", "revenue_pattern": "point_in_time",
}  # fmt: skip


@pytest.fixture
def product(admin):
    def product(sku, **changes):
        return create_product({**ROUTER, "sku": sku, **changes}, by=admin, at=NOON)

    return product


def test_a_product_is_created_with_its_history(admin):
    router = create_product(ROUTER, by=admin, at=NOON)
    assert (router.sku, router.unit, router.tax_class) == ("ROUTER", "piece", "standard")
    assert history("product", router.pk).get().name == "ProductCreated"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sku": "a b"}, "sku"),
        ({"name": " "}, "name"),
        ({"kind": "thing"}, "kind"),
        ({"tax_class": "none"}, "tax_class"),
        ({"min_margin_percent": Decimal(101)}, "min_margin_percent"),
        ({"starts_on": date(2026, 2, 1), "ends_on": date(2026, 2, 1)}, "ends_on"),
        ({"attributes": [{"name": "Speed", "value": ""}]}, "attributes"),
        ({"attributes": [{"name": n, "value": "1"} for n in ("Speed", "speed")]}, "attributes"),
        ({"translations": {"it": {"name": "Router"}}}, "translations"),
    ],
)
def test_a_bad_field_is_named(admin, changes, field):
    with pytest.raises(Refused) as refusal:
        create_product({**ROUTER, **changes}, by=admin, at=NOON)
    assert refusal.value.field == field
    assert not Product.objects.exists()


def test_a_sku_names_one_product(product, admin):
    product("ROUTER")
    with pytest.raises(Refused, match="There is a product ROUTER already"):
        product("Router")


def test_edits_need_the_permission_and_the_version(product, admin, counsel):
    router = product("ROUTER")
    with pytest.raises(NotAllowed):
        edit_product(router.pk, {"name": "R2"}, seen=1, by=counsel, at=NOON)
    edit_product(router.pk, {"name": "R2"}, seen=1, by=admin, at=NOON)
    with pytest.raises(StaleVersion):
        edit_product(router.pk, {"name": "R3"}, seen=1, by=admin, at=NOON)
    router.refresh_from_db()
    assert (router.name, router.version) == ("R2", 2)


def test_a_bundle_holds_options_and_never_itself(product, admin):
    outer, inner = product("OUTER", kind="bundle"), product("INNER", kind="bundle")
    router = product("ROUTER")
    once = OptionDraft(max_quantity=2, default_quantity=1)
    set_bundle_option(inner.pk, router.pk, once, by=admin, at=NOON)
    set_bundle_option(outer.pk, inner.pk, once, by=admin, at=NOON)
    outer.name, inner.name = "Outer", "Inner"
    Product.objects.bulk_update([outer, inner], ["name"])
    for bundle, part, circle in (
        (outer, outer, "Outer → Outer"),
        (inner, outer, "Inner → Outer → Inner"),
    ):
        with pytest.raises(Refused, match=f"cannot stand within itself: {circle}") as refusal:
            set_bundle_option(bundle.pk, part.pk, once, by=admin, at=NOON)
        assert refusal.value.field == "product"
    with pytest.raises(Refused, match="no bundle"):
        set_bundle_option(router.pk, outer.pk, once, by=admin, at=NOON)
    assert BundleOption.objects.count() == 2


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (OptionDraft(min_quantity=3, max_quantity=2, default_quantity=3), "max_quantity"),
        (OptionDraft(min_quantity=1, max_quantity=2, default_quantity=0), "default_quantity"),
        (OptionDraft(max_quantity=10_000), "max_quantity"),
    ],
)
def test_an_options_quantities_are_in_order(product, admin, draft, field):
    bundle, router = product("B", kind="bundle"), product("R")
    with pytest.raises(Refused) as refusal:
        set_bundle_option(bundle.pk, router.pk, draft, by=admin, at=NOON)
    assert refusal.value.field == field


def test_an_option_is_changed_in_place_and_removed(product, admin):
    bundle, router = product("B", kind="bundle"), product("R")
    set_bundle_option(bundle.pk, router.pk, OptionDraft(), by=admin, at=NOON)
    option = set_bundle_option(
        bundle.pk, router.pk, OptionDraft(max_quantity=5, default_quantity=2), by=admin, at=NOON
    )
    assert BundleOption.objects.get() == option
    assert history("product", bundle.pk)[0].changes == {
        "option R": ["0–1, first 0", "0–5, first 2"]
    }
    with pytest.raises(Refused, match="Remove the bundle's options"):
        edit_product(bundle.pk, {"kind": "goods"}, seen=None, by=admin, at=NOON)
    remove_bundle_option(bundle.pk, option.pk, by=admin, at=NOON)
    with pytest.raises(Refused, match="no such option"):
        remove_bundle_option(bundle.pk, option.pk, by=admin, at=NOON)


def test_the_standalone_price_of_a_day_is_the_latest_that_started(product, admin):
    router = product("R")
    for amount, starts_on in (("100", date(2026, 1, 1)), ("120", date(2026, 7, 1))):
        rate = Rate(Decimal(amount), "EUR")
        set_standalone_price(router.pk, rate, starts_on=starts_on, by=admin, at=NOON)
    assert standalone_price(router.pk, "EUR", on=date(2025, 12, 31)) is None
    assert standalone_price(router.pk, "EUR", on=date(2026, 6, 30)).amount == 100
    assert standalone_price(router.pk, "EUR", on=date(2026, 7, 1)).amount == 120
    with pytest.raises(Refused, match="negative"):
        set_standalone_price(
            router.pk, Rate(Decimal(-1), "EUR"), starts_on=date(2026, 1, 1), by=admin, at=NOON
        )


def test_a_new_tax_rate_ends_the_one_before_it(admin, rep):
    old = TaxRateDraft(
        country="DE", tax_class="standard", percent=Decimal(19), starts_on=date(2026, 1, 1)
    )
    new = TaxRateDraft(
        country="DE", tax_class="standard", percent=Decimal(21), starts_on=date(2027, 1, 1)
    )
    with pytest.raises(NotAllowed):
        add_tax_rate(old, by=rep, at=NOON)
    add_tax_rate(old, by=admin, at=NOON)
    added = add_tax_rate(new, by=admin, at=NOON)
    assert list(TaxRate.objects.order_by("starts_on").values_list("percent", "ends_on")) == [
        (19, date(2027, 1, 1)),
        (21, None),
    ]
    with pytest.raises(Refused, match="kept already"):
        add_tax_rate(new, by=admin, at=NOON)
    with pytest.raises(Refused, match="end it after that"):
        end_tax_rate(added.pk, on=date(2027, 1, 1), by=admin, at=NOON)
    assert end_tax_rate(added.pk, on=date(2028, 1, 1), by=admin, at=NOON).ends_on == date(
        2028, 1, 1
    )


def test_search_leaves_out_what_is_retired(product, admin):
    router = product("ROUTER")
    edit_product(product("ROUTER-OLD").pk, {"is_active": False}, seen=None, by=admin, at=NOON)
    assert find_products("router") == [router]


def test_every_change_leaves_a_version_that_nothing_changes(product, admin):
    router = product("R")
    for _ in range(2):  # what says the same again is no change
        set_cost(router.pk, Rate(Decimal(95), "EUR"), starts_on=date(2026, 1, 1), by=admin, at=NOON)
    edit_product(router.pk, {"name": "R 2"}, seen=2, by=admin, at=NOON)
    latest, priced, first = versions(router.pk, with_margin=True)
    assert latest.changes == [("Name", "Router", "R 2")]
    assert priced.changes == [("Costs › EUR › 01 Jan 2026", "", "95")]
    assert (first.number, first.by, first.changes) == (1, admin.full_name, [])
    assert versions(router.pk, with_margin=False)[1].changes == []
    router.refresh_from_db()
    assert version_of(router) == 3
    assert version_content(router.pk, 1, with_margin=False)["name"] == "Router"
    with pytest.raises(DatabaseError, match="final"), transaction.atomic():
        ProductVersion.objects.update(version=9)


def test_a_product_from_before_versions_keeps_what_it_was_at_its_first_change(admin):
    old = Product.objects.create(
        sku="OLD", name="Old", kind="goods", revenue_pattern="point_in_time", created_at=NOON
    )
    edit_product(old.pk, {"name": "New"}, seen=1, by=admin, at=NOON)
    assert version_content(old.pk, 1, with_margin=True)["name"] == "Old"


def test_the_cost_of_a_day_is_known_by_currency(product, admin):
    router = product("R")
    for amount, currency, on in ((90, "EUR", 1), (95, "EUR", 7), (100, "USD", 7)):
        rate, starts_on = Rate(Decimal(amount), currency), date(2026, on, 1)
        set_cost(router.pk, rate, starts_on=starts_on, by=admin, at=NOON)
    costs = Costs([router.pk])
    assert costs.of(router.pk, "EUR", on=date(2026, 6, 30)) == 90
    assert costs.of(router.pk, "EUR", on=date(2026, 7, 1)) == 95
    assert costs.of(router.pk, "USD", on=date(2026, 6, 30)) is None
