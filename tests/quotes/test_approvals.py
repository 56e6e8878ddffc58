"""Approvals over stored quotes: who is asked, in which order, what is carried over, who may."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from q2c.kernel.errors import NotAllowed, Refused
from quotes.actions import (
    GrantDraft,
    NewLine,
    NewQuote,
    add_line,
    approve_quote,
    change_line,
    change_quote,
    comment_on_approval,
    create_quote,
    delegate_approvals,
    end_delegation,
    escalate_approvals,
    give_standing_grant,
    recall_quote,
    refuse_quote,
    remind_approvers,
    revoke_standing_grant,
    submit_quote,
)
from quotes.models import ApprovalDecision, Quote
from quotes.queries import approvals_for, case_for, inbox_of, stages
from tests.quotes.conftest import NOON, person, policy

TODAY = NOON.date()


def submit_at(quote, percent, by):
    """Set one discount on the whole and submit."""
    change_quote(quote.pk, {"discount_percent": Decimal(percent)}, by=by, at=NOON)
    return submit_quote(quote.pk, by=by, at=NOON)


def waiting(quote):
    return [f"{each.role}{each.person or ''}" for each in quote.approvals.filter(state="pending")]


def request_of(quote, role):
    return quote.approvals.get(state="pending", role=role)


def test_a_discount_over_the_limit_asks_the_manager(in_review, manager, rep, cfo, deliver):
    [request] = in_review.approvals.all()
    assert (in_review.state, request.role) == ("in_review", "sales_manager")
    assert request.reason == "Discount of 18 % on “Support” exceeds 15 %"
    assert list(inbox_of(manager, at=NOON)) == [request]
    assert not inbox_of(rep, at=NOON).exists()
    assert not inbox_of(cfo, at=NOON).exists()
    mails = deliver()
    assert [(mail.to, mail.subject) for mail in mails] == [
        (manager.email, "Quote Q-2026-000001 waits for your approval")
    ]


def test_the_manager_approves_and_the_owner_hears(in_review, manager, rep, deliver):
    [request] = in_review.approvals.all()
    assert approve_quote(request.pk, by=manager, at=NOON, comment="Fine").state == "approved"
    assert deliver()[-1].to == rep.email


def test_stages_are_asked_one_after_the_other(full_draft, rep, manager, cfo, deliver):
    policy("Deep", 15, "role:sales_manager")
    policy("Deeper", 30, "role:finance_manager", stage=2)
    quote = submit_at(full_draft, 35, rep)
    assert waiting(quote) == ["sales_manager"]
    later = quote.approvals.get(role="finance_manager")
    with pytest.raises(Refused, match="earlier stage has not decided"):
        approve_quote(later.pk, by=cfo, at=NOON)
    with pytest.raises(NotAllowed, match="belongs to a sales manager"):
        approve_quote(request_of(quote, "sales_manager").pk, by=cfo, at=NOON)
    assert not any(mail.to == cfo.email for mail in deliver())
    later_on = NOON + timedelta(hours=1)
    quote = approve_quote(request_of(quote, "sales_manager").pk, by=manager, at=later_on)
    assert (quote.state, waiting(quote)) == ("in_review", ["finance_manager"])
    assert deliver()[-1].to == cfo.email
    assert approve_quote(later.pk, by=cfo, at=NOON).state == "approved"


def test_every_one_of_a_role_or_any_one(full_draft, rep, manager):
    other = person("olga", "sales_manager")
    policy("Deep", 15, "role:sales_manager", needs_all=True)
    quote = submit_at(full_draft, 20, rep)
    [request] = quote.approvals.all()
    assert approve_quote(request.pk, by=manager, at=NOON).state == "in_review"
    assert not inbox_of(manager, at=NOON).exists()
    with pytest.raises(Refused, match="You have decided"):
        approve_quote(request.pk, by=manager, at=NOON)
    assert approve_quote(request.pk, by=other, at=NOON).state == "approved"


def test_the_owners_manager_is_asked_and_theirs(full_draft, rep, manager, cfo):
    rep.manager, manager.manager = manager, cfo
    rep.save()
    manager.save()
    policy("Deep", 15, "manager:1", "manager:2")
    assert sorted(waiting(submit_at(full_draft, 20, rep))) == ["Chiara", "Miriam"]


def test_where_nobody_is_left_an_administrator_is_asked(full_draft, rep, admin):
    policy("Deep", 15, "manager:1")  # the owner has none
    quote = submit_at(full_draft, 20, rep)
    assert waiting(quote) == ["administrator"]
    assert approve_quote(quote.approvals.get().pk, by=admin, at=NOON).state == "approved"


def test_nobody_approves_their_own_quote_not_as_administrator_nor_in_anothers_place(
    customer, manager, admin, products, policies
):
    olga = person("olga", "sales_manager")
    quote = create_quote(NewQuote(customer_id=customer.pk), by=manager, at=NOON)
    new = NewLine(product_id=products["SUP"].pk, discount_percent=Decimal(20))
    add_line(quote.pk, new, by=manager, at=NOON)
    quote = submit_quote(quote.pk, by=manager, at=NOON)
    [request] = quote.approvals.all()
    delegate_approvals(manager.pk, first_day=TODAY, last_day=TODAY, by=olga, at=NOON)
    with pytest.raises(NotAllowed, match="their own"):
        approve_quote(request.pk, by=manager, at=NOON)
    assert not inbox_of(manager, at=NOON).exists()
    Quote.objects.filter(pk=quote.pk).update(owner=admin)
    with pytest.raises(NotAllowed, match="their own"):
        approve_quote(request.pk, by=admin, at=NOON)
    seats = {"by": olga, "seat": manager}, {"by": manager, "seat": olga}
    for seat in seats:  # the owner lets another decide in the owner's place, or the other way round
        with pytest.raises(IntegrityError, match="nobody_approves"), transaction.atomic():
            ApprovalDecision.objects.create(
                request=request,
                is_approval=True,
                at=NOON,
                requested_by=manager,
                owner=admin,
                **seat,
            )


def test_a_rep_may_not_approve(in_review, rep2):
    with pytest.raises(NotAllowed, match="Ask: sales manager"):
        approve_quote(in_review.approvals.get().pk, by=rep2, at=NOON)


def test_a_refusal_sends_the_quote_back_with_the_reason(in_review, manager, rep, deliver):
    request = in_review.approvals.get()
    with pytest.raises(Refused, match="Say what should change"):
        refuse_quote(request.pk, by=manager, at=NOON, comment=" ")
    quote = refuse_quote(request.pk, by=manager, at=NOON, comment="Too deep")
    assert (quote.state, quote.content_hash) == ("draft", "")
    assert "“Too deep”" in deliver()[-1].text
    assert submit_at(quote, 10, rep).state == "approved"


@pytest.fixture
def chain(db, manager, cfo):
    """Manager above 15 %, director above 30 %, CFO above 50 %, one after the other."""
    director = person("dirk", "sales_manager")
    for place, (limit, who) in enumerate(((15, manager), (30, director), (50, cfo)), 1):
        policy(f"Above {limit} %", limit, f"person:{who.pk}", stage=place)
    return manager, director, cfo


def test_what_got_no_worse_is_carried_over_and_only_the_rest_is_asked(full_draft, rep, chain):
    manager, director, cfo = chain
    quote = submit_at(full_draft, 55, rep)
    for who in (manager, director):
        approve_quote(quote.approvals.get(state="pending").pk, by=who, at=NOON)
    refuse_quote(quote.approvals.get(state="pending").pk, by=cfo, at=NOON, comment="Too deep")
    quote = submit_at(quote, 52, rep)
    assert waiting(quote) == ["Chiara"]
    carried = ApprovalDecision.objects.filter(request__quote=quote, carried_from__isnull=False)
    assert [decision.seat for decision in carried] == [manager, director]
    approve_quote(quote.approvals.get(state="pending").pk, by=cfo, at=NOON)
    quote = recall_quote(quote.pk, by=rep, at=NOON)
    shown = stages(approvals_for(quote, by=rep, at=NOON))
    assert all(review.is_settled for stage in shown for review in stage.reviews)
    quote = submit_at(quote, 60, rep)
    asked = quote.approvals.filter(state__in=["pending", "waiting"])
    assert [request.person for request in asked] == [manager, director, cfo]


def test_who_sent_back_as_much_since_is_asked_again(in_review, rep, manager):
    approve_quote(in_review.approvals.get().pk, by=manager, at=NOON)
    quote = recall_quote(in_review.pk, by=rep, at=NOON)
    change_quote(quote.pk, {"discount_percent": Decimal(19)}, by=rep, at=NOON)
    quote = submit_quote(quote.pk, by=rep, at=NOON)
    again = quote.approvals.get(state="pending")
    refuse_quote(again.pk, by=manager, at=NOON, comment="No more than that")
    assert submit_at(quote, 20, rep).state == "in_review"
    quote = recall_quote(quote.pk, by=rep, at=NOON)
    assert submit_at(quote, 18, rep).state == "approved"  # that much was granted, and stands


def test_a_delegate_decides_and_both_names_stand(in_review, manager, cfo, deliver):
    made = delegate_approvals(cfo.pk, first_day=TODAY, last_day=TODAY, by=manager, at=NOON)
    [request] = inbox_of(cfo, at=NOON)
    assert not inbox_of(cfo, at=NOON + timedelta(days=1)).exists()
    assert {mail.to for mail in deliver()} == {manager.email, cfo.email}
    approve_quote(request.pk, by=cfo, at=NOON)
    decision = request.decisions.get()
    assert (decision.by, decision.seat) == (cfo, manager)
    with pytest.raises(Refused, match="no such delegation of yours"):
        end_delegation(made.pk, by=cfo, at=NOON)
    end_delegation(made.pk, by=manager, at=NOON)


def test_a_delegation_goes_to_who_may_approve_and_to_one_at_a_time(manager, cfo, rep):
    days = {"first_day": TODAY, "last_day": TODAY + timedelta(days=3), "by": manager, "at": NOON}
    with pytest.raises(Refused, match="who may approve"):
        delegate_approvals(rep.pk, **days)
    with pytest.raises(Refused, match="lies before"):
        delegate_approvals(cfo.pk, **{**days, "first_day": TODAY + timedelta(days=9)})
    delegate_approvals(cfo.pk, **days)
    with pytest.raises(Refused, match="stands in for you until 27 Nov 2026"):
        delegate_approvals(cfo.pk, **days)


def test_the_tick_reminds_once_and_then_lets_somebody_higher_decide(
    full_draft, rep, manager, cfo, deliver
):
    policy(
        "Deep", 15, "role:sales_manager",
        remind_after_hours=1, escalate_after_hours=2, escalate_role="finance_manager",
    )  # fmt: skip
    quote = submit_at(full_draft, 20, rep)
    request = quote.approvals.get()
    hour = NOON + timedelta(hours=1)
    assert [remind_approvers(at=at) for at in (NOON, hour, hour)] == [0, 1, 0]
    assert "still waits" in deliver()[-1].subject
    assert not inbox_of(cfo, at=hour).exists()
    with pytest.raises(NotAllowed):
        approve_quote(request.pk, by=cfo, at=hour)
    assert [escalate_approvals(at=at) for at in (hour, hour + timedelta(hours=1))] == [0, 1]
    assert (deliver()[-1].to, deliver()[-1].subject) == (
        cfo.email,
        "Quote Q-2026-000001 waits too long: please decide",
    )
    assert approve_quote(request.pk, by=cfo, at=hour).state == "approved"


def test_a_word_reaches_the_other_side_and_decides_nothing(in_review, manager, rep, deliver):
    request = in_review.approvals.get()
    comment_on_approval(request.pk, "What does the competitor offer?", by=manager, at=NOON)
    assert (deliver()[-1].to, "competitor" in deliver()[-1].text) == (rep.email, True)
    comment_on_approval(request.pk, "Twenty.", by=rep, at=NOON + timedelta(hours=1))
    assert deliver()[-1].to == manager.email
    assert Quote.objects.get(pk=in_review.pk).state == "in_review"


def test_a_standing_grant_approves_within_its_bounds_until_it_is_taken_back(
    in_review, manager, rep, customer
):
    request = in_review.approvals.get()
    draft = GrantDraft(last_day=TODAY + timedelta(days=30), bounds={"line_discount": Decimal(22)})
    with pytest.raises(NotAllowed):
        give_standing_grant(request.pk, draft, by=rep, at=NOON)
    grant = give_standing_grant(request.pk, draft, by=manager, at=NOON)
    quote = recall_quote(in_review.pk, by=rep, at=NOON)
    assert submit_at(quote, 22, rep).state == "approved"
    assert quote.approvals.get(state="approved").decisions.get().grant == grant
    quote = recall_quote(quote.pk, by=rep, at=NOON)
    assert submit_at(quote, 23, rep).state == "in_review"
    quote = recall_quote(quote.pk, by=rep, at=NOON)
    revoke_standing_grant(grant.pk, by=manager, at=NOON)
    assert submit_at(quote, 22, rep).state == "in_review"


def test_an_approver_sees_what_changed_since_their_own_decision(in_review, manager, rep):
    refuse_quote(in_review.approvals.get().pk, by=manager, at=NOON, comment="Too deep")
    case = case_for(manager, in_review)
    assert case.changes == []
    change_line(in_review.lines.first().pk, {"quantity": Decimal(12)}, by=rep, at=NOON)
    quote = submit_at(in_review, 17, rep)
    case = case_for(manager, quote)
    assert [
        (c.where, c.what, c.before, c.after) for c in case.changes if c.what != "contract_total"
    ] == [
        ("", "discount_percent", "18", "17"),
        ("Support", "quantity", "10", "12"),
    ]
    # 12 seats at 10 a month and 438 once, less 17 %.
    assert (case.cash.amount, case.cash_given_away.amount) == (
        Decimal("1558.74"),
        Decimal("319.26"),
    )


def test_the_last_closed_deals_with_the_same_product_stand_beside_it(
    sent, customer, rep, manager, products, policies
):
    Quote.objects.filter(pk=sent.pk).update(state="expired")
    other = create_quote(NewQuote(customer_id=customer.pk), by=rep, at=NOON)
    add_line(other.pk, NewLine(product_id=products["BOX"].pk), by=rep, at=NOON)
    [deal] = case_for(manager, Quote.objects.get(pk=other.pk)).comparables
    assert (deal.quote, deal.discount, deal.quote.state) == (sent, Decimal(0), "expired")


def test_the_rep_sees_before_submitting_who_is_asked_why_and_what_avoids_it(full_draft, rep, chain):
    change_line(
        full_draft.lines.get(description="Router").pk,
        {"discount_percent": Decimal(40)},
        by=rep,
        at=NOON,
    )
    shown = stages(approvals_for(Quote.objects.get(pk=full_draft.pk), by=rep, at=NOON))
    assert [
        (stage.number, review.asked.words, review.need.avoid)
        for stage in shown
        for review in stage.reviews
    ] == [
        (1, "Miriam", "a discount of at most 15 % on “Router”"),
        (2, "Dirk", "a discount of at most 30 % on “Router”"),
    ]
    change_line(
        full_draft.lines.get(description="Router").pk,
        {"discount_percent": Decimal(15)},
        by=rep,
        at=NOON,
    )
    assert approvals_for(Quote.objects.get(pk=full_draft.pk), by=rep, at=NOON) == []
