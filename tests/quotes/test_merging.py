"""Two quotes become one: with all that belongs to their lines, and where each line came from."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from q2c.customers.models import Customer, LegalEntity
from q2c.kernel.errors import IllegalTransition, NotAllowed, Refused
from quotes.actions import (
    Merge,
    NewAdjustment,
    NewQuote,
    accept_quote,
    add_adjustment,
    add_text,
    cancel_quote,
    change_line,
    change_quote,
    clone_quote,
    create_quote,
    merge_quotes,
    preview_merge,
    ramp_line,
    revise_quote,
    send_quote,
    submit_quote,
)
from quotes.models import Quote, QuoteLine
from quotes.queries import accepted_quote
from quotes.rules.merging import kept_apart, kept_discount
from quotes.rules.ramps import Segment, SegmentsAsked
from tests.api.conftest import api_for  # noqa: F401
from tests.quotes.conftest import NOON

D = Decimal
LATER = NOON + timedelta(minutes=1)


# What must not collide, and what must stay


def test_a_group_that_is_there_already_gets_a_name_of_its_own():
    assert kept_apart(["Plan", "Size"], ["plan", "Colour"]) == {"plan": "plan (2)"}
    assert kept_apart(["Plan", "Plan (2)"], ["Plan", "Plan (3)"]) == {"Plan": "Plan (4)"}
    long = "x" * 60
    assert kept_apart([long], [long]) == {long: "x" * 56 + " (2)"}


percents = st.decimals(0, 100, places=4)


@given(percents, percents, st.decimals(0, "99.99", places=4))
def test_a_line_keeps_what_it_cost_whatever_is_off_the_whole(line, theirs, ours):
    kept = kept_discount(line, theirs=theirs, ours=ours)
    before = (100 - line) * (100 - theirs)
    assert 0 <= kept <= 100
    if before <= 100 * (100 - ours):  # else the draft takes more off than there ever was
        assert abs((100 - kept) * (100 - ours) - before) <= D("0.005")
    else:
        assert kept == 0


# Merging


@pytest.fixture
def other(customer, rep):
    """A second draft for the same customer."""
    new = NewQuote(customer_id=customer.pk, title="Branch", starts_on=date(2027, 1, 1))
    return create_quote(new, by=rep, at=NOON)


@pytest.fixture
def branch(other, take):
    """Two routers and a year of service level for the branch."""
    take(other, "BOX", 2)
    take(other, "SLA")
    return stored(other)


@pytest.fixture
def merge(rep):
    """`merge(into, quote)` merges as the rep."""

    def merge(into, quote, at=NOON, **how):
        return merge_quotes(into.pk, quote.pk, Merge(**how), by=rep, at=at)

    return merge


@pytest.fixture
def offered(rep):
    """`offered(quote)` is that quote, submitted and sent."""

    def offered(quote):
        submit_quote(quote.pk, by=rep, at=NOON)
        return send_quote(quote.pk, by=rep, at=NOON)

    return offered


def stored(quote):
    return Quote.objects.get(pk=quote.pk)


def lines_of(quote):
    return list(quote.lines.order_by("position"))


def shape(quote):
    """What each line says, and under which other line it stands."""
    lines = lines_of(quote)
    place = {line.pk: number for number, line in enumerate(lines)}
    return [
        (
            line.kind, line.description, line.quantity, line.discount_percent,
            line.agreed_unit_price, line.price_reason, line.negotiated_by_id, line.is_optional,
            line.is_chosen, line.choice_group, line.choice, line.note,
            line.starts_on, line.ends_on, line.bundle_discount_percent,
            *(place.get(head) for head in (line.parent_id, line.ramp_of_id, line.setup_of_id)),
        )
        for line in lines
    ]  # fmt: skip


def test_all_that_belongs_to_the_lines_comes_along(draft, other, take, rep, merge):
    add_text(other.pk, "section", "Branch office", by=rep, at=NOON)
    take(other, "HOME", 2)
    add_text(other.pk, "note", "Delivered on Mondays", by=rep, at=NOON)
    seats = take(other, "SUP", 10)
    agreed = {"agreed_unit_price": D(8), "price_reason": "Three years", "note": "On site"}
    change_line(seats.pk, agreed, by=rep, at=NOON)
    halves = [
        Segment(date(2027, 1, 1), date(2027, 7, 1), D(10)),
        Segment(date(2027, 7, 1), date(2028, 1, 1), D(20)),
    ]
    ramp_line(take(other, "SEATS", 10).pk, halves, by=rep, at=NOON)
    change_line(
        take(other, "BOX").pk,
        {"is_optional": True, "is_chosen": False, "max_quantity": D(5)},
        by=rep,
        at=NOON,
    )
    for choice, sku in (("Good", "SETUP"), ("Best", "SLA")):
        change_line(
            take(other, sku).pk, {"choice_group": "Plan", "choice": choice}, by=rep, at=NOON
        )
    less = NewAdjustment(description="Loyalty", amount=D(-5), like=seats.pk)
    add_adjustment(other.pk, less, by=rep, at=NOON)
    before, total = shape(stored(other)), stored(other).contract_total
    merged = merge(draft, other)
    assert shape(merged) == before
    assert merged.contract_total == total
    origins = [line.from_line_id for line in lines_of(merged)]
    assert origins == [line.pk for line in lines_of(other)]


def test_lines_come_below_those_that_are_there_under_a_heading(full_draft, branch, merge):
    merged = merge(full_draft, branch, heading="For the branch")
    assert [line.description for line in lines_of(merged)][-3:] == [
        "For the branch", "Router", "Service level",
    ]  # fmt: skip
    assert [line.position for line in lines_of(merged)] == list(range(1, 8))
    assert merged.contract_total == full_draft.contract_total + 2 * 189 + 1200


def test_groups_of_the_same_name_stay_two(draft, other, take, rep, merge):
    for quote in (draft, other):
        for choice, sku in (("Good", "SETUP"), ("Best", "BOX")):
            group = {"choice_group": "Plan", "choice": choice}
            change_line(take(quote, sku).pk, group, by=rep, at=NOON)
    preview = preview_merge(draft.pk, other.pk, by=rep, at=NOON)
    assert preview.renamed == {"Plan": "Plan (2)"}
    merged = merge(draft, other)
    assert [(x.choice_group, x.choice, x.is_chosen) for x in lines_of(merged)] == [
        ("Plan", "Good", True), ("Plan", "Best", False),
        ("Plan (2)", "Good", True), ("Plan (2)", "Best", False),
    ]  # fmt: skip
    assert merged.contract_total == 2 * 249


def test_terms_that_differ_are_shown_with_every_amount_before(full_draft, branch, rep):
    change_quote(full_draft.pk, {"discount_percent": D(5)}, by=rep, at=NOON)
    terms = {"term_months": 24, "payment_terms_days": 60, "discount_percent": D(10)}
    change_quote(branch.pk, terms, by=rep, at=NOON)
    preview = preview_merge(full_draft.pk, branch.pk, by=rep, at=NOON)
    assert [(d.what, d.ours, d.theirs) for d in preview.differences] == [
        ("Term", "12 months", "24 months"),
        ("Discount on the whole", "5 %", "10 %"),
        ("Payment", "within 14 days", "within 60 days"),
    ]
    ours, theirs = stored(full_draft).contract_total, stored(branch).contract_total
    assert preview.before == (ours, theirs)
    assert theirs == 2 * D("170.10") + 2 * 1080
    assert [(m.description, m.before, m.after) for m in preview.moved] == [
        ("Service level", D(2160), D(1080)),
    ]
    assert preview.delta == -1080
    assert stored(branch).state == "draft"  # nothing has happened
    assert full_draft.lines.count() == 4


def test_without_keeping_the_discount_the_drafts_own_holds(full_draft, branch, rep, merge):
    change_quote(branch.pk, {"discount_percent": D(10)}, by=rep, at=NOON)
    merged = merge(full_draft, branch, keeps_discount=False)
    assert merged.contract_total == full_draft.contract_total + 2 * 189 + 1200


def test_a_discount_that_stays_says_where_it_is_from(full_draft, branch, rep, merge):
    change_quote(branch.pk, {"discount_percent": D(10)}, by=rep, at=NOON)
    merged = merge(full_draft, branch)
    box = merged.lines.get(product__sku="BOX", quantity=2)
    assert (box.discount_percent, box.negotiated_by) == (10, rep)
    assert box.price_reason == f"Keeps 10 % on the whole of {branch}"
    assert merged.contract_total == full_draft.contract_total + D("340.20") + 1080


def test_lines_with_days_of_their_own_ask_what_becomes_of_them(full_draft, branch, rep, merge):
    change_quote(branch.pk, {"starts_on": date(2027, 3, 1)}, by=rep, at=NOON)
    service = branch.lines.get(product__sku="SLA")
    change_line(service.pk, {"starts_on": date(2027, 4, 1)}, by=rep, at=NOON)
    with pytest.raises(SegmentsAsked, match="“Service level” has days of its own"):
        merge(full_draft, branch)
    assert stored(branch).state == "draft"
    merged = merge(full_draft, branch, segments="shift")
    assert merged.lines.get(product__sku="SLA").starts_on == date(2027, 2, 1)


def test_notes_for_the_customer_are_joined(full_draft, branch, rep, merge):
    change_quote(full_draft.pk, {"notes": "Call first."}, by=rep, at=NOON)
    change_quote(branch.pk, {"notes": "Ring twice."}, by=rep, at=NOON)
    assert merge(full_draft, branch).notes == "Call first.\n\nRing twice."


# Where lines came from


def test_the_link_stays_through_versions_to_the_contract(
    full_draft, branch, rep, merge, offered, signature, contact
):
    origins = {line.description: line.pk for line in lines_of(branch)}
    merge(full_draft, branch)
    second = revise_quote(offered(full_draft).pk, by=rep, at=NOON)
    sent = offered(second)
    accept_quote(sent.pk, signature(sent), by=None, at=NOON, contact=contact)
    taken = [line for line in accepted_quote(sent.pk).lines if line.from_line_id]
    assert {line.description: line.from_line_id for line in taken} == origins
    assert {line.from_quote for line in taken} == {branch.number}


def test_a_copy_comes_from_no_other_quote_but_the_copied_one(full_draft, branch, rep, merge):
    copy = clone_quote(merge(full_draft, branch).pk, by=rep, at=NOON)
    assert not copy.lines.exclude(from_line=None).exists()


# What cannot be one


def test_other_customers_currencies_and_sellers_are_refused(full_draft, branch, merge):
    def refused(words, **changes):
        Quote.objects.filter(pk=branch.pk).update(**changes)
        with pytest.raises(Refused, match=words):
            merge(full_draft, branch)
        assert stored(branch).state == "draft"

    seller = LegalEntity.objects.get()
    seller.pk, seller.code, seller.name = None, "XX", "Other Ltd"
    seller.save()
    refused("is sold by", legal_entity=seller)
    refused("is in USD, and .* in EUR", currency="USD")
    someone = Customer.objects.get()
    someone.pk, someone.number, someone.legal_name = None, "C-9", "Somebody else"
    someone.save()
    refused("is for Somebody else, and .* for Nordlicht", customer=someone)


def test_what_is_not_free_is_refused(full_draft, branch, take, rep, rep2, merge, offered):
    with pytest.raises(Refused, match="into itself"):
        merge(full_draft, full_draft)
    with pytest.raises(NotAllowed, match="belongs to a colleague"):
        merge_quotes(full_draft.pk, branch.pk, by=rep2, at=NOON)
    cancel_quote(branch.pk, by=rep, at=NOON, reason="No")
    with pytest.raises(Refused, match="Copy it, and merge the copy"):
        merge(full_draft, branch)
    offered(full_draft)
    with pytest.raises(IllegalTransition, match="cannot edit while sent"):
        merge(full_draft, branch)


def test_accepted_quotes_are_amended_instead(full_draft, branch, merge, offered, signature):
    sent = offered(branch)
    accept_quote(sent.pk, signature(sent), by=None, at=NOON, contact=None)
    with pytest.raises(Refused, match=f"The customer accepted {sent}. Amend its contract"):
        merge(full_draft, sent)


def test_a_quote_is_merged_once(full_draft, branch, other, draft, customer, rep, take, merge):
    merge(full_draft, branch)
    new = NewQuote(customer_id=customer.pk, starts_on=date(2027, 1, 1))
    third = create_quote(new, by=rep, at=NOON)
    with pytest.raises(Refused, match=f"{branch} was merged into {full_draft} already"):
        merge(third, branch)
    with pytest.raises(Refused, match="has no lines to merge"):
        merge(full_draft, third)


def test_amendments_and_renewals_stay_by_themselves(full_draft, branch, merge):
    renewal = {"kind": "renewal", "renews_contract_id": 7}
    Quote.objects.filter(pk=branch.pk).update(**renewal)
    with pytest.raises(Refused, match=f"renews a contract.* Merge {full_draft} into {branch}"):
        merge(full_draft, branch)
    merged = merge(branch, full_draft)
    assert (merged.kind, merged.renews_contract_id, merged.lines.count()) == ("renewal", 7, 6)


def test_an_amendment_is_neither_merged_nor_merged_into(full_draft, branch, merge):
    amendment = {"kind": "amendment", "amends_contract_id": 7, "amended_ends_on": date(2027, 6, 1)}
    Quote.objects.filter(pk=branch.pk).update(**amendment)
    for one, two in ((full_draft, branch), (branch, full_draft)):
        with pytest.raises(Refused, match=f"{branch} amends a contract"):
            merge(one, two)


def test_lines_remember_only_lines_that_exist(full_draft, branch, merge):
    merge(full_draft, branch)
    assert QuoteLine.objects.filter(from_line__quote=branch).count() == 2
