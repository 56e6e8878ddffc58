"""Two quotes become one: with all that belongs to their lines, and where each line came from."""

from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from q2c.customers.models import Customer, LegalEntity, PortalLink
from q2c.customers.portal import make_link
from q2c.infra.bus import history
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
    decline_quote,
    merge_quotes,
    preview_merge,
    ramp_line,
    redo_edit,
    remove_lines,
    revise_quote,
    send_quote,
    submit_quote,
    undo_edit,
)
from quotes.models import Quote, QuoteLine
from quotes.queries import accepted_quote, successor
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


# What becomes of the other quote


def test_a_draft_is_closed_and_names_where_its_lines_are(full_draft, branch, merge):
    merged = merge(full_draft, branch)
    closed = stored(branch)
    assert (closed.state, closed.merged_into) == ("cancelled", merged)
    told = history("quote", closed.pk).first()
    assert (told.name, told.reason) == ("QuoteMergedAway", f"Merged into {merged}")
    told = history("quote", merged.pk).first()
    assert told.changes["merged in"] == ["", f"{branch} (2 lines)"]


def test_an_approved_one_is_closed_and_the_draft_needs_its_own_approval(
    full_draft, branch, rep, merge
):
    submit_quote(branch.pk, by=rep, at=NOON)
    assert stored(branch).state == "approved"
    assert merge(full_draft, branch).state == "draft"
    assert stored(branch).state == "cancelled"


def test_what_the_customer_has_stays_theirs_until_the_one_quote_is_sent(
    full_draft, branch, merge, offered, signature
):
    # A17 and A18: never both
    sent = offered(branch)
    merge(full_draft, sent)
    assert (stored(sent).state, stored(sent).merged_into_id) == ("sent", full_draft.pk)
    offered(full_draft)
    assert stored(sent).state == "superseded"
    assert successor(stored(sent)) == stored(full_draft)
    with pytest.raises(IllegalTransition, match="cannot accept while superseded"):
        accept_quote(sent.pk, signature(sent), by=None, at=NOON, contact=None)


def test_a_sent_version_goes_with_the_draft_of_the_next(full_draft, branch, rep, merge, offered):
    first = offered(branch)
    second = revise_quote(first.pk, by=rep, at=NOON)
    with pytest.raises(Refused, match=f"{second} is newer. Merge that one."):
        merge(full_draft, first)
    merge(full_draft, second)
    assert [stored(x).state for x in (first, second)] == ["sent", "cancelled"]
    with pytest.raises(Refused, match=f"Its lines are in {full_draft}"):
        revise_quote(first.pk, by=rep, at=NOON)
    offered(full_draft)
    assert stored(first).state == "superseded"


def test_what_was_accepted_meanwhile_is_not_offered_again(
    full_draft, branch, rep, merge, offered, signature
):
    sent = offered(branch)
    merge(full_draft, sent)
    accept_quote(sent.pk, signature(sent), by=None, at=NOON, contact=None)
    with pytest.raises(Refused, match=f"The customer accepted {sent}, which was merged"):
        submit_quote(full_draft.pk, by=rep, at=NOON)
    ids = full_draft.lines.exclude(from_line=None).values_list("pk", flat=True)
    remove_lines(full_draft.pk, list(ids), by=rep, at=NOON)
    assert submit_quote(full_draft.pk, by=rep, at=NOON).state == "approved"


def test_an_offer_stands_for_itself_again_when_the_draft_is_withdrawn(
    full_draft, branch, rep, merge, offered, signature
):
    sent = offered(branch)
    merge(full_draft, sent)
    cancel_quote(full_draft.pk, by=rep, at=NOON, reason="Too large")
    assert (stored(sent).state, stored(sent).merged_into) == ("sent", None)
    assert history("quote", sent.pk).first().name == "QuoteUnmerged"
    accept_quote(sent.pk, signature(sent), by=None, at=NOON, contact=None)


