"""Bundles on a quote: nested, discounted, chosen anew, held to their rules."""

from datetime import date
from decimal import Decimal

import pytest
from django.http import QueryDict

from q2c.catalog import bundles
from q2c.catalog.actions import (
    GroupDraft,
    OptionDraft,
    RuleDraft,
    set_bundle_option,
    set_option_group,
    set_option_rule,
)
from q2c.catalog.models import Product
from q2c.kernel.errors import Refused
from quotes.actions import (
    NewLine,
    accept_quote,
    change_line,
    choose,
    keep_selection,
    reconfigure_bundle,
    remove_line,
    send_quote,
    submit_quote,
)
from quotes.models import Quote, QuoteLine
from quotes.queries import accepted_quote, agreed_schedule
from quotes.rules.choosing import Picks
from quotes.views.offer import offer
from tests.quotes.conftest import NOON


@pytest.fixture
def office(products, admin):
    """Seats and a network in each office, one installation in all, a home bundle at 10 % off."""
    office = Product.objects.create(
        sku="OFFICE", name="Office", kind="bundle", revenue_pattern="over_time", created_at=NOON
    )
    who = {"by": admin, "at": NOON}
    access = set_option_group(
        office.pk, GroupDraft(name="Access", min_options=1, max_options=1), **who
    )
    for sku, draft in (
        ("NET", OptionDraft(group_id=access.pk, default_quantity=1)),
        ("SEATS", OptionDraft(group_id=access.pk, max_quantity=99)),
        ("SETUP", OptionDraft(min_quantity=1, default_quantity=1, follows_parent=False)),
        ("HOME", OptionDraft(discount_percent=Decimal(10), max_quantity=2)),
    ):
        set_bundle_option(office.pk, products[sku].pk, draft, **who)
    return office


def at(products, *skus):
    return tuple(products[sku].pk for sku in skus)


def lines_of(draft):
    rows = QuoteLine.objects.filter(quote=draft).order_by("position")
    return [(line.product.sku, int(line.quantity)) for line in rows.select_related("product")]


@pytest.fixture
def two_offices(draft, office, products, take):
    products["OFFICE"] = office
    options = {at(products, "HOME"): Decimal(2), at(products, "HOME", "SUP"): Decimal(3)}
    return take(draft, "OFFICE", 2, options=options)


def test_a_bundle_within_a_bundle_multiplies_and_takes_its_discount(draft, two_offices):
    assert lines_of(draft) == [
        ("OFFICE", 2), ("NET", 2), ("SETUP", 1), ("HOME", 4), ("SUP", 12), ("BOX", 4),
    ]  # fmt: skip
    support = draft.lines.get(product__sku="SUP")
    assert (support.list_unit_price, support.bundle_discount_percent) == (9, 10)
    assert support.net_per_period == 108
    assert "10 % off in the bundle, in the list price here" in support.trace
    assert support.parent.parent == two_offices


def test_more_offices_have_more_of_what_follows_them(draft, two_offices, rep):
    change_line(two_offices.pk, {"quantity": Decimal(3)}, by=rep, at=NOON)
    assert lines_of(draft) == [
        ("OFFICE", 3), ("NET", 3), ("SETUP", 1), ("HOME", 6), ("SUP", 18), ("BOX", 6),
    ]  # fmt: skip


def test_choosing_anew_keeps_what_was_agreed_on_options_that_stay(
    draft, two_offices, products, rep
):
    net = draft.lines.get(product__sku="NET")
    change_line(net.pk, {"discount_percent": Decimal(7)}, by=rep, at=NOON)
    options = {at(products, "HOME"): Decimal(1), at(products, "HOME", "BOX"): Decimal(0)}
    new = NewLine(product_id=two_offices.product_id, quantity=Decimal(5), options=options)
    reconfigure_bundle(two_offices.pk, new, by=rep, at=NOON)
    assert lines_of(draft) == [
        ("OFFICE", 5), ("NET", 5), ("SETUP", 1), ("HOME", 5), ("SUP", 5),
    ]  # fmt: skip
    assert draft.lines.get(pk=net.pk).discount_percent == 7
    back = NewLine(product_id=two_offices.product_id, quantity=Decimal(1), options={})
    reconfigure_bundle(two_offices.pk, back, by=rep, at=NOON)
    assert lines_of(draft) == [("OFFICE", 1), ("NET", 1), ("SETUP", 1)]


def test_single_lines_cannot_break_their_bundle(draft, two_offices, rep):
    with pytest.raises(Refused, match="Installation: Office always holds 1"):
        change_line(
            draft.lines.get(product__sku="SETUP").pk, {"quantity": Decimal(2)}, by=rep, at=NOON
        )
    with pytest.raises(Refused, match="Access: choose exactly 1; you chose none"):
        remove_line(draft.lines.get(product__sku="NET").pk, by=rep, at=NOON)
    remove_line(draft.lines.get(product__sku="SUP").pk, by=rep, at=NOON)
    assert lines_of(draft)[-1] == ("BOX", 4)


