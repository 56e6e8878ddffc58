"""The Operations page: is the machinery well, and what could it not do by itself."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from q2c.identity.roles import Role
from q2c.infra import health, jobs
from q2c.infra.bus import history
from q2c.infra.models import Event, Job, Mail
from q2c.kernel.errors import NotAllowed
from q2c.web.operations.actions import retry_jobs

PAGE = "/operations/"


def text(client, **query):
    response = client.get(PAGE, query)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.ADMINISTRATOR, 200),
        (Role.FINANCE, 200),
        (Role.FINANCE_MANAGER, 200),
        (Role.SALES_REP, 403),
        (Role.SALES_MANAGER, 403),
        (Role.LEGAL, 403),
    ],
)
def test_only_those_who_see_operations_find_it_in_the_menu_and_open_it(
    client, people, job, role, status
):
    client.force_login(people[role])
    assert client.get(PAGE).status_code == status
    assert client.get(reverse("operations:job", args=[job().pk])).status_code == status
    assert (f'href="{PAGE}"' in client.get("/").content.decode()) is (status == 200)


def test_a_visitor_signs_in_first(client, job):
    assert client.get(PAGE)["Location"].startswith("/sign-in/")
    assert client.post(reverse("operations:retry_one", args=[job().pk])).status_code == 302
    assert Job.objects.get().parked_at


def test_a_machine_at_rest_says_that_all_is_well(as_admin, now):
    health.beat("beat", at=now)
    health.beat("canary", at=now)
    page = text(as_admin)
    assert "All well" in page
    assert "All work is done" in page
    assert "Nothing is parked" in page
    assert "Nobody has retried anything" in page


def test_what_is_not_well_says_what_to_do(as_admin, job, now):
    health.beat("canary", at=now - timedelta(minutes=9))
    job("waiting")
    page = text(as_admin)
    assert "Needs attention" in page
    assert "Start Celery beat." in page
    assert "Never seen" in page
    assert "No worker takes up work." in page
    assert "The oldest job waits since" in page
    assert "Run manage.py migrate." not in page


def test_jobs_are_counted_by_kind_and_state(as_admin, job):
    for state in ("parked", "parked", "paused", "waiting", "running", "done"):
        job(state)
    job("waiting", kind="billing.deliver_invoice", key="7")
    context = as_admin.get(PAGE).context
    counted = {
        row.kind: (row.parked, row.paused, row.waiting, row.running)
        for row, _, _ in context["kinds"]
    }
    assert counted == {
        "quotes.handlers.mail_quote": (2, 1, 1, 1),
        "billing.deliver_invoice": (0, 0, 1, 0),
    }
    assert [tab["count"] for tab in context["tabs"]] == [2, 1, 2, 1, 0]


@pytest.mark.parametrize("state", ["parked", "paused", "waiting", "running"])
def test_a_tab_lists_the_jobs_of_its_state_and_of_the_kind_asked_for(as_admin, job, state):
    for each in ("parked", "paused", "waiting", "running", "done"):
        job(each)
        job(each, kind="billing.deliver_invoice", key=each)
    listed = as_admin.get(PAGE, {"state": state}).context["rows"]
    assert [row.state for row in listed] == [state, state]
    [row] = as_admin.get(PAGE, {"state": state, "kind": "billing.deliver_invoice"}).context["rows"]
    assert row.job.key == state


def test_a_parked_job_shows_what_it_was_for_and_its_error(as_admin, job):
    parked = job(error="The March books are closed.")
    page = text(as_admin)
    assert "Quotes: mail quote" in page
    assert "Quote sent, 1" in page
    assert "Mail the customer the PDF and a link of their own." in page
    assert "The March books are closed." in page
    page = as_admin.get(reverse("operations:job", args=[parked.pk])).content.decode()
    assert "The March books are closed." in page
    assert "8 of 8" in page


def test_emails_that_failed_are_listed_with_their_recipient(as_admin, mail_job):
    mail_job("parked", error="SMTPRecipientsRefused: no such user")
    mail_job("paused")
    mail_job("waiting")
    mail_job("done")
    response = as_admin.get(PAGE, {"state": "mails"})
    assert [row.state for row in response.context["rows"]] == ["paused", "parked"]
    assert "ida@nordlicht.example" in response.content.decode()
    assert "SMTPRecipientsRefused: no such user" in response.content.decode()


def test_long_lists_come_in_pages(as_admin, job):
    oldest, *_ = [job() for _ in range(52)]
    first = as_admin.get(PAGE)
    assert len(first.context["rows"]) == 50
    rest = as_admin.get(PAGE, {"after": first.context["page"].after}).context["rows"]
    assert [row.job.pk for row in rest] == [oldest.pk + 1, oldest.pk]


def test_words_nobody_knows_show_the_parked_jobs(as_admin, job):
    job()
    assert len(as_admin.get(PAGE, {"state": "lost"}).context["rows"]) == 1
    assert as_admin.get(PAGE, {"kind": "no.such.kind"}).context["rows"] == []
    assert as_admin.get(reverse("operations:job", args=[99])).status_code == 404


def test_the_page_asks_as_many_questions_for_many_jobs_as_for_few(
    as_admin, mail_job, job, django_assert_max_num_queries
):
    for _ in range(30):
        mail_job("parked")
        job()
        job("waiting", kind=f"kind.{Job.objects.count()}")
    for state in ("parked", "waiting", "mails"):
        with django_assert_max_num_queries(14):
            text(as_admin, state=state)


def retry(client, found):
    return client.post(reverse("operations:retry_one", args=[found.pk]), follow=True)


def facts():
    return list(
        Event.objects.filter(name="JobsRetried")
        .order_by("pk")
        .values_list("document_id", "actor_label")
    )


def test_a_parked_job_goes_back_to_the_queue_and_history_says_who_sent_it(as_admin, job, now):
    parked = job()
    assert "The job is back in the queue." in retry(as_admin, parked).content.decode()
    parked.refresh_from_db()
    assert (parked.parked_at, parked.attempts) == (None, 0)
    assert jobs.waiting(at=timezone.now()) == [(parked.pk, "default")]
    assert [(e.name, e.actor_label) for e in history("job", parked.pk)] == [
        ("JobsRetried", "Administrator")
    ]
    [line] = as_admin.get(PAGE).context["retries"]
    assert (line.by, line.title, line.count) == ("Administrator", "Quotes: mail quote", 1)
    page = as_admin.get(reverse("operations:job", args=[parked.pk])).content.decode()
    assert "Jobs retried" in page


def test_a_second_click_retries_nothing_and_says_so(as_admin, job):
    parked = job()
    retry(as_admin, parked)
    assert "Nothing to retry" in retry(as_admin, parked).content.decode()
    assert facts() == [(parked.pk, "Administrator")]


def test_a_pausing_job_can_be_tried_at_once(as_admin, mail_job):
    paused = mail_job("paused")
    retry(as_admin, paused)
    assert jobs.waiting(at=timezone.now()) == [(paused.pk, "mail")]


@pytest.mark.parametrize("state", ["waiting", "running", "done"])
def test_a_job_that_is_not_stuck_is_left_alone(as_admin, job, state):
    found = job(state)
    before = Job.objects.values().get()
    assert "Nothing to retry" in retry(as_admin, found).content.decode()
    assert Job.objects.values().get() == before
    assert facts() == []


def test_a_job_that_does_not_exist_cannot_be_retried(as_admin):
    assert as_admin.post(reverse("operations:retry_one", args=[99])).status_code == 404


def test_picked_jobs_are_retried_together_and_the_list_stays(as_admin, job):
    one, two, three, running = job(), job(), job(), job("running")
    answer = as_admin.post(
        reverse("operations:retry"),
        {"ids": [one.pk, two.pk, running.pk, 99, "x"], "state": "parked", "kind": one.kind},
        follow=True,
    )
    assert "2 jobs are back in the queue." in answer.content.decode()
    assert [row.job for row in answer.context["rows"]] == [three]
    assert answer.context["kind"] == one.kind
    assert facts() == [(one.pk, "Administrator"), (two.pk, "Administrator")]


@pytest.mark.parametrize("ids", [[], ["x"], ["9" * 30]])
def test_retrying_nothing_is_refused(as_admin, job, ids):
    job()
    assert as_admin.post(reverse("operations:retry"), {"ids": ids}).status_code == 422
    assert Job.objects.get().parked_at


def test_all_parked_jobs_of_a_kind_are_retried_and_no_others(as_admin, job):
    mine = [job(), job()]
    other = job(kind="billing.deliver_invoice", key="7")
    paused = job("paused")
    data = {"state": "parked", "kind": "quotes.handlers.mail_quote"}
    answer = as_admin.post(reverse("operations:retry_all"), data, follow=True)
    assert "2 jobs are back in the queue." in answer.content.decode()
    assert {pk for pk, _ in jobs.waiting(at=timezone.now())} == {each.pk for each in mine}
    other.refresh_from_db()
    assert other.parked_at
    paused.refresh_from_db()
    assert paused.attempts == 2
    [line] = answer.context["retries"]
    assert line.count == 2


@pytest.mark.parametrize("data", [{}, {"state": "parked"}, {"state": "running", "kind": "k"}])
def test_all_means_all_stuck_jobs_of_one_kind(as_admin, job, data):
    job(kind="k")
    assert as_admin.post(reverse("operations:retry_all"), data).status_code == 422
    assert Job.objects.get().parked_at


@pytest.mark.parametrize("name", ["retry", "retry_all"])
def test_who_may_not_see_operations_retries_nothing(client, people, job, name):
    parked = job()
    client.force_login(people[Role.SALES_REP])
    data = {"ids": [parked.pk], "state": "parked", "kind": parked.kind}
    assert client.post(reverse(f"operations:{name}"), data).status_code == 403
    assert retry(client, parked).status_code == 403
    with pytest.raises(NotAllowed):
        retry_jobs([parked.pk], by=people[Role.LEGAL], at=timezone.now())
    parked.refresh_from_db()
    assert parked.parked_at
    assert facts() == []


@pytest.mark.django_db(transaction=True)
def test_two_who_retry_the_same_job_at_the_same_moment_retry_it_once(admin, job, now):
    parked, start = job(), Barrier(2)

    def click(_):
        try:
            start.wait(10)
            return retry_jobs([parked.pk], by=admin, at=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(click, range(2))) == [0, 1]
    assert facts() == [(parked.pk, "Administrator")]


@pytest.mark.django_db(transaction=True)
def test_a_worker_does_what_was_retried(as_admin, mail_job, celery_worker):
    for _ in range(3):
        mail_job("parked")
    data = {"state": "parked", "kind": "infra.deliver_mail"}
    as_admin.post(reverse("operations:retry_all"), data)
    celery_worker.wait_for(lambda: not Job.objects.filter(done_at=None).exists())
    assert Mail.objects.exclude(sent_at=None).count() == 3


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_an_administrator_finds_reads_and_retries_parked_jobs(
    signed_in, admin, axe, job, mail_job, width, theme
):
    mail_job("paused")
    mails = [mail_job("parked", error="SMTPRecipientsRefused: no such user") for _ in range(2)]
    job(error="OSError: no route to host", kind="infra.nobody")
    type(admin).objects.update(theme=theme)
    page = signed_in(admin)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(PAGE)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    axe()
    page.get_by_label(f"Select job {mails[0].pk}", exact=True).check()
    axe()
    page.get_by_role("button", name="Retry selected").click()
    expect(page.get_by_text("The job is back in the queue.")).to_be_visible()
    page.get_by_role("button", name="Retry all: Deliver mail").click()
    expect(page.get_by_role("link", name=re.compile("^Parked 1"))).to_be_visible()
    page.get_by_role("link", name=re.compile("^E-mails not sent")).click()
    expect(page).to_have_url(re.compile("state=mails"))
    axe()
    page.get_by_role("link", name=re.compile("^Parked")).click()
    page.get_by_role("link", name="Nobody").click()
    expect(page).to_have_url(re.compile(r"/jobs/\d+/"))
    axe()
    page.get_by_role("button", name="Retry", exact=True).click()
    expect(page.get_by_text("Nothing is parked")).to_be_visible()
    axe()
