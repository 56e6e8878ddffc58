"""Price rules at work in quotes: from the draft to the accepted line."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from q2c.infra.bus import history
from q2c.kernel.errors import NotAllowed, Refused
from quotes.actions import (
    NewLine,
    NewQuote,
    RuleDraft,
    accept_quote,
    activate_price_rule,
    add_line,
    add_price_rule,
    change_price_rule,
    change_quote,
    create_quote,
    go_on_with_trial,
    price_as_of_today,
    retire_price_rule,
    send_quote,
    submit_quote,
    try_price_rule,
)
from quotes.actions.price_rules import reserve_coupon
from quotes.models import CouponUse, PriceRule, Quote
from quotes.queries import impacts, movers
from quotes.queries.price_rules import rules_of
from tests.quotes.conftest import NOON

TEN = RuleDraft(name="Ten", effect="percent", value=Decimal(10))


def in_force(draft, admin):
    return activate_price_rule(add_price_rule(draft, by=admin, at=NOON).pk, by=admin, at=NOON)


def test_a_rule_in_force_changes_a_draft_and_the_line_tells_why(draft, products, rep, admin):
    in_force(TEN, admin)
    many = {"field": "quantity", "operator": "at_least", "value": "10"}
    in_force(replace(TEN, name="Many", conditions=(many,)), admin)
    line = add_line(
        draft.pk, NewLine(product_id=products["SUP"].pk, quantity=Decimal(6)), by=rep, at=NOON
    )
    assert line.net_per_period == Decimal(54)
    step, other = line.waterfall
    assert (step["name"], step["before"], step["off"], step["after"]) == (
        "Ten",
        "60.00",
        "6.00",
        "54.00",
    )
    assert other["words"] == "needs 10 or more; this line has 6"
    assert other["hint"] == "buy 4 more to save 10 %"


def test_a_draft_that_the_rules_price_otherwise_today_is_not_submitted(draft, products, rep, admin):
    add_line(draft.pk, NewLine(product_id=products["SUP"].pk), by=rep, at=NOON)
    in_force(replace(TEN, starts_on=NOON.date() + timedelta(days=3)), admin)
    later = NOON + timedelta(days=5)
    with pytest.raises(
        Refused, match=r"have changed since 24 Nov 2026: today the total is 108.00 EUR"
    ):
        submit_quote(draft.pk, by=rep, at=later)
    assert price_as_of_today(draft.pk, by=rep, at=later).contract_total == Decimal(108)
    assert submit_quote(draft.pk, by=rep, at=later).state == "approved"


def test_what_was_submitted_keeps_the_rules_it_was_priced_with(draft, products, rep, admin):
    rule = in_force(TEN, admin)
    add_line(draft.pk, NewLine(product_id=products["SUP"].pk), by=rep, at=NOON)
    submit_quote(draft.pk, by=rep, at=NOON)
    retire_price_rule(rule.pk, by=admin, at=NOON)
    quote = Quote.objects.get(pk=draft.pk)
    assert [stored["name"] for stored in quote.rule_set["rules"]] == ["Ten"]


def test_a_margin_that_stops_the_quote_is_refused_when_it_is_submitted(draft, products, rep, admin):
    in_force(RuleDraft(name="Guard", effect="margin", value=Decimal(70), blocks=True), admin)
    add_line(draft.pk, NewLine(product_id=products["SUP"].pk), by=rep, at=NOON)
    with pytest.raises(
        Refused, match="Support: “Guard” wants a margin of 70 %; this line has 60 %"
    ):
        submit_quote(draft.pk, by=rep, at=NOON)


def test_a_coupon_is_reserved_once_and_not_beyond_its_limit(draft, customer, products, rep, admin):
    rule = in_force(replace(TEN, coupon="spring", max_uses=1), admin)
    with pytest.raises(Refused, match="There is no coupon AUTUMN in force"):
        change_quote(draft.pk, {"coupon_code": "autumn"}, by=rep, at=NOON)
    add_line(draft.pk, NewLine(product_id=products["SUP"].pk), by=rep, at=NOON)
    quote = change_quote(draft.pk, {"coupon_code": "spring"}, by=rep, at=NOON)
    assert quote.contract_total == Decimal(108)
    submit_quote(draft.pk, by=rep, at=NOON)
    sent = send_quote(draft.pk, by=rep, at=NOON)
    reserve_coupon(sent, at=NOON)
    assert CouponUse.objects.get().rule == rule
    second = create_quote(NewQuote(customer_id=customer.pk), by=rep, at=NOON)
    with pytest.raises(Refused, match="The coupon SPRING is used up: 1 of 1"):
        change_quote(second.pk, {"coupon_code": "SPRING"}, by=rep, at=NOON)


def test_a_change_of_a_rule_in_force_is_a_draft_that_replaces_it(admin):
    rule = in_force(TEN, admin)
    with pytest.raises(Refused, match="This rule is in force"):
        change_price_rule(rule.pk, TEN, by=admin, at=NOON)
    change = add_price_rule(
        replace(TEN, name="Twelve", value=Decimal(12)), by=admin, at=NOON, replaces_id=rule.pk
    )
    activate_price_rule(change.pk, by=admin, at=NOON)
    assert list(PriceRule.objects.filter(is_active=True)) == [change]
    told = history("price_rule", rule.pk).first()
    assert told.changes == {"in force": ["yes", "replaced by Twelve"]}


def test_the_history_ends_a_rule_once_though_it_was_retired_before_it_was_replaced(admin):
    rule = in_force(TEN, admin)
    change = add_price_rule(replace(TEN, name="Twelve"), by=admin, at=NOON, replaces_id=rule.pk)
    retire_price_rule(rule.pk, by=admin, at=NOON)
    activate_price_rule(change.pk, by=admin, at=NOON)
    ends = [told for told in history("price_rule", rule.pk) if "in force" in told.changes]
    assert [told.changes["in force"] for told in ends] == [["yes", "no"], ["no", "yes"]]


def test_reps_write_no_rules(rep):
    with pytest.raises(NotAllowed):
        add_price_rule(TEN, by=rep, at=NOON)


def test_usage_takes_the_rules_price_into_the_order(draft, products, rep, admin):
    price = RuleDraft(name="Calls", effect="price", value=Decimal("0.03"), currency="EUR")
    in_force(price, admin)
    line = add_line(draft.pk, NewLine(product_id=products["CALLS"].pk), by=rep, at=NOON)
    assert line.rule_unit_price == Decimal("0.03")


def test_a_rule_is_written_tried_and_put_in_force_on_its_pages(client, sent, admin):
    client.force_login(admin)
    typed = {
        "name": "Support", "effect": "percent", "value": "10", "stage": "10", "measure": "quantity",
        "combination": "sequential", "condition-TOTAL_FORMS": "1", "condition-INITIAL_FORMS": "0",
        "condition-0-field": "product", "condition-0-operator": "is", "condition-0-value": "SUP",
    }  # fmt: skip
    assert client.post("/price-rules/new/", typed | {"value": "101"}).status_code == 422
    page = client.post("/price-rules/new/", typed, follow=True)
    assert "10 % off, on lines with product SUP, of what other rules leave." in page.text
    rule = PriceRule.objects.get()
    trial = client.post(f"/price-rules/{rule.pk}/trials/", {"last": "5"}, follow=True)
    assert "1 of 1" in trial.text
    assert "-120.00" in trial.text or "−120.00" in trial.text
    lab = client.get("/price-rules/laboratory/", {"quote": sent.number, "rule": rule.pk})
    assert "Support 10 %" in lab.text
    assert "needs product SUP; here it is BOX" in lab.text
    client.post(f"/price-rules/{rule.pk}/activate/")
    assert "In force" in client.get("/price-rules/").text


def test_a_trial_tells_which_quotes_a_guard_would_stop_and_lists_no_others(sent, admin):
    def tried(**rule):
        draft = add_price_rule(RuleDraft(**rule), by=admin, at=NOON)
        return try_price_rule(draft.pk, last=9, by=admin, at=NOON)

    guard = tried(name="Guard", effect="margin", value=Decimal(99), blocks=True)
    [row] = movers(guard.rows)
    assert "margin" in row["stopped"]
    assert (row["before"], impacts(guard.rows)[0].moved) == (row["after"], 1)
    idle = tried(name="Later", effect="percent", value=Decimal(5), starts_on=date(2030, 1, 1))
    assert (len(idle.rows), movers(idle.rows), impacts(idle.rows)[0].moved) == (1, [], 0)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (
            {
                "effect": "round",
                "value": "10",
                "towards": "up",
                "extra": "-0.01",
                "currency": "EUR",
            },
            "The price of a unit rounded to the next 10 EUR less 0.01, on every line, of what",
        ),
        (
            {"effect": "free", "value": "1", "per_units": "2", "bought": "SUP, BOX"},
            "1 free for every 2 of SUP or BOX, on every line",
        ),
        (
            {"effect": "breaks", "breaks": "1: 10\n10: 20", "is_graduated": "on"},
            "10 % from 1, 20 % from 10, each band its own, on every line",
        ),
    ],
)
def test_what_a_rule_does_is_typed_and_read_again(client, products, admin, typed, words):
    client.force_login(admin)
    empty = {
        "name": "Own", "stage": "10", "measure": "quantity", "combination": "sequential",
        "condition-TOTAL_FORMS": "0", "condition-INITIAL_FORMS": "0",
    }  # fmt: skip
    assert words in client.post("/price-rules/new/", empty | typed, follow=True).text
    rule = PriceRule.objects.get()
    again = client.get(f"/price-rules/{rule.pk}/edit/").text
    shown = {
        name: value for name, value in typed.items() if name in ("extra", "bought", "per_units")
    }
    assert all(f'value="{value}' in again for value in shown.values()), again


def test_free_units_are_given_for_products_that_exist(client, products, admin):
    client.force_login(admin)
    typed = {
        "name": "Own", "effect": "free", "value": "1", "per_units": "2", "bought": "NONE",
        "stage": "10", "measure": "quantity", "combination": "sequential",
        "condition-TOTAL_FORMS": "0", "condition-INITIAL_FORMS": "0",
    }  # fmt: skip
    found = client.post("/price-rules/new/", typed)
    assert (found.status_code, "There is no product NONE." in found.text) == (422, True)


def test_a_trial_of_many_quotes_goes_on_in_jobs(draft, customer, rep, admin, monkeypatch):
    monkeypatch.setattr("quotes.actions.trials._AT_ONCE", 1)
    create_quote(NewQuote(customer_id=customer.pk), by=rep, at=NOON)
    trial = try_price_rule(add_price_rule(TEN, by=admin, at=NOON).pk, last=9, by=admin, at=NOON)
    assert (trial.done, trial.total) == (0, 2)
    for _ in range(2):
        trial = go_on_with_trial(trial.pk, at=NOON)
    assert (trial.done, trial.finished_at, len(trial.rows)) == (2, NOON, 2)


@pytest.mark.parametrize(
    ("given", "off"),
    [
        ({}, "10"),
        ({"starts_on": date(2026, 11, 1)}, "10"),
        ({"counts_bought": False}, "0"),
        ({"ends_on": date(2026, 12, 1), "starts_on": date(2026, 11, 25)}, "0"),
    ],
)
def test_what_was_bought_before_counts_for_a_break(
    draft, take, products, customer, rep, admin, contact, signature, given, off
):
    """Salesforce CPQ, “Cross orders”: five laptops were bought; ten more are evaluated as fifteen."""
    take(draft, "BOX", 5)
    submit_quote(draft.pk, by=rep, at=NOON)
    sent = send_quote(draft.pk, by=rep, at=NOON)
    accept_quote(sent.pk, signature(sent), by=None, at=NOON, contact=contact)
    rows = ({"least": "15", "percent": "10"},)
    rule = {"effect": "breaks", "breaks": rows, "counts_bought": True, **given}
    in_force(RuleDraft(name="Loyal", **rule), admin)
    new = NewQuote(customer_id=customer.pk, starts_on=date(2027, 1, 1))
    second = create_quote(new, by=rep, at=datetime(2026, 11, 26, 12, tzinfo=UTC))
    line = take(second, "BOX", 10)
    assert line.combined_discount_percent == Decimal(off)
    told = {row["kind"]: row["words"] for row in line.waterfall}
    if not given:
        assert told["step"] == "Loyal 10 %: −189.00"
    assert rules_of(Quote.objects.get(pk=second.pk)).rules[0].counts_bought is (
        given.get("counts_bought", True)
    )
