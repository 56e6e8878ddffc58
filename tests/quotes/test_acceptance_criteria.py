"""What a quoting product must never get wrong: the field's acceptance criteria, and bad input."""

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from q2c.catalog.actions import GroupDraft, OptionDraft, set_bundle_option, set_option_group
from q2c.catalog.models import BundleOption, Product
from q2c.customers.portal import make_link
from q2c.infra.models import Event
from q2c.kernel.errors import Refused
from quotes.actions import (
    BookDraft,
    NewAdjustment,
    NewLine,
    NewQuote,
    accept_quote,
    add_adjustment,
    add_line,
    add_text,
    approve_quote,
    cancel_quote,
    change_line,
    change_price_book,
    change_quote,
    clone_quote,
    create_quote,
    freeze_discount,
    move_line,
    paste_lines,
    price_as_of_today,
    ramp_line,
    recall_quote,
    remove_line,
    revise_quote,
    save_template,
    send_quote,
    start_from_template,
    submit_quote,
    undo_edit,
)
from quotes.actions.bulk import AcceptedLineInput, AcceptedQuoteInput, bring_in_accepted_quotes
from quotes.actions.sealing import seal_of
from quotes.models import Price, PriceBook, PriceRule, Quote, QuoteLine
from quotes.queries import accepted_quote, billing_schedule
from quotes.rules.ramps import Segment
from tests.api.conftest import api_for  # noqa: F401
from tests.quotes.conftest import NOON

D = Decimal


def total(quote):
    return Quote.objects.get(pk=quote.pk).contract_total


def line_of(quote, sku):
    return quote.lines.get(product__sku=sku)


# Bundles


@pytest.fixture
def api(api_for, rep):  # noqa: F811
    return api_for(rep)


def etag(api, path):
    return api.get(path)["ETag"]


def test_an_option_that_always_holds_one_takes_no_other_quantity(client, draft, take, rep, api):
    # A1
    BundleOption.objects.filter(product__sku="BOX").update(min_quantity=1, max_quantity=1)
    take(draft, "HOME")
    box, path = line_of(draft, "BOX"), f"quotes/{draft.pk}"
    client.force_login(rep)
    page = client.get(reverse("quotes:edit", args=[draft.pk])).text
    assert f'id="quantity-{box.pk}"' not in page
    assert f'id="quantity-{line_of(draft, "SUP").pk}"' in page
    refused = api.patch(f"{path}/lines/{box.pk}", {"quantity": "2"}, etag=etag(api, path))
    assert refused.status_code == 422
    assert "each Home bundle always holds 1 of it" in refused.json()["detail"]


def test_a_proposed_option_comes_along_and_can_go_and_the_total_follows(draft, take, rep):
    # A2
    take(draft, "HOME")
    assert total(draft) == 10 * 12 + 189
    remove_line(line_of(draft, "SUP").pk, by=rep, at=NOON)
    assert total(draft) == 189


@pytest.fixture
def desk(products, admin):
    """A desk: one or two of four extras."""
    desk = products["DESK"] = Product.objects.create(
        sku="DESK", name="Desk", kind="bundle", revenue_pattern="over_time", created_at=NOON
    )
    extras = GroupDraft(name="Extras", min_options=1, max_options=2)
    group = set_option_group(desk.pk, extras, by=admin, at=NOON)
    for sku in ("SUP", "BOX", "SETUP", "NET"):
        option = OptionDraft(group_id=group.pk, max_quantity=1)
        set_bundle_option(desk.pk, products[sku].pk, option, by=admin, at=NOON)
    return desk


def test_of_a_group_as_many_are_chosen_as_it_says(draft, desk, products, take, rep, signature):
    # A3
    def choosing(*skus):
        return {(products[sku].pk,): D(1) for sku in skus}

    for skus in ((), ("SUP", "BOX", "SETUP")):
        with pytest.raises(Refused, match="Extras: choose 1 to 2; you chose"):
            take(draft, "DESK", options=choosing(*skus))
    take(draft, "DESK", options=choosing("SUP", "SETUP"))
    QuoteLine.objects.filter(quote=draft, product__sku="SETUP").update(product=products["CALLS"])
    QuoteLine.objects.filter(quote=draft, product__sku="SUP").update(product=products["CALLS"])
    with pytest.raises(Refused, match="Extras: choose 1 to 2; you chose none"):
        submit_quote(draft.pk, by=rep, at=NOON)


