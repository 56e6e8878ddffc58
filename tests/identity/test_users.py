"""Administrators look after our people; people get their passwords by a mailed link."""

import re
import threading
import time
from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.core import mail as django_mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from q2c.api.actions import KeyDraft, create_api_key
from q2c.identity.actions import (
    UserDraft,
    add_user,
    deactivate_user,
    edit_user,
    reactivate_user,
    send_password_link,
    set_password,
)
from q2c.identity.models import User
from q2c.infra import jobs
from q2c.infra.bus import history
from q2c.infra.models import Job, Mail
from q2c.kernel.errors import NotAllowed, Refused

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
PASSWORD, NEW_PASSWORD = "a long password", "a new long password"
LINK = re.compile(r"http://\S+(/password/\S+/)")


def person(name, role="sales_rep", **more):
    user = User.objects.create_user(
        f"{name}@acme.example", PASSWORD, full_name=name.capitalize(), role=role
    )
    User.objects.filter(pk=user.pk).update(**more)
    user.refresh_from_db()
    return user


@pytest.fixture
def admin(db):
    return person("alex", "administrator")


@pytest.fixture
def second_admin(admin):
    return person("bo", "administrator")


@pytest.fixture
def ana(db):
    return person("ana")


@pytest.fixture
def same_minute():
    if (second := time.time() % 60) > 50:
        time.sleep(60.1 - second)


def draft(**changes):
    values = {"full_name": "Cem Aydin", "email": "cem@acme.example", "role": "finance"}
    return UserDraft(**{**values, **changes})


def of(user, **changes):
    """The person as they are, with changes."""
    names = ("full_name", "email", "role", "manager_id")
    return UserDraft(**{**{name: getattr(user, name) for name in names}, **changes})


def facts_of(user):
    return [event.name for event in history("user", user.pk)]


def deliver():
    """Do what waits: write the mails, then send them."""
    for _ in range(2):
        for job in Job.objects.filter(done_at=None).order_by("pk"):
            assert jobs.run_job(job.pk, at=timezone.now())


def link_to(user):
    deliver()
    text = Mail.objects.filter(to=user.email).latest("pk").text
    return LINK.search(text).group(1)


def choose(client, link, password=NEW_PASSWORD):
    """Open the link and choose a password, as a browser does."""
    form = client.get(link, follow=True)
    if not form.redirect_chain:
        return form
    data = {"new_password1": password, "new_password2": password}
    return client.post(form.redirect_chain[-1][0], data)


def signs_in(email, password):
    client = Client()
    client.post("/sign-in/", {"email": email, "password": password})
    return client.get("/profile/").status_code == 200


# Adding


def test_who_is_added_chooses_a_password_by_the_mailed_link_and_comes_in(admin):
    cem = add_user(draft(manager_id=admin.pk), by=admin, at=NOON)
    assert (cem.is_invited, cem.manager) == (True, admin)
    link = link_to(cem)
    assert Mail.objects.get().to_name == "Cem Aydin"
    client = Client()
    assert choose(client, link).url == "/sign-in/"
    assert "Your password is set, Cem Aydin." in client.get("/sign-in/").content.decode()
    assert signs_in("cem@acme.example", NEW_PASSWORD)
    cem.refresh_from_db()
    assert not cem.is_invited
    assert facts_of(cem) == ["PasswordSet", "UserAdded"]


def test_a_link_works_once(admin):
    link = link_to(add_user(draft(), by=admin, at=NOON))
    choose(Client(), link)
    answer = choose(Client(), link, "yet another password")
    assert "This link no longer works" in answer.content.decode()
    assert not signs_in("cem@acme.example", "yet another password")


@pytest.mark.parametrize(
    "link", ["/password/MQ/set-password/", "/password/x/y/", "/password/MQ/a-b/"]
)
def test_a_link_that_was_never_mailed_opens_nothing(client, admin, link):
    assert "This link no longer works" in client.get(link).content.decode()


