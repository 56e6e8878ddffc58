"""Who comes in, what they set for themselves, and what each role may do."""

import time

import pytest
from django.test import Client

from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission, Role, permissions_of, roles_with
from q2c.kernel.errors import NotAllowed

EMAIL, PASSWORD = "ana@acme.example", "a long password"
P = Permission


@pytest.fixture
def ana(db):
    return User.objects.create_user(EMAIL, PASSWORD, full_name="Ana Ferreira", role="sales_rep")


@pytest.fixture
def same_minute():
    """Tries are counted by the minute: it must not turn while a test counts."""
    if (second := time.time() % 60) > 50:
        time.sleep(60.1 - second)


def sign_in(client: Client, email: str = EMAIL, password: str = PASSWORD, **more: str):
    return client.post("/sign-in/", {"email": email, "password": password, **more})


def is_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


# In and out


def test_the_right_password_leads_home_or_to_where_one_wanted_to_go(client, ana):
    wanted = client.get("/quotes/?state=sent")
    assert wanted.url == "/sign-in/?next=/quotes/%3Fstate%3Dsent"
    assert 'name="next" value="/quotes/?state=sent"' in client.get(wanted.url).content.decode()
    assert sign_in(client, next="/quotes/?state=sent").url == "/quotes/?state=sent"
    assert is_in(client)
    assert sign_in(Client()).url == "/"


@pytest.mark.parametrize("email", ["Ana@acme.example", "ANA@ACME.EXAMPLE"])
def test_an_address_is_the_same_in_capitals(client, ana, email):
    sign_in(client, email)
    assert is_in(client)


@pytest.mark.parametrize(
    "next_", ["https://evil.example/", "//evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_to_no_other_site(client, ana, next_):
    assert sign_in(client, next=next_).url == "/"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (EMAIL, "wrong"),
        (EMAIL, PASSWORD.upper()),
        (EMAIL, PASSWORD + " "),
        ("bo@acme.example", "no password"),
    ],
)
def test_a_wrong_password_and_an_unknown_address_read_the_same(client, ana, email, password):
    answer = sign_in(client, email, password)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "E-mail and password do not fit together." in page
    assert password not in page
    assert f'value="{email}"' in page
    assert not is_in(client)


@pytest.mark.parametrize(
    ("email", "password", "field"),
    [("", PASSWORD, "email"), ("ana", PASSWORD, "email"), (EMAIL, "", "password")],
)
def test_what_is_missing_is_said_at_its_field(client, ana, email, password, field):
    answer = sign_in(client, email, password)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])


def test_after_five_tries_a_minute_even_the_right_password_waits(client, ana, same_minute):
    for _ in range(5):
        assert "do not fit" in sign_in(client, password="wrong").content.decode()
    answer = sign_in(client)
    assert (answer.status_code, "Wait a minute" in answer.content.decode()) == (422, True)
    assert not is_in(client)


def test_somebody_elses_tries_keep_nobody_else_out(client, ana, same_minute):
    for _ in range(6):
        sign_in(client, "bo@acme.example", "wrong")
    sign_in(client)
    assert is_in(client)


def test_a_session_is_a_new_one_after_signing_in_and_gone_after_signing_out(client, ana):
    client.get("/sign-in/")
    sign_in(client)
    key = client.session.session_key
    assert client.post("/sign-out/").url == "/sign-in/"
    assert not is_in(client)
    stolen = Client()
    stolen.cookies["sessionid"] = key
    assert not is_in(stolen)


def test_a_link_alone_signs_nobody_out(client, ana):
    client.force_login(ana)
    assert client.get("/sign-out/").status_code == 405
    assert is_in(client)


def test_a_form_of_another_site_signs_nobody_in(ana):
    strict = Client(enforce_csrf_checks=True)
    assert sign_in(strict).status_code == 403
    assert not is_in(strict)


# Who was here and no longer is


def test_who_is_deactivated_is_out_at_once_and_cannot_come_back(client, ana):
    sign_in(client)
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert not is_in(client)
    assert "do not fit" in sign_in(client).content.decode()


def test_who_is_deactivated_may_nothing_whatever_the_role(db):
    boss = User.objects.create_user("b@acme.example", full_name="B", role="administrator")
    boss.is_active = False
    assert not any(boss.may(permission) for permission in Permission)
    assert not boss.has_perm("identity.change_user")
    assert not boss.has_module_perms("identity")


def test_a_new_password_ends_the_sessions_of_the_old_one(client, ana):
    sign_in(client)
    ana.set_password("another long one")
    ana.save()
    assert not is_in(client)


# Profile