# Prices, terms and totals


def test_a_part_of_a_year_costs_the_same_on_quote_page_schedule_and_document(
    draft, take, rep, products
):
    # A9, with W1: 90.00 a month from 28 March 2025 to 4 February 2026, billed from the 5th
    policy = {"anchor": "day_of_period", "day": 5}
    terms = {"starts_on": date(2025, 3, 28), "proration": policy}
    change_quote(draft.pk, terms, by=rep, at=NOON)
    line = take(draft, "SUP", 9)
    change_line(line.pk, {"ends_on": date(2026, 2, 5)}, by=rep, at=NOON)
    assert total(draft) == D("923.23")
    submit_quote(draft.pk, by=rep, at=NOON)
    sent = send_quote(draft.pk, by=rep, at=NOON)
    plan = billing_schedule(sent, sent.lines.all()).instalments
    assert sum(row.together.amount for row in plan) == D("923.23")
    assert "923.23" in text_of_pdf(sent)


def text_of_pdf(quote):
    pages = PdfReader(BytesIO(bytes(quote.document.content))).pages
    return "\n".join(page.extract_text() for page in pages)


def test_a_program_says_what_becomes_of_the_segments(full_draft, rep, api):
    # A13
    line, path = line_of(full_draft, "SUP"), f"quotes/{full_draft.pk}"
    halves = [
        Segment(date(2027, 1, 1), date(2027, 7, 1), D(10)),
        Segment(date(2027, 7, 1), date(2028, 1, 1), D(20)),
    ]
    ramp_line(line.pk, halves, by=rep, at=NOON)
    asked = api.patch(path, {"term_months": 24}, etag=etag(api, path))
    assert (asked.status_code, "segments" in asked.content.decode()) == (422, True)
    change = {"term_months": 24, "segments": "stretch"}
    assert api.patch(path, change, etag=etag(api, path)).status_code == 200
    assert [row.ends_on for row in full_draft.lines.filter(product__sku="SUP")] == [
        date(2027, 7, 1), date(2029, 1, 1),
    ]  # fmt: skip


def test_alternatives_and_options_have_both_totals_everywhere(
    client, draft, take, rep, api, signature
):
    # A18 and decision 9
    for choice, sku in (("Good", "SETUP"), ("Best", "BOX")):
        chosen = {"choice_group": "Plan", "choice": choice}
        change_line(take(draft, sku).pk, chosen, by=rep, at=NOON)
    extra = {"is_optional": True, "is_chosen": False}
    change_line(take(draft, "SUP").pk, extra, by=rep, at=NOON)
    client.force_login(rep)
    page = client.get(reverse("quotes:edit", args=[draft.pk])).text
    assert "With all options" in page
    assert "369.00 EUR" in page
    answer = api.get(f"quotes/{draft.pk}").json()
    assert answer["contract_total"] == "249.00"
    assert answer["contract_total_with_all_options"] == "369.00"
    submit_quote(draft.pk, by=rep, at=NOON)
    sent = send_quote(draft.pk, by=rep, at=NOON)
    text = text_of_pdf(sent)
    assert "249.00" in text
    assert "369.00" in text
    accept_quote(sent.pk, signature(sent), by=None, at=NOON, contact=None)
    assert [line.description for line in accepted_quote(sent.pk).lines] == ["Installation"]