def test_an_offer_of_which_no_line_is_left_is_not_replaced(full_draft, branch, rep, merge, offered):
    sent = offered(branch)
    merge(full_draft, sent)
    ids = full_draft.lines.exclude(from_line=None).values_list("pk", flat=True)
    remove_lines(full_draft.pk, list(ids), by=rep, at=NOON)
    offered(full_draft)
    assert (stored(sent).state, stored(sent).merged_into) == ("sent", None)


def test_declined_offers_are_replaced_too(full_draft, branch, merge, offered, contact):
    sent = offered(branch)
    decline_quote(sent.pk, "Only together", by=None, at=NOON, contact=contact)
    merge(full_draft, sent)
    offered(full_draft)
    assert stored(sent).state == "superseded"


# Undo


def test_undo_gives_both_back_as_they_were(full_draft, branch, rep, merge):
    change_quote(branch.pk, {"notes": "Ring twice."}, by=rep, at=NOON)
    before = shape(full_draft)
    merge(full_draft, branch, at=LATER)
    undo_edit(full_draft.pk, by=rep, at=LATER)
    assert shape(full_draft) == before
    assert (stored(full_draft).notes, stored(branch).notes) == ("", "Ring twice.")
    assert (stored(branch).state, stored(branch).merged_into) == ("draft", None)
    with pytest.raises(Refused, match=f"{branch} stands for itself again"):
        redo_edit(full_draft.pk, by=rep, at=LATER)
    assert merge(full_draft, branch, at=LATER).lines.count() == 6


def test_undo_gives_an_offer_back_to_itself(full_draft, branch, rep, merge, offered):
    sent = offered(branch)
    merge(full_draft, sent, at=LATER)
    undo_edit(full_draft.pk, by=rep, at=LATER)
    assert (stored(sent).state, stored(sent).merged_into) == ("sent", None)


def test_undo_is_refused_once_another_version_was_begun(full_draft, branch, rep, merge, offered):
    first = offered(branch)
    second = revise_quote(first.pk, by=rep, at=NOON)
    merge(full_draft, second, at=LATER)
    Quote.objects.filter(pk=first.pk).update(merged_into=None)
    revise_quote(first.pk, by=rep, at=LATER)
    with pytest.raises(Refused, match=r"Another version .* is under way"):
        undo_edit(full_draft.pk, by=rep, at=LATER)
    assert full_draft.lines.count() == 6


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


# The pages and the API


def at(name, *args):
    return reverse(f"quotes:{name}", args=args)


def test_a_rep_chooses_looks_and_merges(client, full_draft, branch, rep):
    change_quote(branch.pk, {"term_months": 24, "discount_percent": D(10)}, by=rep, at=NOON)
    client.force_login(rep)
    page = at("merge", full_draft.pk)
    assert at("merge", full_draft.pk) in client.get(at("detail", full_draft.pk)).text
    assert f"?with={branch.pk}" in client.get(page).text
    shown = client.get(page, {"with": branch.pk}).text
    for words in (
        "24 months",
        "10 %",
        "They differ in",
        "Service level",
        "lines keep their 10 % off",
    ):
        assert words in shown
    merged = client.post(
        f"{page}?with={branch.pk}",
        {
            "merge": "1",
            "seen": full_draft.edit_version,
            "heading": "Branch",
            "keeps_discount": "on",
        },
        follow=True,
    )
    assert "is part of this quote now" in merged.text
    assert f'title="Merged in from {branch}"' in merged.text
    assert (
        f'Merged into <a href="{at("detail", full_draft.pk)}">'
        in client.get(at("detail", branch.pk)).text
    )
    detail = client.get(at("detail", full_draft.pk)).text
    assert f"from {branch.number}" in detail
    assert "Merged in" in detail


