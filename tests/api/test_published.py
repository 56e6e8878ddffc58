"""Worked examples that vendors publish, through the API alone: prices, rules, a quote, its lines."""

from itertools import count

import pytest

from q2c.identity.models import User
from q2c.identity.roles import Role
from quotes.models import PriceRule
from tests.api.test_path import a_customer, ok


@pytest.fixture
def sales(keys):
    return keys[Role.SALES_REP]


@pytest.fixture
def customer(sales, entities):
    return a_customer(sales, entities["DE"])


@pytest.fixture
def shop(keys, sales, customer, api_for):
    """A price book of examples: `shop(line, …)` quotes them and is what each costs a period."""
    PriceRule.objects.update(is_active=False)
    numbers, boss = count(1), User.objects.filter(role=Role.SALES_MANAGER.value).first()
    book = ok(
        keys[Role.SALES_MANAGER].post("price-books", {"name": "Examples", "currency": "EUR"}), 201
    )

    def made(line):
        manager = api_for(boss)  # of its own, because a key may ask so often a minute only
        sku = line.get("sku") or f"X{next(numbers)}"
        once = line.get("months", 1) == 0
        product = {
            "sku": sku, "name": sku, "kind": line.get("kind", "service" if once else "subscription"),
            "revenue_pattern": "point_in_time" if once else "over_time",
        }  # fmt: skip
        product = ok(manager.post("products", product), 201)
        cost = {"amount": line.get("cost", "0"), "currency": "EUR", "starts_on": "2020-01-01"}
        ok(manager.post(f"products/{product['id']}/costs", cost), 201)
        price = {
            "product_id": product["id"], "months": 1, "starts_on": "2020-01-01",
            "charge_model": "per_unit", **line["price"],
        }  # fmt: skip
        ok(manager.post(f"price-books/{book['id']}/prices", price), 201)
        for rule in line.get("rules", ()):
            a_rule(manager, rule, sku)
        return {"product_id": product["id"], "quantity": line.get("quantity", 1)}

    def a_rule(manager, rule, sku):
        of_it = {"field": "product", "operator": "is", "value": rule.get("on", [sku])}
        body = {
            "name": f"Rule {next(numbers)}", "currency": "EUR",
            **{name: value for name, value in rule.items() if name not in ("on", "when")},
            "conditions": [of_it, *rule.get("when", ())],
        }  # fmt: skip
        written = ok(manager.post("price-rules", body), 201)
        ok(manager.post(f"price-rules/{written['id']}/activate"))

    def shop(*lines, **terms):
        body = {
            "customer_id": customer["id"], "price_book_id": book["id"], "term_months": 12,
            "starts_on": "2027-01-01", "lines": [made(line) for line in lines], **terms,
        }  # fmt: skip
        return ok(sales.post("quotes", body), 201)

    return shop


def tiers(model, *rows):
    """A price by tiers of (up to, price of a unit, fee, units a price is for)."""
    names = ("up_to", "unit_price", "flat_fee", "per")
    return {"charge_model": model, "tiers": [dict(zip(names, row, strict=False)) for row in rows]}


def each(price):
    return {"unit_price": price}


def off(value, **more):
    return {"effect": "percent", "value": value, **more}


def breaks(*rows, **more):
    rows = [{"least": least, "percent": percent} for least, percent in rows]
    return {"effect": "breaks", "breaks": rows, **more}