def test_who_agreed_a_price_when_and_why_stays_with_it(client, draft, take, rep, manager):
    # Decision 8
    line = take(draft, "SUP", 10)
    agreed = {"agreed_unit_price": D(8), "price_reason": "Three-year customer"}
    change_line(line.pk, agreed, by=manager, at=NOON)
    change_line(line.pk, {"quantity": D(12)}, by=rep, at=NOON + timedelta(days=1))
    line.refresh_from_db()
    assert (line.negotiated_by, line.negotiated_at) == (manager, NOON)
    assert (line.agreed_unit_price, line.price_reason) == (8, "Three-year customer")
    client.force_login(rep)
    page = client.get(reverse("quotes:edit", args=[draft.pk])).text
    assert "Miriam" in page
    assert "Three-year customer" in page


def test_a_template_keeps_what_its_bundle_takes_off(draft, take, rep, customer):
    BundleOption.objects.filter(product__sku="BOX").update(discount_percent=10)
    take(draft, "HOME")
    assert total(draft) == D("290.10")  # 120, and 189 less 10 %
    template = save_template(draft.pk, name="Home", by=rep, at=NOON)
    new = NewQuote(customer_id=customer.pk, starts_on=date(2027, 1, 1))
    assert start_from_template(template.pk, new, by=rep, at=NOON).contract_total == D("290.10")


# What was approved


@pytest.fixture
def approved(in_review, manager):
    """Eighteen per cent, granted by the manager."""
    return approve_quote(in_review.approvals.get().pk, by=manager, at=NOON)


@pytest.mark.parametrize("by_what", ["line", "terms", "new line", "removal"])
def test_what_was_approved_is_not_changed_by_a_program(approved, api, products, by_what):
    # A19
    path, before = f"quotes/{approved.pk}", approved.content_hash
    line, seen = f"{path}/lines/{approved.lines.first().pk}", etag(api, path)
    answer = {
        "line": lambda: api.patch(line, {"discount_percent": "90"}, etag=seen),
        "terms": lambda: api.patch(path, {"payment_terms_days": 300}, etag=seen),
        "new line": lambda: api.post(f"{path}/lines", {"product_id": products["BOX"].pk}),
        "removal": lambda: api.delete(line),
    }[by_what]()
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
    assert Quote.objects.get(pk=approved.pk).content_hash == before


def test_what_starts_from_an_approved_quote_is_approved_anew(approved, rep, customer):
    # A19, by a duplicate and a template
    kept = save_template(approved.pk, name="Office", by=rep, at=NOON)
    new = NewQuote(customer_id=customer.pk, starts_on=date(2027, 1, 1))
    for quote in (
        clone_quote(approved.pk, by=rep, at=NOON),
        start_from_template(kept.pk, new, by=rep, at=NOON),
    ):
        with pytest.raises(Refused, match="cannot send while draft"):
            send_quote(quote.pk, by=rep, at=NOON)
        assert submit_quote(quote.pk, by=rep, at=NOON).state == "in_review"
        assert quote.content_hash != approved.content_hash


def imported(customer, entity, rep, book, products, **changes):
    values = {
        "external_ref": "old-1", "customer_id": customer.pk, "legal_entity_id": entity.pk,
        "owner_id": rep.pk, "price_book_id": book.pk, "term_months": 12,
        "starts_on": date(2026, 1, 1), "accepted_by": "Ida Voss", "accepted_at": NOON,
        "lines": (AcceptedLineInput(product_id=products["SUP"].pk),),
    }  # fmt: skip
    return AcceptedQuoteInput(**{**values, **changes})


@pytest.fixture
def bring_in(customer, entity, rep, book, products):
    def bring_in(**changes):
        row = imported(customer, entity, rep, book, products, **changes)
        [pk] = bring_in_accepted_quotes([row], by=rep, at=NOON)
        return Quote.objects.get(pk=pk)

    return bring_in


def test_an_import_neither_changes_nor_reuses_what_was_approved(approved, bring_in):
    # A19
    brought = bring_in()
    assert brought.number != approved.number
    assert Quote.objects.get(pk=approved.pk).content_hash == approved.content_hash
    assert bring_in(discount_percent=D(50)).content_hash == brought.content_hash  # known already