def test_a_weak_password_is_refused_at_its_field(client, admin):
    link = link_to(add_user(draft(), by=admin, at=NOON))
    answer = choose(client, link, "short")
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["new_password2"]
    assert not signs_in("cem@acme.example", "short")


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"email": "ANA@acme.example"}, "email", "Ana has this e-mail address already."),
        ({"email": "cem"}, "email", "Give an e-mail address"),
        ({"full_name": " "}, "full_name", "Give their name."),
        ({"role": "king"}, "role", "Choose a role."),
        ({"manager_id": 0}, "manager", "Choose a manager who works here."),
    ],
)
def test_what_cannot_be_added_is_refused_at_its_field(admin, ana, changes, field, words):
    with pytest.raises(Refused, match=re.escape(words)) as refusal:
        add_user(draft(**changes), by=admin, at=NOON)
    assert refusal.value.field == field
    assert User.objects.count() == 2


def test_whose_address_is_deactivated_is_to_be_reactivated(admin, ana):
    deactivate_user(ana.pk, by=admin, at=NOON)
    with pytest.raises(Refused, match="reactivate them instead"):
        add_user(draft(email=ana.email), by=admin, at=NOON)


def test_the_database_knows_no_capitals_in_addresses_either(ana):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("Ana@acme.example", full_name="Ana", role="finance")


def test_addresses_that_differed_in_capitals_alone_are_set_apart_by_the_migration(ana):
    migration = import_module("q2c.identity.migrations.0002_one_user_an_address")
    put, constraint = migration.Migration.operations
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {constraint.constraint.name}")
        bo = User.objects.create(email="ANA@acme.example", full_name="Bo", last_login=NOON)
        cursor.execute(put.sql)
    ana.refresh_from_db()
    bo.refresh_from_db()
    assert (ana.email, bo.email) == (f"ana+{ana.pk}@acme.example", "ANA@acme.example")


# Changing


def test_a_change_shows_on_the_history_in_words_and_holds_at_once(admin, ana, client):
    client.force_login(ana)
    edit_user(ana.pk, of(ana, full_name="Ana F.", role="finance"), by=admin, at=NOON)
    assert client.get(reverse("operations:overview")).status_code == 200
    event = history("user", ana.pk)[0]
    assert (event.name, event.actor) == ("UserEdited", admin)
    assert event.changes == {"full_name": ["Ana", "Ana F."], "role": ["Sales rep", "Finance"]}


def test_saving_the_same_again_is_no_change(admin, ana):
    edit_user(ana.pk, of(ana), by=admin, at=NOON)
    assert facts_of(ana) == []


def test_one_may_write_ones_own_address_in_capitals(admin, ana):
    edit_user(ana.pk, of(ana, email="Ana@Acme.example"), by=admin, at=NOON)
    ana.refresh_from_db()
    assert ana.email == "Ana@Acme.example"


def test_managers_make_no_circle(admin, ana):
    cem = add_user(draft(manager_id=ana.pk), by=admin, at=NOON)
    for manager_id in (ana.pk, cem.pk):
        with pytest.raises(Refused, match="Nobody is their own manager"):
            edit_user(ana.pk, of(ana, manager_id=manager_id), by=admin, at=NOON)
    ana.refresh_from_db()
    assert ana.manager is None


def test_a_manager_who_left_stays_until_another_is_chosen(admin, ana):
    cem = add_user(draft(manager_id=ana.pk), by=admin, at=NOON)
    deactivate_user(ana.pk, by=admin, at=NOON)
    edit_user(cem.pk, of(cem, full_name="Cem"), by=admin, at=NOON)
    assert User.objects.get(pk=cem.pk).manager == ana


# Leaving and coming back


def test_who_is_deactivated_is_signed_out_for_good_and_their_keys_stop(admin, ana, client):
    client.force_login(ana)
    key = KeyDraft(
        name="Shop", user_id=ana.pk, scopes=("quotes:read",), expires_at=NOON.replace(year=2027)
    )
    _, secret = create_api_key(key, by=admin, at=NOON)
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/quotes", headers=headers).status_code == 200
    deactivate_user(ana.pk, by=admin, at=NOON)
    assert client.get("/profile/").status_code == 302
    assert client.get("/api/v1/quotes", headers=headers).status_code == 401
    assert not signs_in(ana.email, PASSWORD)
    reactivate_user(ana.pk, by=admin, at=NOON)
    assert client.get("/profile/").status_code == 302  # the old session stays dead
    choose(Client(), link_to(ana))
    assert signs_in(ana.email, NEW_PASSWORD)
    assert facts_of(ana) == ["PasswordSet", "UserReactivated", "UserDeactivated"]