def test_the_page_asks_what_becomes_of_days(client, full_draft, branch, rep):
    change_quote(branch.pk, {"starts_on": date(2027, 3, 1)}, by=rep, at=NOON)
    service = branch.lines.get(product__sku="SLA")
    change_line(service.pk, {"starts_on": date(2027, 4, 1)}, by=rep, at=NOON)
    client.force_login(rep)
    page = f"{at('merge', full_draft.pk)}?with={branch.pk}"
    asked = client.get(page).text
    assert "has days of its own" in asked
    assert 'name="merge"' not in asked
    looked = client.post(page, {"look": "1", "segments": "keep"}).text
    assert 'name="merge"' in looked
    assert full_draft.lines.count() == 4


def test_two_quotes_of_the_list_are_merged_the_older_draft_takes_the_other_in(
    client, full_draft, branch, rep, offered
):
    client.force_login(rep)
    ids = [branch.pk, full_draft.pk]
    answer = client.post(at("bulk"), {"action": "merge", "ids": ids})
    assert answer.url == f"{at('merge', full_draft.pk)}?with={branch.pk}"
    offered(full_draft)
    answer = client.post(at("bulk"), {"action": "merge", "ids": ids})
    assert answer.url == f"{at('merge', branch.pk)}?with={full_draft.pk}"
    offered(branch)
    refused = client.post(at("bulk"), {"action": "merge", "ids": ids})
    assert refused.status_code == 422


def test_a_refusal_says_why_and_offers_another(client, full_draft, branch, rep):
    Quote.objects.filter(pk=branch.pk).update(kind="renewal", renews_contract_id=7)
    client.force_login(rep)
    shown = client.get(at("merge", full_draft.pk), {"with": branch.pk}).text
    assert "renews a contract" in shown
    assert 'name="merge"' not in shown
    assert "Nothing to merge" in client.get(at("merge", full_draft.pk)).text


def test_only_who_edits_quotes_merges_and_only_what_they_see(
    client, full_draft, branch, rep2, legal
):
    for person, status in ((rep2, 404), (legal, 403)):
        client.force_login(person)
        page = f"{at('merge', full_draft.pk)}?with={branch.pk}"
        assert client.get(page).status_code == status
        assert client.post(page, {"merge": "1"}).status_code == status
    assert stored(branch).state == "draft"


def test_the_customer_is_led_from_the_merged_offer_to_the_one_that_holds_it(
    client, full_draft, branch, merge, offered, contact
):
    sent = offered(branch)
    url = make_link(
        PortalLink.QUOTE, customer_id=sent.customer_id, document_id=sent.pk, contact=contact,
        by=None, at=timezone.now(), expires_at=timezone.now() + timedelta(days=9),
    )  # fmt: skip
    merge(full_draft, sent)
    offered(full_draft)
    page = client.get(urlsplit(url).path, follow=True).text
    assert f"is part of offer {full_draft.number} now" in page
    led = client.post(at("portal_newer", sent.pk), follow=True)
    assert full_draft.number in led.text
    assert "Service level" in led.text


def test_a_program_looks_and_merges(api_for, full_draft, branch, rep):  # noqa: F811
    api, path = api_for(rep), f"quotes/{full_draft.pk}"
    body = {"quote_id": branch.pk, "heading": "Branch"}
    looked = api.post(f"{path}/merge/preview", body).json()
    assert (looked["apart"], looked["after"], looked["delta"]) == ("3216.00", "3216.00", "0.00")
    assert (looked["line_count"], looked["differences"], looked["renamed"]) == (2, [], {})
    merged = api.post(f"{path}/merge", body)
    assert merged.status_code == 200
    lines = merged.json()["lines"]
    assert [line["from_quote_id"] for line in lines[-2:]] == [branch.pk] * 2
    assert [line["from_line_id"] for line in lines[-2:]] == [x.pk for x in lines_of(branch)]
    assert api.get(f"quotes/{branch.pk}").json()["merged_into_id"] == full_draft.pk
    again = api.post(f"{path}/merge", body)
    assert (again.status_code, "already" in again.json()["detail"]) == (422, True)