@pytest.mark.parametrize("afterwards", ["prices", "rules", "policy", "words", "versions"])
def test_a_version_that_was_sent_never_changes(sent, rep, admin, book, afterwards):
    def as_it_is():
        quote = Quote.objects.get(pk=sent.pk)
        return seal_of(quote), bytes(quote.document.content), list(quote.lines.values())

    before = as_it_is()
    assert before[0] == sent.content_hash
    match afterwards:
        case "prices":
            Price.objects.update(unit_price=99)
        case "rules":
            PriceRule.objects.create(
                name="Half", effect="percent", value=50, is_active=True, created_at=NOON
            )
        case "policy":
            own = BookDraft(name=book.name, currency="EUR", proration={"basis": "days_360"})
            change_price_book(book.pk, own, by=admin, at=NOON)
        case "words":
            Product.objects.update(name="Renamed")
        case "versions":
            second = revise_quote(sent.pk, by=rep, at=NOON)
            change_line(line_of(second, "SUP").pk, {"quantity": D(77)}, by=rep, at=NOON)
            submit_quote(second.pk, by=rep, at=NOON)
            send_quote(second.pk, by=rep, at=NOON)
    assert as_it_is() == before


# An accepted quote


@pytest.fixture
def accepted(sent, signature, contact):
    return accept_quote(sent.pk, signature(sent), by=None, at=NOON, contact=contact)


EDITS = {
    "terms": lambda q, line, who: change_quote(q.pk, {"title": "X"}, **who),
    "line": lambda q, line, who: change_line(line.pk, {"quantity": D(1)}, **who),
    "new line": lambda q, line, who: add_line(q.pk, NewLine(product_id=line.product_id), **who),
    "removed line": lambda q, line, who: remove_line(line.pk, **who),
    "adjustment": lambda q, line, who: add_adjustment(
        q.pk, NewAdjustment(description="Less", amount=D(-1), like=line.pk), **who
    ),
    "note": lambda q, line, who: add_text(q.pk, "note", "Hello", **who),
    "order": lambda q, line, who: move_line(line.pk, up=False, **who),
    "ramp": lambda q, line, who: ramp_line(
        line.pk, [Segment(q.starts_on, date(2028, 1, 1), D(1))], **who
    ),
    "paste": lambda q, line, who: paste_lines(q.pk, "BOX\t1", only_good=False, **who),
    "freeze": lambda q, line, who: freeze_discount(q.pk, **who),
    "rules of today": lambda q, line, who: price_as_of_today(q.pk, **who),
    "undo": lambda q, line, who: undo_edit(q.pk, **who),
    "recall": lambda q, line, who: recall_quote(q.pk, **who),
    "withdraw": lambda q, line, who: cancel_quote(q.pk, reason="Oops", **who),
}


@pytest.mark.parametrize("door", EDITS)
def test_an_accepted_quote_is_edited_by_no_action(accepted, rep, door):
    line = line_of(accepted, "SUP")
    with pytest.raises(Refused, match=r"while accepted.*amend its contract or copy"):
        EDITS[door](accepted, line, {"by": rep, "at": NOON})
    assert Event.objects.filter(name="QuoteEdited", at__gt=NOON).count() == 0


def test_an_accepted_quote_is_edited_by_no_page_and_no_program(client, accepted, rep, api):
    line, path = line_of(accepted, "SUP"), f"quotes/{accepted.pk}"
    client.force_login(rep)
    client.post(reverse("quotes:line", args=[accepted.pk, line.pk]), {"quantity": "1"})
    client.post(reverse("quotes:term", args=[accepted.pk]), {"field": "title", "title": "X"})
    page = client.get(reverse("quotes:edit", args=[accepted.pk]), follow=True).text
    assert "This quote is accepted; it is read here" in page
    seen = etag(api, path)
    for answer in (
        api.patch(path, {"title": "X"}, etag=seen),
        api.patch(f"{path}/lines/{line.pk}", {"quantity": "1"}, etag=seen),
    ):
        assert answer.status_code == 409
        assert "amend its contract or copy" in answer.json()["detail"]
    line.refresh_from_db()
    assert line.quantity == 10
    assert Quote.objects.get(pk=accepted.pk).edit_version == accepted.edit_version


