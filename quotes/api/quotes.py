"""Quotes for programs: built, submitted and sent.

A quote within the policies' limits is approved as it is submitted; what needs a word waits under
`approvals` for those who are asked.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from rest_framework.response import Response

from q2c.api.filters import days, instants, number, one_of, search, text
from q2c.api.history import WithHistory
from q2c.api.resources import download, verb
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused
from quotes import actions
from quotes.api import inputs, shapes
from quotes.api.amendments import AmendmentVerbs
from quotes.api.customer_shapes import ReasonInput
from quotes.api.customer_side import CustomerSide
from quotes.api.editing import Editing, LineChange, QuotePatch
from quotes.api.guiding import GuidedVerbs
from quotes.api.looking import Looking
from quotes.api.merging import MergeInput, MergePreviewSerializer
from quotes.documents import quote_pdf
from quotes.models import Quote, QuoteLine
from quotes.queries import matching, visible_to
from quotes.rules.states import QuoteState

_NEW = ("customer_id", "title", "term_months", "starts_on", "price_book_id", "channel")


class Quotes(AmendmentVerbs, GuidedVerbs, CustomerSide, Editing, Looking, WithHistory):
    """Quotes, each version on its own; a number finds its newest version."""

    scope = "quotes"
    permission = Permission.VIEW_QUOTES
    document = "quote"
    serializer_class = shapes.QuoteSerializer
    summary_class = shapes.QuoteSummarySerializer
    version_field = "edit_version"
    filters = {
        "q": search(matching),
        "number": text("number"),
        "state": one_of("state", [state.value for state in QuoteState]),
        "customer_id": number("customer_id"),
        "owner_id": number("owner_id"),
        "currency": text("currency"),
        "valid_until": days("valid_until"),
        "created": instants("created_at"),
        "sent": instants("sent_at"),
    }

    def rows(self) -> QuerySet[Quote]:
        return visible_to(self.by).select_related("acceptance__selection")

    def whole(self, rows: QuerySet[Quote]) -> QuerySet[Quote]:
        return rows.select_related("outcome__reason").prefetch_related(
            "lines__from_line",
            "approvals__decisions",
            "comments__attachments",
            "selections",
            "counter_offers__items",
            "guided",
        )

    @download("application/pdf")
    def pdf(self, quote: Quote) -> Any:
        """Get the PDF that was sent; once accepted, the one that was signed."""
        acceptance = getattr(quote, "acceptance", None)
        document = acceptance.document if acceptance else quote.document
        return document.content if document else None

    @download("application/pdf")
    def preview(self, quote: Quote) -> bytes:
        """Get the document as it would be sent, marked as a preview."""
        return quote_pdf(
            quote, list(quote.lines.select_related("product")), at=self.at, is_preview=True
        )

    @verb("quotes:write", takes=inputs.QuoteInput, status=201, is_about_one=False)
    def create(self, data: dict[str, Any]) -> int:
        """Start a quote, with its lines if given."""
        lines = data.pop("lines", [])
        start = {name: data.pop(name) for name in _NEW if name in data}
        new, template_id = actions.NewQuote(**start), data.pop("template_id", None)
        if template_id:
            quote = actions.start_from_template(template_id, new, by=self.by, at=self.at)
        else:
            quote = actions.create_quote(new, by=self.by, at=self.at)
        if data:
            actions.change_quote(quote.pk, data, by=self.by, at=self.at)
        for place, line in enumerate(lines):
            try:
                self._add(quote.pk, line)
            except Refused as refusal:
                field = f"lines.{place}.{_sent_as(refusal.field)}".rstrip(".")
                raise type(refusal)(refusal.message, field=field) from refusal
        return quote.pk

    @verb("quotes:write", takes=QuotePatch, method="patch")
    def partial_update(self, quote: Quote, data: dict[str, Any]) -> None:
        """Change some of a draft's terms."""
        seen, segments = self.seen_version(), data.pop("segments", None)
        actions.change_quote(quote.pk, data, by=self.by, at=self.at, seen=seen, segments=segments)

    @verb("quotes:write", takes=inputs.LineInput, path="lines", status=201)
    def add_line(self, quote: Quote, data: dict[str, Any]) -> None:
        """Add a product, or a bundle with its options, at its list price."""
        self._add(quote.pk, data)

    @verb("quotes:write", takes=LineChange, path=r"lines/(?P<line_id>\d+)", method="patch")
    def change_line(self, quote: Quote, data: dict[str, Any], line_id: int) -> None:
        """Change cells of a line."""
        line, seen = _line(quote, line_id), self.seen_version()
        actions.change_line(line.pk, data, by=self.by, at=self.at, seen=seen)

    @verb("quotes:write", beside=change_line, method="delete")
    def remove_line(self, quote: Quote, line_id: int) -> None:
        """Take a line off a draft, and with a bundle its options."""
        actions.remove_line(_line(quote, line_id).pk, by=self.by, at=self.at)

    @verb("quotes:write", takes=inputs.BundleChange, path=r"lines/(?P<line_id>\d+)/options")
    def choose_options(self, quote: Quote, data: dict[str, Any], line_id: int) -> None:
        """Choose anew within a bundle: its quantity and its options."""
        line, options = _line(quote, line_id), data.get("options", ())
        new = actions.NewLine(
            product_id=line.product_id or 0,
            quantity=data.get("quantity", line.quantity),
            options=_chosen(options),
        )
        with _pointed(options):
            actions.reconfigure_bundle(line.pk, new, by=self.by, at=self.at)

    @verb("quotes:write", takes=inputs.AdjustmentInput, path="adjustments", status=201)
    def add_adjustment(self, quote: Quote, data: dict[str, Any]) -> None:
        """Add a negotiated adjustment as a line of its own."""
        new = actions.NewAdjustment(**data)
        actions.add_adjustment(quote.pk, new, by=self.by, at=self.at)

    @verb("quotes:write")
    def submit(self, quote: Quote) -> None:
        """Ask for the approvals that the policies want; without any it is approved at once."""
        actions.submit_quote(quote.pk, by=self.by, at=self.at)

    @verb("quotes:write")
    def recall(self, quote: Quote) -> None:
        """Take a submitted or approved quote back to draft."""
        actions.recall_quote(quote.pk, by=self.by, at=self.at)

    @verb("quotes:write", takes=inputs.SendInput)
    def send(self, quote: Quote, data: dict[str, Any]) -> None:
        """Mail an approved quote to its contact, with a private link and its PDF."""
        actions.send_quote(quote.pk, by=self.by, at=self.at, **data)

    @verb("quotes:write", status=201)
    def revise(self, quote: Quote) -> int:
        """Start the next version of a sent quote as a draft."""
        return actions.revise_quote(quote.pk, by=self.by, at=self.at).pk

    @verb("quotes:write", takes=ReasonInput)
    def cancel(self, quote: Quote, data: dict[str, Any]) -> None:
        """Withdraw a quote that has not been accepted."""
        actions.cancel_quote(quote.pk, reason=data["reason"], by=self.by, at=self.at)

    @verb("quotes:write", takes=inputs.CloneInput, status=201)
    def clone(self, quote: Quote, data: dict[str, Any]) -> int:
        """Start a new quote as a copy, for the same customer or another in the same currency."""
        return actions.clone_quote(quote.pk, by=self.by, at=self.at, **data).pk

    @verb("quotes:write", takes=MergeInput)
    def merge(self, quote: Quote, data: dict[str, Any]) -> None:
        """Take another quote's lines into this draft; the other is closed, or replaced once this is sent."""
        source, how = _merge(data)
        actions.merge_quotes(quote.pk, source, how, by=self.by, at=self.at)

    @verb(
        "quotes:write",
        takes=MergeInput,
        gives=MergePreviewSerializer,
        path="merge/preview",
    )
    def preview_merge(self, quote: Quote, data: dict[str, Any]) -> Response:
        """Say what merging would do: terms that differ, groups renamed, every amount; nothing is done."""
        source, how = _merge(data)
        found = actions.preview_merge(quote.pk, source, how, by=self.by, at=self.at)
        return Response(MergePreviewSerializer(found).data)

    @verb("quotes:write", takes=inputs.TemplateInput, path="template")
    def keep_as_template(self, quote: Quote, data: dict[str, Any]) -> None:
        """Keep the quote's terms and lines as a template; its number begins no quote by itself."""
        actions.save_template(quote.pk, by=self.by, at=self.at, **data)

    @verb("quotes:write", takes=inputs.OutcomeInput)
    def outcome(self, quote: Quote, data: dict[str, Any]) -> None:
        """Say why the quote was won or lost."""
        actions.say_outcome(quote.pk, by=self.by, at=self.at, **data)

    def _add(self, quote_id: int, data: dict[str, Any]) -> QuoteLine:
        options = data.pop("options", ())
        new = actions.NewLine(options=_chosen(options), **data)
        with _pointed(options):
            return actions.add_line(quote_id, new, by=self.by, at=self.at)


@contextmanager
def _pointed(options: Sequence[dict[str, Any]]) -> Iterator[None]:
    """Point a refusal about an option of a bundle at where the request names it."""
    try:
        yield
    except Refused as refusal:
        if not refusal.field.startswith("option-"):
            raise
        paths = [".".join(map(str, path)) for path in _chosen(options)]
        named = refusal.field.removeprefix("option-")
        field = f"options.{paths.index(named)}.quantity" if named in paths else "options"
        raise type(refusal)(refusal.message, field=field) from refusal


def _chosen(options: Iterable[dict[str, Any]]) -> dict[tuple[int, ...], Decimal]:
    return {(*o.get("within", ()), o["product_id"]): o["quantity"] for o in options}


def _merge(data: dict[str, Any]) -> tuple[int, actions.Merge]:
    return data.pop("quote_id"), actions.Merge(**data)


def _line(quote: Quote, line_id: int) -> QuoteLine:
    for line in quote.lines.all():
        if line.pk == line_id:
            return line
    raise Http404


def _sent_as(field: str) -> str:
    return "product_id" if field == "product" else field