ODOO = [off("20"), {"effect": "round", "value": "10", "extra": "-0.01", "stage": 20}]
COST = [{"effect": "markup", "value": "100", "extra": "5"}]
SCHEDULE = [(1, 10), (10, 20), (20, 30)]
SLABS = [("20", "15"), ("25", "10"), ("30", "8"), (None, "5")]
PENCILS = [("10", "0", "1"), (None, "0", "3")]
COUNT = [("250", "0", "10"), ("500", "0", "20"), (None, "0", "30")]
COUNT_EACH = [("250", "1"), ("500", "2"), (None, "3")]
FIVE_TO_SEVEN = [
    {"field": "quantity", "operator": operator, "value": value}
    for operator, value in (("at_least", 5), ("at_most", 7))
]
# What is published, the price, the quantity, the rules, what it costs.
EXAMPLES = [
    ("Autumn: graduated", tiers("graduated", ("1000", ".01"), ("10000", ".008"), (None, ".005")), 15_000, [], "107.00"),
    ("Chargebee: tiered", tiers("graduated", *SLABS), 10, [], "150.00"),
    ("Chargebee: tiered, all bands", tiers("graduated", *SLABS), 50, [], "490.00"),
    ("Chargebee support: volume", tiers("volume", ("10", "25"), ("25", "20"), (None, "15")), 8, [], "200.00"),
    ("Chargebee support: volume", tiers("volume", ("10", "25"), ("25", "20"), (None, "15")), 11, [], "220.00"),
    ("Metrifox: graduated", tiers("graduated", ("1000", ".10"), (None, ".08")), 2500, [], "220.00"),
    ("Metrifox: volume", tiers("volume", ("1000", ".10"), (None, ".08")), 2500, [], "200.00"),
    ("Oracle: slab amount by count", tiers("graduated", *COUNT), 1000, [], "60.00"),
    ("Oracle: slab amount by count, a unit", tiers("graduated", *COUNT_EACH), 1000, [], "2250.00"),
    ("Oracle: variable amount by count", tiers("stairstep", *COUNT), 1000, [], "30.00"),
    ("Oracle: variable amount, a unit", tiers("volume", *COUNT_EACH), 1000, [], "3000.00"),
    ("Kong: a fee for the first band", tiers("graduated", ("1000", "0", "500"), (None, ".1")), 2000, [], "600.00"),
    ("Flexprice: volume", tiers("volume", ("10000", ".001"), ("50000", ".0008"), (None, ".0006")), 65_000, [], "39.00"),
    ("Salesforce CPQ: block, pencils", tiers("stairstep", *PENCILS), 7, [], "1.00"),
    ("Salesforce CPQ: block, pencils", tiers("stairstep", *PENCILS), 11, [], "3.00"),
    ("Salesforce CPQ: block, packs", tiers("stairstep", ("10", "0", "10"), (None, "0", "18")), 12, [], "18.00"),
    ("Salesforce CPQ: batch quantity", tiers("package", ("4", "0", "500")), 8, [], "1000.00"),
    ("Salesforce CPQ: schedule by range", each("100"), 30, [breaks(*SCHEDULE)], "2100.00"),
    ("Salesforce CPQ: schedule by slab", each("100"), 30, [breaks(*SCHEDULE, is_graduated=True)], "2380.00"),
    ("Odoo: a price from two on", each("100"), 2, [{"effect": "price", "value": "85", "when": [{"field": "quantity", "operator": "at_least", "value": 2}]}], "170.00"),
    ("Odoo: 20 % off, ending in 9.99", each("100"), 1, ODOO, "79.99"),
    ("Odoo: rounded after the discount", each("56"), 2, ODOO, "79.98"),
    ("Odoo: twice its cost", {**each("1"), "cost": "20"}, 1, COST, "40.00"),
    ("Odoo: at least 5 above cost", {**each("1"), "cost": "3"}, 1, COST, "8.00"),
    ("ERPNext: a margin on the list price", each("100"), 1, [{"effect": "uplift", "value": "2"}], "102.00"),
    ("ERPNext: margin and discount", each("1000"), 1, [{"effect": "uplift", "value": "10"}, off("10", stage=20, of_list=True)], "1000.00"),
    ("ERPNext: margin and an amount", each("1000"), 1, [{"effect": "uplift", "value": "10"}, {"effect": "amount", "value": "110", "stage": 20}], "990.00"),
    ("ERPNext: margins on what is raised", each("100"), 1, [{"effect": "uplift", "value": "10"}, {"effect": "uplift", "value": "20"}], "132.00"),
    ("ERPNext: margins added", each("100"), 1, [{"effect": "uplift", "value": v, "combination": "sum"} for v in ("10", "20")], "130.00"),
    ("a margin and a discount, added", each("100"), 1, [{"effect": "uplift", "value": "10", "combination": "sum"}, off("5", combination="sum")], "105.00"),
    ("ERPNext: five to seven units", each("100"), 5, [off("17.5", when=FIVE_TO_SEVEN)], "412.50"),
    ("ERPNext: more than seven", each("100"), 10, [off("17.5", when=FIVE_TO_SEVEN)], "1000.00"),
    ("Square: two bought, one free", each("10"), 3, [{"effect": "free", "value": "1", "per_units": "2"}], "20.00"),
    ("Shopify: buy two, get one, of seven", each("10"), 7, [{"effect": "free", "value": "1", "per_units": "2"}], "50.00"),
    ("Shopify: buy two, get one, of five", each("10"), 5, [{"effect": "free", "value": "1", "per_units": "2"}], "40.00"),
]  # fmt: skip