# Bad input


@pytest.mark.parametrize("percent", ["100.01", "-1"])
def test_a_discount_over_100_per_cent_is_refused_everywhere(
    draft, take, rep, products, api, bring_in, percent
):
    line, off, path = take(draft, "SUP"), D(percent), f"quotes/{draft.pk}"
    who = {"by": rep, "at": NOON}
    new = NewLine(product_id=products["SUP"].pk, discount_percent=off)
    for attempt in (
        lambda: change_quote(draft.pk, {"discount_percent": off}, **who),
        lambda: change_line(line.pk, {"discount_percent": off}, **who),
        lambda: add_line(draft.pk, new, **who),
        lambda: bring_in(discount_percent=off),
        lambda: bring_in(lines=(replace_line(products, off),)),
        lambda: ramp_line(line.pk, [Segment(date(2027, 1, 1), date(2028, 1, 1), D(1), off)], **who),
    ):
        with pytest.raises(Refused, match="between 0 and 100 per cent"):
            attempt()
    answer = api.patch(path, {"discount_percent": percent}, etag=etag(api, path))
    assert answer.status_code == 422
    assert "between 0 and 100 per cent" in answer.content.decode()


def replace_line(products, off):
    return AcceptedLineInput(product_id=products["SUP"].pk, discount_percent=off)


def test_a_term_of_zero_is_refused_everywhere(draft, customer, rep, api, full_draft):
    template = save_template(full_draft.pk, name="Office", by=rep, at=NOON)
    nothing = NewQuote(customer_id=customer.pk, term_months=0)
    for attempt in (
        lambda: change_quote(draft.pk, {"term_months": 0}, by=rep, at=NOON),
        lambda: create_quote(nothing, by=rep, at=NOON),
        lambda: start_from_template(template.pk, nothing, by=rep, at=NOON),
    ):
        with pytest.raises(Refused, match="term must be between 1 and 120 months"):
            attempt()
    answer = api.post("quotes", {"customer_id": customer.pk, "term_months": 0})
    assert answer.status_code == 422
    assert "between 1 and 120 months" in answer.content.decode()


def test_a_product_without_a_price_is_refused_by_its_name(draft, take, rep, api, products):
    Price.objects.filter(product__sku="BOX").delete()
    with pytest.raises(Refused, match="has no price for Router on 01 Jan 2027"):
        take(draft, "BOX")
    with pytest.raises(Refused, match="has no price for Router on 01 Jan 2027"):
        take(draft, "HOME")
    answer = api.post(f"quotes/{draft.pk}/lines", {"product_id": products["BOX"].pk})
    assert "has no price for Router" in answer.json()["detail"]


def test_a_quote_is_in_one_currency_the_customers(customer, rep, products, bring_in):
    dollars = PriceBook.objects.create(name="List USD", currency="USD")
    Price.objects.create(
        price_book=dollars, product=products["SUP"], charge_kind="recurring", months=1,
        charge_model="per_unit", unit_price=11, starts_on=date(2020, 1, 1),
    )  # fmt: skip
    new = NewQuote(customer_id=customer.pk, price_book_id=dollars.pk)
    with pytest.raises(Refused, match=r"“List USD” does not fit.*USD"):
        create_quote(new, by=rep, at=NOON)
    with pytest.raises(Refused, match=r"old-1: Nordlicht Solar AG is billed in EUR.*in USD"):
        bring_in(price_book_id=dollars.pk)


def test_a_link_that_ran_out_says_so_and_offers_another(sent):
    now = timezone.now()
    url = make_link(
        "quote", customer_id=sent.customer_id, document_id=sent.pk, contact=None, by=None,
        at=now - timedelta(days=9), expires_at=now - timedelta(days=2),
    )  # fmt: skip
    answer = Client().get("/p/" + url.rsplit("/", 1)[1])
    assert "This link no longer works" in answer.text
    assert "Send me a new link" in answer.text
