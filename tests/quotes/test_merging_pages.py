# ruff: noqa: F811
"""Merging on the pages, by the customer's link and over the API."""

from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

from django.urls import reverse
from django.utils import timezone

from q2c.customers.models import PortalLink
from q2c.customers.portal import make_link
from quotes.actions import (
    change_line,
    change_quote,
)
from quotes.models import Quote
from tests.api.conftest import api_for  # noqa: F401
from tests.quotes.conftest import NOON
from tests.quotes.test_merging import (  # noqa: F401
    branch,
    lines_of,
    merge,
    offered,
    other,
    shape,
    stored,
)

D = Decimal
LATER = NOON + timedelta(minutes=1)


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


def test_a_program_looks_and_merges(api_for, full_draft, branch, rep):
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