def test_a_link_on_its_way_dies_with_the_account(admin, ana):
    send_password_link(ana.pk, by=admin, at=NOON)
    link = link_to(ana)
    deactivate_user(ana.pk, by=admin, at=NOON)
    assert "This link no longer works" in Client().get(link).content.decode()
    reactivate_user(ana.pk, by=admin, at=NOON)
    assert "This link no longer works" in Client().get(link).content.decode()


def test_who_is_deactivated_gets_no_link(admin, ana, client):
    send_password_link(ana.pk, by=admin, at=NOON)
    deactivate_user(ana.pk, by=admin, at=NOON)
    client.post("/sign-in/forgotten/", {"email": ana.email})
    deliver()
    assert not Mail.objects.exists()
    with pytest.raises(Refused, match="Reactivate them"):
        send_password_link(ana.pk, by=admin, at=NOON)
    with pytest.raises(Refused, match="deactivated"):
        set_password(ana.pk, PASSWORD, at=NOON)


def test_deactivating_twice_is_once(admin, ana):
    deactivate_user(ana.pk, by=admin, at=NOON)
    deactivate_user(ana.pk, by=admin, at=NOON)
    assert facts_of(ana) == ["UserDeactivated"]


# Administrators


def test_nobody_deactivates_or_demotes_themselves(admin, second_admin):
    with pytest.raises(Refused, match="You cannot deactivate yourself"):
        deactivate_user(admin.pk, by=admin, at=NOON)
    with pytest.raises(Refused, match="You cannot take your own role away") as refusal:
        edit_user(admin.pk, of(admin, role="finance"), by=admin, at=NOON)
    assert refusal.value.field == "role"
    edit_user(admin.pk, of(admin, full_name="Alex M."), by=admin, at=NOON)
    admin.refresh_from_db()
    assert (admin.full_name, admin.role, admin.is_active) == ("Alex M.", "administrator", True)


def test_the_last_administrator_stays_whoever_asks(admin, second_admin):
    deactivate_user(second_admin.pk, by=admin, at=NOON)
    with pytest.raises(Refused, match="This is the last administrator"):
        deactivate_user(admin.pk, by=None, at=NOON)
    with pytest.raises(Refused, match="This is the last administrator"):
        edit_user(admin.pk, of(admin, role="legal"), by=None, at=NOON)
    admin.refresh_from_db()
    assert (admin.role, admin.is_active) == ("administrator", True)


