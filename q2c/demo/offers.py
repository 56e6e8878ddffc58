"""The demo company's telecom offer: mobile and internet plans, devices, add-ons, in bundles."""

import io
from datetime import datetime
from decimal import Decimal

from PIL import Image, ImageDraw

from q2c.catalog.actions import (
    GroupDraft,
    OptionDraft,
    RuleDraft,
    add_picture,
    create_product,
    set_bundle_option,
    set_cost,
    set_option_group,
    set_option_rule,
    set_standalone_price,
)
from q2c.catalog.models import Product
from q2c.demo.company import FACTORS, START
from q2c.demo.languages import called
from q2c.identity.models import User
from q2c.kernel.money import Rate
from quotes.models import Price, PriceBook

# sku, name, category, kind, unit, list price in EUR, cost, attributes
PRODUCTS = [
    ("MOB-S", "Mobile S", "Mobile plans", "subscription", "line", "12", "4",
     {"Data": "5 GB", "Calls": "100 minutes"}),
    ("MOB-M", "Mobile M", "Mobile plans", "subscription", "line", "22", "7",
     {"Data": "25 GB", "Calls": "unlimited"}),
    ("MOB-L", "Mobile L", "Mobile plans", "subscription", "line", "38", "12",
     {"Data": "unlimited", "Calls": "unlimited"}),
    ("SIM", "SIM card", "Mobile plans", "goods", "piece", "5", "1.20", {}),
    ("PHONE-A6", "Phone A6", "Devices", "goods", "piece", "249", "190",
     {"Screen": "6.1 inch", "Storage": "128 GB"}),
    ("PHONE-P9", "Phone P9 Pro", "Devices", "goods", "piece", "899", "720",
     {"Screen": "6.7 inch", "Storage": "512 GB"}),
    ("ROAM-EU", "Roaming Europe", "Mobile add-ons", "subscription", "line", "4",
     "1", {"Countries": "38"}),
    ("ROAM-WORLD", "Roaming World", "Mobile add-ons", "subscription", "line", "15",
     "6", {"Countries": "120"}),
    ("DATA-10", "Data pack 10 GB", "Mobile add-ons", "subscription", "line",
     "5", "1", {}),
    ("DATA-50", "Data pack 50 GB", "Mobile add-ons", "subscription", "line",
     "12", "3", {}),
    ("MOB-SETUP", "Mobile set-up", "Set-up", "service", "order", "49",
     "20", {}),
    ("NET-250", "Fibre 250", "Internet plans", "subscription", "access", "39",
     "14", {"Download": "250 Mbit/s", "Upload": "100 Mbit/s"}),
    ("NET-500", "Fibre 500", "Internet plans", "subscription", "access", "49",
     "17", {"Download": "500 Mbit/s", "Upload": "250 Mbit/s"}),
    ("NET-1000", "Fibre 1000", "Internet plans", "subscription", "access", "69",
     "23", {"Download": "1000 Mbit/s", "Upload": "500 Mbit/s"}),
    ("NET-ROUTER", "Fibre router F7", "Devices", "goods", "piece", "129",
     "78", {"Wi-Fi": "7", "Ports": "4 × 2.5 Gbit/s"}),
    ("NET-SETUP", "Fibre set-up", "Set-up", "service", "visit", "99",
     "60", {}),
    ("NET-IP", "Static IP address", "Internet add-ons", "subscription",
     "address", "8", "1", {}),
    ("TV-BASE", "TV basic", "Television", "subscription", "screen", "9", "4",
     {"Channels": "90"}),
    ("TV-SPORT", "TV sports", "Television", "subscription", "screen", "12", "7", {}),
    ("TV-FILMS", "TV films", "Television", "subscription", "screen", "8", "4", {}),
]  # fmt: skip
BUNDLES = [
    ("MOBILE", "Mobile line", "A plan with its SIM, device and add-ons."),
    ("TVPACK", "TV pack", "Television on the fibre line."),
    ("INTERNET", "Fibre internet", "A fibre line with its router."),
    ("CONNECT", "Business Connect", "Fibre and mobile lines on one bill."),
]
# bundle, group, parent, at least, at most
GROUPS = [
    ("MOBILE", "Plan", None, 1, 1),
    ("MOBILE", "Device", None, 0, 1),
    ("MOBILE", "Add-ons", None, 0, None),
    ("MOBILE", "Roaming", "Add-ons", 0, 1),
    ("MOBILE", "Data", "Add-ons", 0, 1),
    ("TVPACK", "Extras", None, 0, 2),
    ("INTERNET", "Speed", None, 1, 1),
    ("INTERNET", "Add-ons", None, 0, None),
]
# bundle, product, group, least, most, first, follows the bundle, per cent off
OPTIONS = [
    ("MOBILE", "MOB-S", "Plan", 0, 1, 0, True, 0),
    ("MOBILE", "MOB-M", "Plan", 0, 1, 1, True, 0),
    ("MOBILE", "MOB-L", "Plan", 0, 1, 0, True, 0),
    ("MOBILE", "SIM", None, 1, 1, 1, True, 0),
    ("MOBILE", "PHONE-A6", "Device", 0, 1, 0, True, 20),
    ("MOBILE", "PHONE-P9", "Device", 0, 1, 0, True, 10),
    ("MOBILE", "ROAM-EU", "Roaming", 0, 1, 0, True, 0),
    ("MOBILE", "ROAM-WORLD", "Roaming", 0, 1, 0, True, 0),
    ("MOBILE", "DATA-10", "Data", 0, 1, 0, True, 0),
    ("MOBILE", "DATA-50", "Data", 0, 1, 0, True, 0),
    ("MOBILE", "MOB-SETUP", None, 1, 1, 1, False, 0),
    ("TVPACK", "TV-BASE", None, 1, 1, 1, True, 0),
    ("TVPACK", "TV-SPORT", "Extras", 0, 1, 0, True, 0),
    ("TVPACK", "TV-FILMS", "Extras", 0, 1, 0, True, 25),
    ("INTERNET", "NET-250", "Speed", 0, 1, 0, True, 0),
    ("INTERNET", "NET-500", "Speed", 0, 1, 1, True, 0),
    ("INTERNET", "NET-1000", "Speed", 0, 1, 0, True, 0),
    ("INTERNET", "NET-ROUTER", None, 1, 1, 1, True, 0),
    ("INTERNET", "NET-SETUP", None, 1, 1, 1, False, 0),
    ("INTERNET", "NET-IP", "Add-ons", 0, 8, 0, True, 0),
    ("INTERNET", "TVPACK", "Add-ons", 0, 1, 0, True, 0),
    ("CONNECT", "INTERNET", None, 1, 1, 1, True, 10),
    ("CONNECT", "MOBILE", None, 0, 50, 2, True, 15),
]
# bundle, product, rule, other, counts what the customer has, what is told
RULES = [
    ("INTERNET", "NET-IP", "excludes", "NET-250", False,
     "A static IP address needs Fibre 500 or faster: choose a faster plan or leave it out."),
    ("INTERNET", "TVPACK", "excludes", "TV", True, "End the old television first."),
    ("MOBILE", "PHONE-P9", "excludes", "MOB-S", False,
     "The Phone P9 Pro comes with Mobile M or L: choose one of them or another device."),
]  # fmt: skip


