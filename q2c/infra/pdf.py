"""Render our own HTML to PDF. The fetcher reaches nothing but files of ours."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from django.conf import settings
from django.template.loader import render_to_string

DOCUMENT_ASSETS = Path(settings.BASE_DIR) / "static" / "documents"


def render_pdf(template: str, context: dict[str, Any], *, at: datetime) -> bytes:
    """Render a document template to PDF bytes; `at` is the only clock it sees.

    Raises when the page asks for anything but a data: address or a file under static/documents, so
    that injected markup stops the document instead of leaking into it.
    """
    # WeasyPrint takes a second to import and web processes may never need it.
    import weasyprint

    html = render_to_string(template, {**context, "rendered_at": at})
    document = weasyprint.HTML(
        string=html, base_url=DOCUMENT_ASSETS.as_uri() + "/", url_fetcher=_fetcher()
    )
    return bytes(document.write_pdf(font_config=_fonts(), uncompressed_pdf=False) or b"")


@cache
def _fonts() -> Any:
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


@cache
def _fetcher() -> Any:
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    class OwnFilesOnly(URLFetcher):
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            parts = urlparse(url)
            if parts.scheme == "file":
                path = Path(unquote(parts.path)).resolve()
                if not path.is_relative_to(DOCUMENT_ASSETS.resolve()):
                    raise FatalURLFetchingError(f"Documents may not read {url}")
            elif parts.scheme != "data":
                raise FatalURLFetchingError(f"Documents may not fetch {url}")
            return super().fetch(url, headers)

    return OwnFilesOnly(allowed_protocols={"data", "file"}, allow_redirects=False)
