from datetime import UTC, datetime

import pytest
from django.template import engines

from q2c.infra import pdf

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def render(monkeypatch, html: str) -> bytes:
    monkeypatch.setattr(pdf, "render_to_string", lambda template, context: html)
    return pdf.render_pdf("any.html", {}, at=NOON)


def test_a_document_becomes_a_pdf(monkeypatch):
    assert render(monkeypatch, "<h1>Invoice</h1>").startswith(b"%PDF")


@pytest.mark.parametrize(
    "injected",
    [
        '<img src="file:///etc/passwd">',
        '<link rel="stylesheet" href="http://127.0.0.1:9/x.css">',
        '<img src="https://example.org/x.png">',
        '<a rel="attachment" href="file:///etc/hostname">x</a>',
        '<img src="../../q2c/settings.py">',
    ],
)
def test_injected_markup_stops_the_document_instead_of_leaking(monkeypatch, injected):
    from weasyprint.urls import FatalURLFetchingError

    with pytest.raises(FatalURLFetchingError):
        render(monkeypatch, f"<p>hello</p>{injected}")


def test_templates_escape_what_people_typed():
    template = engines["django"].from_string("{{ name }}")
    assert template.render({"name": "<img src=x>"}) == "&lt;img src=x&gt;"
