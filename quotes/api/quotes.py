"""Quotes for programs: built, submitted, sent, and accepted in a customer's name.

There is no verb to approve: an approval is a person's, on its page. A quote within the policies'
limits is approved as it is submitted.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from q2c.api.filters import days, instants, number, one_of, search, text
from q2c.api.resources import download, verb
from q2c.customers.queries import contacts_of
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused
from quotes import actions
from quotes.api import shapes
from quotes.api.amendments import AmendmentVerbs
from quotes.api.editing import Editing, LineChange, QuotePatch
from quotes.api.guiding import GuidedVerbs
from quotes.api.merging import MergeInput, MergePreviewSerializer
from quotes.models import Quote, QuoteLine
from quotes.queries import matching, readers, visible_to
from quotes.rules.choosing import Picks
from quotes.rules.countering import Edit
from quotes.rules.states import QuoteState

_NEW = ("customer_id", "title", "term_months", "starts_on", "price_book_id", "channel")


class Quotes(AmendmentVerbs, GuidedVerbs, Editing):
    """Quotes, each version on its own; a number finds its newest version."""

    scope = "quotes"
    permission = Permission.VIEW_QUOTES
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
        return visible_to(self.by)

    def whole(self, rows: QuerySet[Quote]) -> QuerySet[Quote]:
        return rows.prefetch_related(
            "lines__from_line",
            "approvals__decisions",
            "comments__attachments",
            "selections",
            "counter_offers__items",
            "guided",
        )

    @download("application/pdf")
    def pdf(self, quote: Quote) -> Any:
        """Get the PDF that was sent."""
        return quote.document.content if quote.document else None

    @verb("quotes:write", takes=shapes.QuoteInput, status=201, is_about_one=False)
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

    @verb("quotes:write", takes=shapes.LineInput, path="lines", status=201)
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

    @verb("quotes:write", takes=shapes.BundleChange, path=r"lines/(?P<line_id>\d+)/options")
    def choose_options(self, quote: Quote, data: dict[str, Any], line_id: int) -> None:
        """Choose anew within a bundle: its quantity and its options."""
        line = _line(quote, line_id)
        new = actions.NewLine(
            product_id=line.product_id or 0,
            quantity=data.get("quantity", line.quantity),
            options=_chosen(data.get("options", ())),
        )
        actions.reconfigure_bundle(line.pk, new, by=self.by, at=self.at)

    @verb("quotes:write", takes=shapes.AdjustmentInput, path="adjustments", status=201)
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

    @verb("quotes:write", takes=shapes.SendInput)
    def send(self, quote: Quote, data: dict[str, Any]) -> None:
        """Mail an approved quote to its contact, with a private link and its PDF."""
        actions.send_quote(quote.pk, by=self.by, at=self.at, **data)

    @verb("quotes:write", status=201)
    def revise(self, quote: Quote) -> int:
        """Start the next version of a sent quote as a draft."""
        return actions.revise_quote(quote.pk, by=self.by, at=self.at).pk

    @verb("quotes:write", takes=shapes.ReasonInput)
    def cancel(self, quote: Quote, data: dict[str, Any]) -> None:
        """Withdraw a quote that has not been accepted."""
        actions.cancel_quote(quote.pk, reason=data["reason"], by=self.by, at=self.at)

    @verb("quotes:write", takes=shapes.CloneInput, status=201)
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

    @verb("quotes:write", takes=shapes.TemplateInput, path="template")
    def keep_as_template(self, quote: Quote, data: dict[str, Any]) -> None:
        """Keep the quote's terms and lines as a template; its number begins no quote by itself."""
        actions.save_template(quote.pk, by=self.by, at=self.at, **data)

    @verb("quotes:write", takes=shapes.OutcomeInput)
    def outcome(self, quote: Quote, data: dict[str, Any]) -> None:
        """Say why the quote was won or lost."""
        actions.say_outcome(quote.pk, by=self.by, at=self.at, **data)

    @verb("quotes:write", takes=shapes.CommentInput, path="comments", status=201)
    def comment(self, quote: Quote, data: dict[str, Any]) -> None:
        """Answer the customer, who is told by e-mail."""
        new = actions.NewComment(**data)
        actions.comment_on_quote(quote.pk, new, by=self.by, at=self.at)

    @action(detail=True, methods=["get"])
    @extend_schema(responses=shapes.ReaderSerializer(many=True))
    def readers(self, request: Request, id: str) -> Response:  # noqa: ARG002
        """List who has a private link, and when, how long and what they read."""
        found = readers(self.find(id).pk, at=self.at)
        return Response(shapes.ReaderSerializer(found, many=True).data)

    @verb("quotes:accept", takes=shapes.PicksInput, path="selections", status=201)
    def select(self, quote: Quote, data: dict[str, Any]) -> None:
        """Keep what the customer picks with its document, to be accepted by its content_hash."""
        picks = Picks(
            on=frozenset(data.get("on", ())),
            quantities={
                int(pk): n for pk, n in data.get("quantities", {}).items() if str(pk).isdigit()
            },
            choices=data.get("choices", {}),
        )
        actions.keep_selection(quote.pk, picks, made_by=self.by.full_name, at=self.at)

    @verb("quotes:accept", takes=shapes.CounterInput, path="counter-offers", status=201)
    def counter_offer(self, quote: Quote, data: dict[str, Any]) -> None:
        """Ask for other terms in the customer's name, edit by edit, each with its reason."""
        edits = [
            actions.AskedEdit(**{**edit, "edit": Edit(edit["edit"])}, field=f"edits.{place}")
            for place, edit in enumerate(data.pop("edits"))
        ]
        actions.make_counter_offer(quote.pk, edits, by=self.by, at=self.at, **data)

    @verb(
        "quotes:write",
        takes=shapes.CounterAnswerInput,
        path=r"counter-offers/(?P<counter_id>\d+)/answer",
    )
    def answer_counter_offer(self, quote: Quote, data: dict[str, Any], counter_id: int) -> None:
        """Take or refuse every edit; those taken make the next version."""
        if not any(counter.pk == counter_id for counter in quote.counter_offers.all()):
            raise Http404
        answers = {
            one["item_id"]: actions.ItemAnswer(is_taken=one["is_taken"], words=one.get("words", ""))
            for one in data.pop("items")
        }
        actions.answer_counter_offer(counter_id, answers, by=self.by, at=self.at, **data)

    @verb("quotes:accept", takes=shapes.AcceptInput)
    def accept(self, quote: Quote, data: dict[str, Any]) -> None:
        """Accept a sent quote in the customer's name, exactly as they were shown it."""
        kind = data.get("signature_kind", "typed")
        signature = actions.Signature(
            name=data["name"],
            kind=kind,
            image=data.get("signature", data["name"] if kind == "typed" else ""),
            consent=data["consent"],
            content_hash=data["content_hash"],
            ip=self.request.META.get("REMOTE_ADDR"),
            user_agent=self.request.headers.get("User-Agent", ""),
        )
        contact = quote.contact
        if "contact_id" in data:
            contact = contacts_of(quote.customer_id).filter(pk=data["contact_id"]).first()
            if contact is None:
                raise Refused("That is no contact of this customer.", field="contact_id")
        actions.accept_quote(quote.pk, signature, by=self.by, at=self.at, contact=contact)

    @verb("quotes:accept", takes=shapes.ReasonInput)
    def decline(self, quote: Quote, data: dict[str, Any]) -> None:
        """Decline a sent quote in the customer's name."""
        actions.decline_quote(
            quote.pk, data["reason"], by=self.by, at=self.at, contact=quote.contact
        )

    def _add(self, quote_id: int, data: dict[str, Any]) -> QuoteLine:
        new = actions.NewLine(options=_chosen(data.pop("options", ())), **data)
        return actions.add_line(quote_id, new, by=self.by, at=self.at)


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
