from base64 import b64decode
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import ImageFile

from q2c.catalog.actions import create_product
from q2c.catalog.models import BundleOption, OptionGroup, Product, TaxRate
from q2c.catalog.queries import described
from tests.catalog.test_actions import ROUTER
from tests.customers.conftest import NOON

FORM = {
    "sku": "R2", "name": "Router R2", "kind": "goods", "unit": "piece", "tax_class": "standard",
    "revenue_pattern": "point_in_time", "is_active": "on",
}  # fmt: skip
PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@pytest.fixture
def as_admin(client, admin):
    client.force_login(admin)
    return client


def test_a_product_is_created_listed_edited_and_retired(as_admin):
    answer = as_admin.post(reverse("catalog:new"), FORM)
    router = Product.objects.get()
    assert answer.url == reverse("catalog:detail", args=[router.pk])
    edit = reverse("catalog:edit", args=[router.pk])
    assert as_admin.post(edit, FORM | {"is_active": "", "version": "1"}).status_code == 302
    assert as_admin.post(edit, FORM | {"version": "1"}).status_code == 409
    assert "Router R2" not in as_admin.get(reverse("catalog:list")).content.decode()
    retired = as_admin.get(reverse("catalog:list"), {"sold": "retired"})
    assert "Router R2" in retired.content.decode()


def test_mistakes_stand_beside_their_fields(as_admin):
    as_admin.post(reverse("catalog:new"), FORM)
    answer = as_admin.post(reverse("catalog:new"), FORM | {"min_margin_percent": "-1"})
    assert answer.status_code == 422
    assert "min_margin_percent" in answer.context["form"].errors
    answer = as_admin.post(reverse("catalog:new"), FORM)
    assert answer.context["form"].errors["sku"] == ["There is a product R2 already."]


def test_costs_are_for_those_who_see_margins(client, as_admin, counsel):
    as_admin.post(reverse("catalog:new"), FORM | {"min_margin_percent": "40"})
    router = Product.objects.get()
    url = reverse("catalog:detail", args=[router.pk])
    cost = {"currency": "EUR", "amount": "95.50", "starts_on": "2026-01-01"}
    assert as_admin.post(reverse("catalog:cost_new", args=[router.pk]), cost).status_code == 302
    seen = as_admin.get(url).content.decode()
    assert "95.50" in seen
    assert "40 %" in seen
    as_admin.post(reverse("catalog:cost_remove", args=[router.pk, router.costs.get().pk]))
    client.force_login(counsel)
    then = reverse("catalog:version", args=[router.pk, 2])
    for page in (url, then):
        shown = client.get(page).content.decode()
        assert "95.5" not in shown
        assert "Min margin percent" not in shown
    assert client.get(reverse("catalog:new")).status_code == 403


def test_attributes_categories_and_translations_are_edited_as_rows(as_admin):
    rows = {
        "category": "Routers", "attributes-name": ["Ports", "Wi-Fi", ""],
        "attributes-value": ["4", "6E", ""], "translations-de-name": "Router R2 schwarz",
    }  # fmt: skip
    as_admin.post(reverse("catalog:new"), FORM | rows)
    router = Product.objects.get()
    assert router.attributes == [{"name": "Ports", "value": "4"}, {"name": "Wi-Fi", "value": "6E"}]
    assert described(router, "de") == ("Router R2 schwarz", "")
    assert described(router, "fr") == ("Router R2", "")
    listed = as_admin.get(reverse("catalog:list"), {"category": "Routers", "kind": "goods"})
    assert "Router R2" in listed.content.decode()
    half = as_admin.post(reverse("catalog:new"), FORM | {"sku": "X", "attributes-name": "Ports",
                         "attributes-value": ""})  # fmt: skip
    assert half.context["form"].errors["attributes"] == ["Each attribute has a name and a value."]


