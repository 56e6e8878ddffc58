"""The colour and the logo that customers know a company of ours by."""

import pytest
from django.urls import reverse

from q2c.customers.actions import edit_legal_entity, set_logo
from q2c.customers.rules.brand import checked_color, ink_on
from q2c.kernel.errors import NotAllowed, Refused
from tests.quotes.conftest import NOON, PNG, admin, rep  # noqa: F401


@pytest.mark.parametrize(
    ("color", "ink"),
    [
        ("#000000", "#ffffff"),
        ("#ffffff", "#111111"),
        ("#ffd400", "#111111"),
        ("#0a66c2", "#ffffff"),
    ],
)
def test_words_on_the_colour_can_be_read(color, ink):
    assert ink_on(color) == ink


def test_a_colour_is_one():
    assert checked_color(" #0A66C2 ") == "#0a66c2"
    for text in ("blue", "#fff", "#12345g", "#123456;}"):
        with pytest.raises(Refused, match="#0a66c2"):
            checked_color(text)


def test_an_administrator_gives_a_company_its_looks(entity, admin, rep, client):  # noqa: F811
    import base64

    logo = base64.b64decode(PNG.split(",")[1])
    with pytest.raises(NotAllowed):
        set_logo(entity.pk, logo, by=rep, at=NOON)
    with pytest.raises(Refused, match="PNG, JPEG or WebP"):
        set_logo(entity.pk, b"<svg>", by=admin, at=NOON)
    set_logo(entity.pk, logo, by=admin, at=NOON)
    edit_legal_entity(entity.pk, {"accent_color": "#0B7A5B"}, by=admin, at=NOON)
    shown = client.get(reverse("portal:logo", args=[entity.pk]))
    assert (shown.content, shown["Content-Type"]) == (logo, "image/png")
    css = client.get(reverse("portal:brand", args=[entity.pk])).content.decode()
    assert "--brand: #0b7a5b; --on-brand: #ffffff" in css
    set_logo(entity.pk, None, by=admin, at=NOON)
    assert client.get(reverse("portal:logo", args=[entity.pk])).status_code == 404
