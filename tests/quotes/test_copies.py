"""Quotes that begin from others and from templates, and why they end."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from q2c.infra.jobs import run_next
from q2c.infra.models import Mail
from q2c.kernel.errors import Refused
from quotes.actions import (
    NewQuote,
    accept_quote,
    cancel_quote,
    change_line,
    change_quote,
    clone_quote,
    decline_quote,
    ramp_line,
    remind_of_expiry,
    revise_quote,
    save_template,
    say_outcome,
    start_from_template,
)
from quotes.models import CloseReason, Price, Quote, QuoteLine
from quotes.rules.ramps import Segment
from tests.quotes.conftest import NOON


def offered(quote):
    return [
        (line.description, line.quantity, line.discount_percent, line.net_per_period)
        for line in quote.lines.order_by("position")
    ]


def test_a_copy_holds_the_same_and_is_nobodys_version(full_draft, rep):
    QuoteLine.objects.filter(quote=full_draft).update(discount_percent=5)
    copy = clone_quote(full_draft.pk, by=rep, at=NOON)
    assert (copy.version, copy.state, copy.copied_from) == (1, "draft", full_draft)
    assert copy.number != full_draft.number
    assert [row[:3] for row in offered(copy)] == [row[:3] for row in offered(full_draft)]


def test_the_days_of_a_copy_move_with_its_start(full_draft, rep):
    line = full_draft.lines.first()
    QuoteLine.objects.filter(pk=line.pk).update(starts_on=date(2027, 2, 1))
    Quote.objects.filter(pk=full_draft.pk).update(starts_on=date(2026, 1, 1))
    QuoteLine.objects.filter(pk=line.pk).update(starts_on=date(2026, 2, 1))
    copy = clone_quote(full_draft.pk, by=rep, at=NOON)
    assert copy.starts_on == date(2026, 12, 1)
    assert copy.lines.first().starts_on == date(2026, 12, 1) + timedelta(days=31)


def test_a_copy_for_a_customer_in_another_currency_is_refused(full_draft, rep, customer):
    type(customer).objects.filter(pk=customer.pk).update(currency="USD")
    with pytest.raises(Refused, match="is billed in USD, and this quote is in EUR"):
        clone_quote(full_draft.pk, by=rep, at=NOON, customer_id=customer.pk)
    assert Quote.objects.count() == 1


def test_a_template_keeps_lines_and_takes_todays_prices(full_draft, rep, customer, book):
    template = save_template(full_draft.pk, name="Office", by=rep, at=NOON)
    Price.objects.filter(product__sku="SUP").update(unit_price=12)
    new = NewQuote(customer_id=customer.pk, term_months=24, starts_on=date(2027, 3, 1))
    quote = start_from_template(template.pk, new, by=rep, at=NOON)
    assert quote.term_months == 24
    support = quote.lines.get(product__sku="SUP")
    assert (support.quantity, support.net_per_period) == (Decimal(10), Decimal(120))
    assert quote.lines.count() == full_draft.lines.count()


def test_the_years_of_a_template_stay_years(full_draft, rep, customer):
    """Kept from 2027, where the first year has 365 days; started in 2028, which has 366."""
    quote = Quote.objects.get(pk=full_draft.pk)
    change_quote(quote.pk, {"term_months": 24}, by=rep, at=NOON)
    line = quote.lines.get(product__sku="SUP")
    second = date(2028, 1, 1)
    years = [
        Segment(date(2027, 1, 1), second, Decimal(10)),
        Segment(second, date(2029, 1, 1), Decimal(20)),
    ]
    ramp_line(line.pk, years, by=rep, at=NOON)
    template = save_template(quote.pk, name="Office", by=rep, at=NOON)
    short = NewQuote(customer_id=customer.pk, term_months=12, starts_on=second)
    with pytest.raises(Refused, match="kept from a quote over 24"):
        start_from_template(template.pk, short, by=rep, at=NOON)
    new = NewQuote(customer_id=customer.pk, starts_on=second)  # for as long as the template
    begun = start_from_template(template.pk, new, by=rep, at=NOON)
    rows = begun.lines.filter(product__sku="SUP").order_by("position")
    assert [(row.starts_on, row.ends_on) for row in rows] == [
        (second, date(2029, 1, 1)), (date(2029, 1, 1), date(2030, 1, 1)),
    ]  # fmt: skip


def test_a_template_names_every_product_without_a_price(full_draft, rep, customer):
    template = save_template(full_draft.pk, name="Office", by=rep, at=NOON)
    Price.objects.filter(product__sku__in=["SUP", "BOX"]).delete()
    new = NewQuote(customer_id=customer.pk, starts_on=date(2027, 3, 1))
    with pytest.raises(Refused, match="no price on 01 Mar 2027 for “Support”, “Router”"):
        start_from_template(template.pk, new, by=rep, at=NOON)
    assert Quote.objects.count() == 1


def test_why_it_was_lost_is_said_once_it_was(sent, rep, contact):
    lost = CloseReason.objects.create(kind="lost", name="Price")
    won = CloseReason.objects.create(kind="won", name="Support")
    with pytest.raises(Refused, match="still open"):
        say_outcome(sent.pk, reason_id=lost.pk, by=rep, at=NOON)
    decline_quote(sent.pk, "Too dear", by=None, at=NOON, contact=contact)
    with pytest.raises(Refused, match="a quote that was lost"):
        say_outcome(sent.pk, reason_id=won.pk, by=rep, at=NOON)
    outcome = say_outcome(sent.pk, reason_id=lost.pk, competitor="Acme", by=rep, at=NOON)
    assert (outcome.quote_id, outcome.competitor) == (sent.pk, "Acme")


def test_won_and_lost_are_counted_by_reason(sent, rep, contact, signature, client):
    accept_quote(sent.pk, signature(sent), by=None, at=NOON, contact=contact)
    won = CloseReason.objects.create(kind="won", name="Support")
    client.force_login(rep)
    page = client.post(
        f"/quotes/{sent.pk}/outcome/", {"reason": won.pk, "note": "They called twice"}, follow=True
    )
    assert "They called twice" in page.content.decode()
    report = client.get("/quotes/outcomes/").content.decode()
    assert "Support" in report
    assert "100 %" in report


def test_an_offer_that_runs_out_is_reminded_of_a_week_and_a_day_before(sent, rep):
    assert remind_of_expiry(at=NOON) == 0  # it went out today
    days = (sent.valid_until - NOON.date()).days
    week_before = NOON + timedelta(days=days - 7)
    assert [remind_of_expiry(at=week_before) for _ in range(2)] == [1, 0]
    assert remind_of_expiry(at=NOON + timedelta(days=days - 1)) == 1
    while run_next("default", at=sent.sent_at + timedelta(days=60)):
        pass
    told = Mail.objects.filter(subject__contains="valid until").values_list("to", flat=True)
    assert list(told) == ["ida@nordlicht.example"] * 2
    assert Mail.objects.filter(to=rep.email, subject__contains="runs out").count() == 2


def test_a_withdrawn_offer_is_not_reminded_of(sent, rep):
    cancel_quote(sent.pk, by=rep, at=NOON, reason="Wrong product")
    assert remind_of_expiry(at=NOON + timedelta(days=29)) == 0


def test_a_quote_starts_from_a_template_on_the_page(full_draft, rep, customer, client):
    client.force_login(rep)
    client.post(f"/quotes/{full_draft.pk}/keep/", {"name": "Office"})
    template = client.get("/quotes/templates/").context["templates"][0]
    made = client.post(
        f"/quotes/new/?customer={customer.pk}",
        {"title": "", "term_months": 12, "starts_on": "2027-03-01", "template": template.pk},
    )
    assert made.status_code == 302
    quote = Quote.objects.latest("pk")
    assert (quote.title, quote.lines.count()) == ("Office", 4)


def test_two_versions_are_compared_line_by_line(sent, rep, client):
    new = revise_quote(sent.pk, by=rep, at=NOON)
    support = new.lines.get(product__sku="SUP")
    change_line(
        support.pk, {"quantity": Decimal(12), "discount_percent": Decimal(5)}, by=rep, at=NOON
    )
    client.force_login(rep)
    page = client.get(f"/quotes/{new.pk}/compare/")
    changes = [(c.where, c.what, c.before, c.after) for c in page.context["comparison"].changes]
    assert ("Support", "quantity", "10", "12") in changes
    assert ("Support", "discount_percent", "0", "5") in changes
    figures = {f.label: f.delta for f in page.context["comparison"].figures}
    assert figures["Monthly"] == Decimal(14)  # twelve at 10 less 5 %


def test_a_quote_with_one_version_has_nothing_to_compare(sent, rep, client):
    client.force_login(rep)
    assert client.get(f"/quotes/{sent.pk}/compare/").status_code == 404