def offer(by: User, *, at: datetime) -> None:
    """Create the offer, once, through the same actions as the pages."""
    if Product.objects.filter(sku=BUNDLES[-1][0]).exists():
        return
    for sku, *_ in PRODUCTS:
        _product(sku, by, at=at)
    for sku, name, words in BUNDLES:
        values = {
            "sku": sku, "name": name, "description": words, "category": "Bundles",
            "kind": "bundle", "unit": "bundle", "revenue_pattern": "over_time",
            "translations": called(sku),
        }  # fmt: skip
        create_product(values, by=by, at=at)
    _prices()
    _choices(by, at=at)
    for sku, shape in (("PHONE-A6", (70, 15)), ("PHONE-P9", (62, 8)), ("NET-ROUTER", (25, 60))):
        product = Product.objects.get(sku=sku)
        add_picture(product.pk, _picture(*shape), description=product.name, by=by, at=at)


def _product(sku: str, by: User, *, at: datetime) -> None:
    row = next(row for row in PRODUCTS if row[0] == sku)
    _, name, category, kind, unit, price, cost, attributes = row
    values = {
        "sku": sku, "name": name, "category": category, "kind": kind, "unit": unit,
        "revenue_pattern": "over_time" if kind == "subscription" else "point_in_time",
        "attributes": [{"name": n, "value": v} for n, v in attributes.items()],
        "translations": called(sku),
        "min_margin_percent": Decimal(10) if kind == "goods" else Decimal(30),
    }  # fmt: skip
    product = create_product(values, by=by, at=at)
    for currency, factor in FACTORS:
        amounts = {set_standalone_price: price, set_cost: cost}
        for act, amount in amounts.items():
            rate = Rate(Decimal(amount) * factor, currency)
            act(product.pk, rate, starts_on=START, by=by, at=at)


def _prices() -> None:
    products = {product.sku: product for product in Product.objects.all()}
    for currency, factor in FACTORS:
        book = PriceBook.objects.get(name=f"List prices {currency}")
        Price.objects.bulk_create(
            Price(
                price_book=book,
                product=products[sku],
                charge_kind="recurring" if kind == "subscription" else "one_time",
                months=1 if kind == "subscription" else 0,
                charge_model="per_unit",
                unit_price=Decimal(price) * factor,
                starts_on=START,
            )
            for sku, _, _, kind, _, price, *_ in PRODUCTS
        )


def _choices(by: User, *, at: datetime) -> None:
    ids = dict(Product.objects.values_list("sku", "pk"))
    groups: dict[tuple[str, str | None], int | None] = {}
    for bundle, name, parent, least, most in GROUPS:
        draft = GroupDraft(
            name=name, parent_id=groups.get((bundle, parent)), min_options=least, max_options=most
        )
        groups[bundle, name] = set_option_group(ids[bundle], draft, by=by, at=at).pk
    for bundle, sku, group, least, most, first, follows, off in OPTIONS:
        option = OptionDraft(
            group_id=groups.get((bundle, group)),
            min_quantity=least,
            max_quantity=most,
            default_quantity=first,
            follows_parent=follows,
            discount_percent=Decimal(off),
        )
        set_bundle_option(ids[bundle], ids[sku], option, by=by, at=at)
    for bundle, sku, kind, other, counts_owned, words in RULES:
        rule = RuleDraft(
            kind=kind,
            product_id=ids[sku],
            other_id=ids[other],
            counts_owned=counts_owned,
            message=words,
        )
        set_option_rule(ids[bundle], rule, by=by, at=at)


def _picture(aside: int, above: int) -> bytes:
    """Draw a device as a plain shape with a screen."""
    picture = Image.new("RGB", (200, 160), "#eef1f8")
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((aside, above, 200 - aside, 160 - above), 10, fill="#29304a")
    pen.rounded_rectangle((aside + 6, above + 8, 194 - aside, 152 - above), 5, fill="#7fa4ff")
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
