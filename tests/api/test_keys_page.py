from django.urls import reverse

from q2c.api.keys import fingerprint
from q2c.api.models import ApiKey


def test_an_administrator_makes_a_key_sees_it_once_and_revokes_it(client, admin, rep):
    client.force_login(admin)
    form = {"name": "Shop", "user": rep.pk, "days": 30, "scopes": ["quotes:read", "quotes:write"]}
    page = client.post(reverse("api_keys:new"), form)
    secret = page.context["secret"]
    assert secret in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    key = ApiKey.objects.get()
    assert (key.key_sha256, key.user, key.scopes) == (fingerprint(secret), rep, form["scopes"])
    listed = client.get(reverse("api_keys:list")).content.decode()
    assert key.prefix in listed
    assert secret not in listed
    client.post(reverse("api_keys:revoke", args=[key.pk]))
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert "Revoked" in client.get(reverse("api_keys:list")).content.decode()


def test_mistakes_stand_beside_their_fields(client, admin):
    client.force_login(admin)
    page = client.post(reverse("api_keys:new"), {"name": "Shop", "user": admin.pk, "days": 30})
    assert page.status_code == 422
    assert page.context["form"].errors["scopes"]
    assert not ApiKey.objects.exists()


def test_nobody_else_sees_keys(client, rep):
    client.force_login(rep)
    for name in ("list", "new"):
        assert client.get(reverse(f"api_keys:{name}")).status_code == 403
