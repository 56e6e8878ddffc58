"""The pages of approvals: policies, the inbox, the e-mail's link, being away, standing grants."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from quotes.actions import change_quote, recall_quote, submit_quote
from quotes.models import ApprovalDecision, ApprovalPolicy, Delegation, Quote, StandingGrant
from quotes.queries import decision_link
from tests.quotes.conftest import NOON
from tests.quotes.test_approvals import submit_at


def at(name, *ids):
    return reverse(f"quotes:{name}", args=ids)


@pytest.fixture
def as_(client):
    def as_(user):
        client.force_login(user)
        return client

    return as_


POLICY = {
    "name": "Deep or late",
    "needs_all_conditions": "any",
    "is_active": "on",
    "conditions-TOTAL_FORMS": "3",
    "conditions-INITIAL_FORMS": "0",
    "conditions-0-measure": "line_discount",
    "conditions-0-operator": "above",
    "conditions-0-value": "15",
    "conditions-1-measure": "",
    "conditions-1-operator": "above",
    "conditions-2-measure": "contract_total",
    "conditions-2-operator": "at_least",
    "conditions-2-value": "50000",
    "conditions-2-currency": "EUR",
    "steps-TOTAL_FORMS": "2",
    "steps-INITIAL_FORMS": "0",
    "steps-0-asks": "manager:1",
    "steps-0-stage": "1",
    "steps-0-needs_all": "any",
    "steps-1-asks": "role:finance_manager",
    "steps-1-stage": "2",
    "steps-1-needs_all": "all",
    "steps-1-remind_after_hours": "24",
}


def test_an_administrator_writes_a_policy_and_tries_it_before_saving(
    as_, admin, manager, rep, full_draft
):
    client = as_(admin)
    change_quote(full_draft.pk, {"discount_percent": Decimal(18)}, by=rep, at=NOON)
    page = client.post(at("policy_new"), {**POLICY, "do": "try", "quote": full_draft.number})
    text = page.content.decode()
    assert "it would ask:" in text
    assert "Discount of 18 % on “Support” exceeds 15 %" in text
    assert not ApprovalPolicy.objects.exists()
    assert client.post(at("policy_new"), {**POLICY, "do": "save"}).status_code == 302
    policy = ApprovalPolicy.objects.get()
    assert [str(each) for each in policy.conditions.all()] == [
        "Deepest discount on a line above 15 %",
        "Contract total at least 50000 EUR",
    ]
    assert [step.words for step in policy.steps.all()] == [
        "the owner's manager",
        "every finance manager",
    ]
    assert "Contract total at least 50000 EUR" in client.get(at("policies")).content.decode()
    assert as_(manager).get(at("policies")).status_code == 403


def test_what_a_policy_cannot_measure_is_said_beside_its_field(as_, admin):
    client = as_(admin)
    wrong = {**POLICY, "conditions-2-currency": ""}
    response = client.post(at("policy_new"), wrong)
    assert response.status_code == 422
    form = response.context["form"].conditions.forms[2]
    assert form.errors == {"currency": ["Say in which currency the amount is."]}
    nobody = {**POLICY, "steps-0-asks": "", "steps-1-asks": ""}
    assert "Say who is asked" in client.post(at("policy_new"), nobody).content.decode()
    more = client.post(at("policy_new"), {**POLICY, "do": "condition"})
    assert len(more.context["form"].conditions.forms) == 4
    assert not ApprovalPolicy.objects.exists()


def test_the_inbox_shows_the_case_and_takes_the_decision(as_, in_review, manager, rep):
    client = as_(manager)
    page = client.get(at("approvals")).content.decode()
    for words in (
        "Discount of 18 % on “Support” exceeds 15 %",
        "You have not decided about this quote before.",
        "Cash in the first year",
        "No closed deal holds one of these products yet.",
    ):
        assert words in page
    client.post(at("decide", in_review.pk), {"verdict": "refuse", "comment": ""})
    assert Quote.objects.get(pk=in_review.pk).state == "in_review"
    client.post(at("decide", in_review.pk), {"verdict": "refuse", "comment": "Too deep"})
    assert Quote.objects.get(pk=in_review.pk).state == "draft"
    change_quote(in_review.pk, {"discount_percent": Decimal(16)}, by=rep, at=NOON)
    submit_quote(in_review.pk, by=rep, at=NOON)
    page = client.get(at("approvals")).content.decode()
    assert re.search(r"discount percent:\s*<del>18</del>\s*<ins>16</ins>", page, re.IGNORECASE)
    client.post(at("decide", in_review.pk), {"verdict": "approve", "comment": ""})
    assert Quote.objects.get(pk=in_review.pk).state == "approved"
    assert "Nobody waits for you" in client.get(at("approvals")).content.decode()
    assert as_(rep).get(at("approvals")).status_code == 403


def test_a_refused_decision_keeps_what_was_typed(as_, full_draft, policies, rep, manager):
    full_draft.lines.filter(product__sku="BOX").update(max_quantity=99)
    asked = submit_at(full_draft, 18, rep)
    typed = {"comment": "Only for them", "verdict": "approve", "discount_at_most": "150"}
    page = as_(manager).post(at("decide", asked.pk), typed)
    text = page.content.decode()
    assert page.status_code == 422
    assert "Only for them" in text
    assert 'value="150"' in text
    assert "Give a percentage of at most 100." in text
    page = as_(manager).post(at("decide", asked.pk), {**typed, "discount_at_most": "5"})
    assert "The quote itself does not fit in these bounds." in page.content.decode()
    page = as_(manager).post(at("decide", asked.pk), {"verdict": "refuse", "comment": " "})
    assert "Say what should change." in page.content.decode()
    assert not ApprovalDecision.objects.exists()
    as_(manager).post(at("decide", asked.pk), {**typed, "discount_at_most": "40"})
    page = as_(manager).get(at("detail", asked.pk)).content.decode()
    assert "The customer may choose within a discount of at most 40 %." in page


def test_the_link_of_the_mail_decides_once_for_its_person_only(client, in_review, manager, deliver):
    [mail] = deliver()
    [link] = re.findall(r"/decide/\S+", mail.text)
    page = client.get(link)
    assert (page.status_code, "no-store" in page["Cache-Control"]) == (200, True)
    assert b"you decide as <strong>Miriam" in page.content
    assert Quote.objects.get(pk=in_review.pk).state == "in_review"  # reading decides nothing
    assert client.post(link, {"verdict": "refuse"}).status_code == 422
    assert client.post(link, {"verdict": "approve", "comment": "Fine"}).status_code == 200
    decision = in_review.approvals.get().decisions.get()
    assert (decision.by, decision.by_mail, decision.comment) == (manager, True, "Fine")
    assert client.get(link).status_code == client.post(link).status_code == 410


def test_a_link_dies_with_its_request_its_person_and_its_week(client, in_review, manager, rep):
    now = timezone.now()
    requests = list(in_review.approvals.all())

    def opened(person, made):
        link = decision_link(requests, person, at=made)
        return client.get(link[link.index("/decide/") :])

    assert opened(manager, now).status_code == 200
    assert opened(manager, now - timedelta(days=8)).status_code == 410
    assert opened(rep, now).status_code == 410  # whose own quote it is
    assert client.get(at("decide_by_mail", "forged")).status_code == 410
    manager.is_active = False
    manager.save()
    assert opened(manager, now).status_code == 410
    manager.is_active = True
    manager.save()
    recall_quote(in_review.pk, by=rep, at=NOON)
    assert opened(manager, now).status_code == 410


def test_a_person_delegates_on_their_own_page_and_takes_it_back(as_, manager, cfo, in_review):
    client, today = as_(manager), timezone.now().date()
    days = {"first_day": today, "last_day": today + timedelta(days=2)}
    page = client.post(at("away"), {**days, "delegate": cfo.pk}, follow=True).content.decode()
    assert "Chiara decides for you" in page
    assert in_review.number in as_(cfo).get(at("approvals")).content.decode()
    wrong = client.post(at("away"), {**days, "delegate": cfo.pk, "last_day": "2020-01-01"})
    assert wrong.status_code == 422
    as_(manager).post(at("back", Delegation.objects.get().pk))
    assert in_review.number not in as_(cfo).get(at("approvals")).content.decode()


def test_a_standing_grant_is_given_listed_and_taken_back(as_, manager, cfo, in_review):
    request = in_review.approvals.get()
    client, until = as_(manager), timezone.now().date() + timedelta(days=30)
    grant = {"line_discount": "20", "scope": "customer", "last_day": until}
    late = {**grant, "line_discount": "21", "last_day": until + timedelta(days=900)}
    back = client.post(at("grant", request.pk), late)
    assert back.status_code == 422
    assert "Choose a day from today to a year from now." in back.content.decode()
    assert 'value="21"' in back.content.decode()
    client.post(at("grant", request.pk), grant)
    given = StandingGrant.objects.get()
    page = client.get(at("standing_grants")).content.decode()
    assert "Deepest discount on a line, %: up to 20" in page
    assert as_(cfo).post(at("grant_revoke", given.pk)).status_code == 403
    as_(manager).post(at("grant_revoke", given.pk))
    given.refresh_from_db()
    assert given.revoked_by == manager