@pytest.mark.django_db(transaction=True)
def test_two_administrators_cannot_put_each_other_out(admin, second_admin):
    barrier, refusals = threading.Barrier(2), []

    def put_out(target, by):
        barrier.wait()
        try:
            deactivate_user(target.pk, by=by, at=NOON)
        except Refused as refusal:
            refusals.append(refusal.message)
        finally:
            connection.close()

    pairs = [(admin, second_admin), (second_admin, admin)]
    threads = [threading.Thread(target=put_out, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert User.objects.filter(is_active=True).count() == 1
    assert refusals == ["This is the last administrator. Make somebody else one first."]


# Doors


def test_only_administrators_reach_these_pages(client, ana, admin):
    client.force_login(ana)
    for name in ("users:list", "users:new"):
        assert client.get(reverse(name)).status_code == 403
    for name in ("detail", "edit"):
        assert client.get(reverse(f"users:{name}", args=[admin.pk])).status_code == 403
    for name in ("deactivate", "reactivate", "password_link"):
        assert client.post(reverse(f"users:{name}", args=[admin.pk])).status_code == 403
    assert "/users/" not in client.get("/").content.decode()
    for action in (deactivate_user, reactivate_user, send_password_link):
        with pytest.raises(NotAllowed):
            action(admin.pk, by=ana, at=NOON)
    with pytest.raises(NotAllowed):
        add_user(draft(), by=ana, at=NOON)


def test_the_list_finds_people_by_name_address_role_and_state(client, admin, ana):
    add_user(draft(), by=admin, at=NOON)
    deactivate_user(person("dora", "legal").pk, by=admin, at=NOON)
    client.force_login(admin)

    def found(**query):
        return [p.full_name for p in client.get("/users/", query).context["page"].rows]

    assert found() == ["Alex", "Ana", "Cem Aydin", "Dora"]
    assert found(q="aydin") == found(q="CEM@") == found(q="finance") == ["Cem Aydin"]
    assert found(q="sales rep") == ["Ana"]
    assert found(q="nobody") == []
    assert found(state="active") == ["Alex", "Ana"]
    assert found(state="invited") == ["Cem Aydin"]
    assert found(state="deactivated") == ["Dora"]


def test_the_list_pages_by_keyset_with_as_many_queries_for_many_as_for_few(
    client, admin, django_assert_max_num_queries
):
    User.objects.bulk_create(
        User(email=f"{n}@a.example", full_name=f"Person {n:03}", role="legal", manager=admin)
        for n in range(60)
    )
    client.force_login(admin)
    with django_assert_max_num_queries(6):
        first = client.get("/users/").context["page"]
    assert (len(first.rows), first.has_more) == (50, True)
    rest = client.get("/users/", {"after": first.after}).context["page"]
    assert [p.full_name for p in rest.rows] == [f"Person {n:03}" for n in range(49, 60)]


def test_an_administrator_adds_edits_deactivates_and_reactivates_on_the_pages(client, admin):
    client.force_login(admin)
    form = {"full_name": "Cem", "email": "cem@acme.example", "role": "legal", "manager": admin.pk}
    made = client.post("/users/new/", form)
    cem = User.objects.get(full_name="Cem")
    assert made.url == reverse("users:detail", args=[cem.pk])
    client.post(reverse("users:edit", args=[cem.pk]), {**form, "role": "finance"})
    client.post(reverse("users:deactivate", args=[cem.pk]))
    client.post(reverse("users:reactivate", args=[cem.pk]))
    client.post(reverse("users:password_link", args=[cem.pk]))
    page = client.get(made.url).content.decode()
    for words in ("User added", "User edited", "User deactivated", "Password link asked"):
        assert words in page
    assert (cem.manager, User.objects.get(pk=cem.pk).role) == (admin, "finance")
    taken = client.post("/users/new/", {**form, "email": "CEM@acme.example"})
    assert (taken.status_code, list(taken.context["form"].errors)) == (422, ["email"])
    answer = client.post(reverse("users:deactivate", args=[admin.pk]))
    assert (answer.status_code, "cannot deactivate yourself" in answer.content.decode()) == (
        422,
        True,
    )


def test_the_palette_finds_people_for_administrators_alone(client, admin, ana):
    for user, expected in ((admin, True), (ana, False)):
        client.force_login(user)
        page = client.get("/search/", {"q": "alex@"}).content.decode()
        assert (reverse("users:detail", args=[admin.pk]) in page) is expected


# Forgotten


def test_who_forgot_gets_a_link_and_the_old_password_holds_until_then(client, ana):
    assert reverse("identity:forgotten") in client.get("/sign-in/").content.decode()
    client.post("/sign-in/forgotten/", {"email": "ANA@acme.example"})
    assert signs_in(ana.email, PASSWORD)
    client.post("/sign-in/forgotten/", {"email": ana.email})  # signing in used up the first
    choose(Client(), link_to(ana))
    assert signs_in(ana.email, NEW_PASSWORD)
    assert not signs_in(ana.email, PASSWORD)


def test_the_answer_does_not_tell_whether_the_address_is_known(client, ana):
    known, unknown = (
        client.post("/sign-in/forgotten/", {"email": email}).content.decode().replace(email, "…")
        for email in (ana.email, "eve@acme.example")
    )
    scrubbed = [re.sub(r'value="\w{64}"', "", page) for page in (known, unknown)]
    assert scrubbed[0] == scrubbed[1]
    assert "Look in your inbox" in known
    deliver()
    assert [mail.to for mail in Mail.objects.all()] == [ana.email]


def test_links_are_asked_for_five_times_a_minute_at_most(client, ana, same_minute):
    for _ in range(5):
        assert client.post("/sign-in/forgotten/", {"email": ana.email}).status_code == 200
    answer = client.post("/sign-in/forgotten/", {"email": ana.email})
    assert (answer.status_code, "Wait a minute" in answer.content.decode()) == (422, True)
    assert facts_of(ana) == ["PasswordLinkAsked"] * 5


def test_outside_the_demo_the_stored_mail_forgets_the_link_it_carried(ana, admin, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.DEMO = False
    send_password_link(ana.pk, by=admin, at=NOON)
    deliver()
    stored, sent = Mail.objects.get(), django_mail.outbox[0]
    link = LINK.search(sent.body).group(1)
    assert Client().get(link).status_code == 302
    token = link.split("/")[-2]
    assert token not in stored.text + stored.html