def test_a_picture_is_what_it_holds_not_what_it_is_called(as_admin, client, monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as WeasyPrint leaves it
    as_admin.post(reverse("catalog:new"), FORM)
    router = Product.objects.get()
    url = reverse("catalog:picture_new", args=[router.pk])
    for content, words in (
        (b"<svg onload='alert(1)'/>", "Choose a picture: PNG, JPEG or WebP."),
        (PNG[:45], "The picture is broken off or damaged"),
        (b"GIF89a" + bytes(20), "Choose a picture: PNG, JPEG or WebP."),
    ):
        bad = as_admin.post(url, {"picture": SimpleUploadedFile("router.png", content)})
        assert words in bad.content.decode()
    good = {"picture": SimpleUploadedFile("x.exe", PNG), "description": "From the front"}
    assert as_admin.post(url, good).status_code == 302
    shown = as_admin.get(reverse("catalog:detail", args=[router.pk])).content.decode()
    address = reverse("catalog:picture", args=[router.pictures.get().blob_id])
    assert address in shown
    client.logout()
    served = client.get(address)
    assert (served.content, served["Content-Type"]) == (PNG, "image/png")
    assert "immutable" in served["Cache-Control"]


def test_options_prices_and_circles(as_admin, admin):
    bundle = create_product({**ROUTER, "sku": "B", "kind": "bundle"}, by=admin, at=NOON)
    router = create_product(ROUTER, by=admin, at=NOON)
    new = reverse("catalog:option_new", args=[bundle.pk])
    as_admin.post(
        reverse("catalog:group_new", args=[bundle.pk]), {"name": "Hall", "min_options": 1}
    )
    option = {
        "product": router.pk, "min_quantity": 0, "max_quantity": 2, "default_quantity": 1,
        "discount_percent": "10", "follows_parent": "on", "group": OptionGroup.objects.get().pk,
    }  # fmt: skip
    assert as_admin.post(new, option | {"default_quantity": 3}).status_code == 422
    assert as_admin.post(new, option | {"product": bundle.pk}).status_code == 422
    assert as_admin.post(new, option).status_code == 302
    row = BundleOption.objects.get()
    edit = reverse("catalog:option_edit", args=[bundle.pk, row.pk])
    assert as_admin.post(edit, option | {"max_quantity": 5}).status_code == 302
    price = {"currency": "EUR", "amount": "189.90", "starts_on": "2026-01-01"}
    assert as_admin.post(reverse("catalog:price_new", args=[router.pk]), price).status_code == 302
    assert "189.90" in as_admin.get(reverse("catalog:detail", args=[router.pk])).content.decode()
    page = as_admin.get(reverse("catalog:detail", args=[bundle.pk])).content.decode()
    assert edit in page
    assert "choose at least 1" in page
    assert "−10" in page
    phone = create_product({**ROUTER, "sku": "P"}, by=admin, at=NOON)
    rule = {"product": router.pk, "kind": "excludes", "other": phone.pk}
    rules = reverse("catalog:rule_new", args=[bundle.pk])
    assert as_admin.post(rules, rule).status_code == 422  # the phone stands elsewhere
    assert as_admin.post(rules, rule | {"counts_owned": "on"}).status_code == 302
    remove = reverse("catalog:option_remove", args=[bundle.pk, row.pk])
    refused = as_admin.post(remove)
    assert "remove the rule first" in refused.content.decode()
    as_admin.post(reverse("catalog:rule_remove", args=[bundle.pk, bundle.option_rules.get().pk]))
    as_admin.post(reverse("catalog:option_remove", args=[bundle.pk, row.pk]))
    assert not BundleOption.objects.exists()


def test_tax_rates_are_seen_by_all_and_kept_by_administrators(client, as_admin, rep):
    add = reverse("catalog:tax_rate_add")
    rate = {"country": "DE", "tax_class": "standard", "percent": "19", "starts_on": "2026-01-01"}
    assert as_admin.post(add, rate).status_code == 302
    answer = as_admin.post(add, rate)
    assert answer.status_code == 422
    assert "kept already" in answer.context["form"].errors["starts_on"][0]
    row = TaxRate.objects.get()
    end = reverse("catalog:tax_rate_end", args=[row.pk])
    assert as_admin.post(end, {"ends_on": "2027-01-01"}).status_code == 302
    row.refresh_from_db()
    assert row.ends_on == date(2027, 1, 1)
    client.force_login(rep)
    assert "19 %" in client.get(reverse("catalog:tax_rates")).content.decode()
    assert client.post(add, rate).status_code == 403


def test_a_product_that_was_brought_in_has_a_page_before_its_first_version(as_admin):
    router = Product.objects.create(**{**FORM, "is_active": True}, created_at=NOON)
    assert not router.versions.exists()
    assert as_admin.get(f"/products/{router.pk}/").status_code == 200