def save(client, **given):
    data = {"full_name": "Ana Ferreira", "theme": "system", "language": "en", **given}
    return client.post("/profile/", data)


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_the_theme_one_picks_is_on_every_page(client, ana, theme):
    client.force_login(ana)
    assert save(client, theme=theme).status_code == 302
    assert f'data-theme="{theme}"' in client.get("/").content.decode()


def test_language_density_and_shortcuts_are_ones_own(client, ana):
    client.force_login(ana)
    save(client, full_name="Ana F.", language="de", compact="on")
    ana.refresh_from_db()
    assert (ana.full_name, ana.language, ana.compact, ana.shortcuts) == (
        "Ana F.",
        "de",
        True,
        False,
    )
    page = client.get("/").content.decode()
    assert 'data-shortcuts="off"' in page
    assert "Ana F." in page


@pytest.mark.parametrize(
    ("field", "value"), [("theme", "pink"), ("language", "xx"), ("full_name", "")]
)
def test_what_cannot_be_is_refused_at_its_field(client, ana, field, value):
    client.force_login(ana)
    answer = save(client, **{field: value})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    before = getattr(ana, field)
    ana.refresh_from_db()
    assert getattr(ana, field) == before


def test_nobody_gives_themselves_another_role(client, ana):
    client.force_login(ana)
    save(client, role="administrator", is_active="", email="boss@acme.example")
    ana.refresh_from_db()
    assert (ana.role, ana.is_active, ana.email) == ("sales_rep", True, EMAIL)


def test_only_administrators_reach_the_machine_room(client, db):
    for role in Role:
        user = User.objects.create_user(f"{role}@a.example", full_name="X", role=role.value)
        client.force_login(user)
        expected = 200 if role == Role.ADMINISTRATOR else 302
        assert client.get("/admin/").status_code == expected, role


# Roles: the whole policy as a table. Columns: rep, sales manager, legal, finance, finance manager,
# administrator.

TABLE = {
    P.VIEW_CUSTOMERS: "x x x x x x",
    P.EDIT_CUSTOMERS: "x x . x x x",
    P.VIEW_CATALOG: "x x x x x x",
    P.EDIT_CATALOG: ". x . . x x",
    P.VIEW_QUOTES: "x x x x x x",
    P.VIEW_ALL_QUOTES: ". x x x x x",
    P.EDIT_QUOTES: "x x . . . x",
    P.APPROVE_QUOTES: ". x x . x x",
    P.VIEW_CONTRACTS: "x x x x x x",
    P.EDIT_CONTRACTS: ". x x . x x",
    P.APPROVE_CONTRACTS_LEGAL: ". . x . . x",
    P.APPROVE_CONTRACTS_FINANCE: ". . . x x x",
    P.COUNTERSIGN_CONTRACTS: ". . x x x x",
    P.VIEW_ORDERS: "x x x x x x",
    P.FULFIL_ORDERS: ". . . x x x",
    P.MANAGE_SUBSCRIPTIONS: ". . . x x x",
    P.RECORD_USAGE: ". . . x x x",
    P.VIEW_INVOICES: "x x . x x x",
    P.RUN_BILLING: ". . . x x x",
    P.ISSUE_CREDITS: ". . . x x x",
    P.RECORD_PAYMENTS: ". . . x x x",
    P.REFUND_PAYMENTS: ". . . . x x",
    P.MANAGE_COLLECTIONS: ". . . x x x",
    P.VIEW_LEDGER: ". . . x x x",
    P.RECOGNISE_REVENUE: ". . . . x x",
    P.CLOSE_PERIODS: ". . . . x x",
    P.VIEW_MARGIN: "x x . x x x",
    P.VIEW_OPERATIONS: ". . . x x x",
    P.MANAGE_SETTINGS: ". . . . . x",
    P.MANAGE_API_KEYS: ". . . . . x",
    P.MANAGE_USERS: ". . . . . x",
}
CELLS = [
    (role, permission, mark == "x")
    for permission, marks in TABLE.items()
    for role, mark in zip(Role, marks.split(), strict=True)
]


@pytest.mark.parametrize(("role", "permission", "may"), CELLS)
def test_each_role_may_what_the_table_says_and_no_more(role, permission, may):
    person = User(full_name="X", email="x@a.example", role=role.value)
    assert person.may(permission) is (permission in permissions_of(role)) is may
    assert (role in roles_with(permission)) is may
    if may:
        return require(person, permission)
    with pytest.raises(NotAllowed, match="Your role does not allow you to") as refusal:
        require(person, permission)
    assert Role.ADMINISTRATOR.label.lower() in refusal.value.message
    return None


def test_the_table_leaves_no_permission_out():
    assert set(TABLE) == set(Permission)


def test_the_machine_itself_may_everything():
    for permission in Permission:
        require(None, permission)