def test_tiers_and_rules(shop):
    lines = [
        {
            "price": {name: value for name, value in price.items() if name != "cost"},
            "cost": price.get("cost", "0"),
            "quantity": quantity,
            "rules": rules,
        }
        for _, price, quantity, rules, _ in EXAMPLES
    ]
    quote = shop(*lines, term_months=1)
    found = [
        (name, line["net_per_period"])
        for (name, *_), line in zip(EXAMPLES, quote["lines"], strict=True)
    ]
    assert found == [(name, net) for name, *_, net in EXAMPLES]


def test_a_schedule_counts_all_lines_that_share_it(shop):
    """Salesforce CPQ, “Aggregation scope”: three lines of 75 key cards are 225 of them."""
    cards = breaks((100, 10), (200, 20), is_across=True, on=["K1", "K2", "K3"])
    lines = [{"sku": f"K{n}", "price": each("1"), "quantity": 75} for n in (1, 2, 3)]
    lines[2]["rules"] = [cards]
    assert [line["net_per_period"] for line in shop(*lines)["lines"]] == ["60.00"] * 3


def test_a_range_of_units_over_several_lines(shop):
    """ERPNext, mixed conditions: 60 to 80 of two items take 10 %; one of them 20 % before."""
    mixed = breaks((60, 10), (81, 0), is_across=True, on=["MC1", "MC2"], stage=20)
    one = {"sku": "MC1", "price": each("100"), "quantity": 35, "rules": [off("20")]}
    two = {"sku": "MC2", "price": each("200"), "quantity": 30, "rules": [mixed]}
    assert [line["net_per_period"] for line in shop(one, two)["lines"]] == ["2520.00", "5400.00"]


def test_a_thing_is_free_for_others_that_are_bought(shop):
    """ERPNext, product discount: one free for every two of another item, whole ones only."""
    gift = {"effect": "free", "value": "1", "per_units": "2", "bought": ["DOCK"]}
    quote = shop(
        {"sku": "DOCK", "price": {**each("100"), "months": 0}, "months": 0, "quantity": 5},
        {"sku": "LID", "price": {**each("10"), "months": 0}, "months": 0, "quantity": 3, "rules": [gift]},
    )  # fmt: skip
    assert [line["net_per_period"] for line in quote["lines"]] == ["500.00", "10.00"]
    steps = [row["words"] for row in quote["lines"][1]["waterfall"] if row["kind"] == "step"]
    assert steps[0].endswith("2 free: −20.00")


@pytest.mark.parametrize(
    ("of", "discount", "net", "total"),
    [
        # Salesforce CPQ, “Percent of total”: insurance is 10 % a year of what is bought once.
        ({"of": "one_time"}, "0", "100.00", "100.00"),
        ({"of": "one_time"}, "20", "80.00", "80.00"),  # of net …
        ({"of": "one_time", "of_list": True}, "20", "100.00", "100.00"),  # … or of list
    ],
)
def test_a_percentage_a_year_of_what_is_bought_once(shop, of, discount, net, total):
    percent = {"charge_model": "percent_of", "unit_price": "10", "price_months": 12}
    limits = {"tiers": [{"up_to": None, **of}]}
    quote = shop(
        {
            "price": {**each("1000"), "months": 0}, "months": 0, "rules": [off(discount)] if discount != "0" else [],
        },
        {"kind": "service", "price": {**percent, **limits}},
    )  # fmt: skip
    line = quote["lines"][1]
    assert (line["net_per_period"], line["contract_total"]) == (net, total)


def test_a_percentage_of_all_that_recurs_counts_for_its_own_period(shop):
    """Salesforce CPQ's base of subscriptions: 20 % a year of 100 a month and 300 a quarter."""
    percent = {"charge_model": "percent_of", "unit_price": "20", "months": 12}
    quote = shop(
        {"price": each("100")},
        {"price": {**each("300"), "months": 3}},
        {"kind": "service", "price": {**percent, "tiers": [{"up_to": None, "of": "recurring"}]}},
    )
    assert quote["lines"][2]["net_per_period"] == "480.00"