def test_what_the_customer_has_is_asked_of_later_apps(
    draft, office, products, take, admin, customer, monkeypatch
):
    monkeypatch.setattr(bundles, "_owners", {})
    asked = []

    def has(customer_id, on, apart_from):
        asked.append((customer_id, on, apart_from))
        return {products["CALLS"].pk}

    bundles.register_owned("test", has)
    products["OFFICE"] = office
    rule = RuleDraft(
        kind="excludes", product_id=products["NET"].pk, other_id=products["CALLS"].pk,
        counts_owned=True,
    )  # fmt: skip
    set_option_rule(office.pk, rule, by=admin, at=NOON)
    with pytest.raises(Refused, match="cannot stand beside Calls, which the customer already has"):
        take(draft, "OFFICE")
    assert asked[0] == (customer.pk, date(2027, 1, 1), None)


def test_what_expired_since_it_was_added_is_not_submitted(draft, two_offices, products, rep):
    Product.objects.filter(sku="BOX").update(ends_on=date(2026, 12, 1))
    with pytest.raises(Refused, match="Router has expired: it was sold until 30 Nov 2026"):
        submit_quote(draft.pk, by=rep, at=NOON)
    Product.objects.filter(sku="BOX").update(ends_on=None)
    assert submit_quote(draft.pk, by=rep, at=NOON).state == "approved"
    assert Quote.objects.get(pk=draft.pk).cost_total is not None


# A bundle that the customer may switch on: with all it holds, within what it allows

OFF = {"is_optional": True, "is_chosen": False}


@pytest.fixture
def optional(draft, take, two_offices, rep):
    """Ten seats of support, and two offices that start off, one to four of them; sent."""
    take(draft, "SUP", 10)
    bounds = {"min_quantity": Decimal(1), "max_quantity": Decimal(4)}
    change_line(two_offices.pk, {**OFF, **bounds}, by=rep, at=NOON)
    submit_quote(draft.pk, by=rep, at=NOON)
    return send_quote(draft.pk, by=rep, at=NOON)


def stored(quote):
    return list(quote.lines.select_related("product").order_by("position"))


def taken(choice):
    return [(line.product.sku, int(line.quantity)) for line in choice.lines if line.is_chosen]


def test_it_is_off_as_a_whole_until_it_is_switched_on(optional, two_offices):
    lines = stored(optional)
    assert taken(choose(optional, lines)) == [("SUP", 10)]
    on = choose(optional, lines, Picks(frozenset({two_offices.pk})))
    assert taken(on) == [
        ("OFFICE", 2), ("NET", 2), ("SETUP", 1), ("HOME", 4), ("SUP", 12), ("BOX", 4), ("SUP", 10),
    ]  # fmt: skip
    assert on.quote.contract_total == 1200 + 2 * 4 * 300 + 249 + 12 * 108 + round(
        4 * Decimal("170.1"), 2
    )


def test_more_of_it_hold_more_but_what_stands_once(optional, two_offices):
    picks = Picks(frozenset({two_offices.pk}), {two_offices.pk: Decimal(3)})
    assert taken(choose(optional, stored(optional), picks)) == [
        ("OFFICE", 3), ("NET", 3), ("SETUP", 1), ("HOME", 6), ("SUP", 18), ("BOX", 6), ("SUP", 10),
    ]  # fmt: skip
    with pytest.raises(Refused, match="“Office” is offered from 1 to 4"):
        choose(
            optional,
            stored(optional),
            Picks(frozenset({two_offices.pk}), {two_offices.pk: Decimal(5)}),
        )


def test_page_document_and_schedule_say_the_same(optional, two_offices, signature):
    picked = QueryDict(f"choosing=1&on={two_offices.pk}")
    shown = offer(optional, at=NOON, picked=picked)
    rows = [row for section in shown["sections"] for row in section.rows]
    assert [row.line.pk for row in rows if row.is_switch] == [two_offices.pk]
    assert [row.line.is_chosen for row in rows] == [True] * 7
    total = shown["shown"].contract_total
    kept = keep_selection(optional.pk, Picks(frozenset({two_offices.pk})), made_by="Ida", at=NOON)
    accept_quote(
        optional.pk, signature(optional, content_hash=kept.content_hash),
        by=None, at=NOON, contact=None,
    )  # fmt: skip
    assert accepted_quote(optional.pk).contract_total == total
    assert sum(charge.net.amount for _line, charge in agreed_schedule(optional.pk)) == total


def test_the_customer_takes_no_more_of_an_option_than_its_bundle_holds(draft, two_offices, rep):
    support = draft.lines.get(product__sku="SUP")  # one to five of it in each home bundle
    change_line(support.pk, {"max_quantity": Decimal(40)}, by=rep, at=NOON)
    submit_quote(draft.pk, by=rep, at=NOON)
    sent = send_quote(draft.pk, by=rep, at=NOON)
    assert choose(sent, stored(sent), Picks(quantities={support.pk: Decimal(20)}))
    with pytest.raises(Refused, match="“Office” cannot be had in these parts"):
        choose(sent, stored(sent), Picks(quantities={support.pk: Decimal(24)}))
    assert Quote.objects.get(pk=sent.pk).contract_total == sent.contract_total
