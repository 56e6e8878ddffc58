"""What happens between us and the customer about an offer, for programs.

What a customer does on their page a program does in their name, with the scope `quotes:accept`.
"""

from typing import Any

from django.http import Http404

from q2c.api.evidence import EvidenceSerializer
from q2c.api.resources import Resource, download, look, verb
from q2c.customers.queries import contacts_of
from q2c.kernel.errors import Refused
from q2c.web.evidence import Certificate
from quotes import actions
from quotes.api import customer_shapes as shapes
from quotes.documents import offer_certificate
from quotes.models import Attachment, Quote
from quotes.queries import Reader, evidence_of, readers
from quotes.rules.choosing import Picks
from quotes.rules.countering import Edit


class CustomerSide(Resource):
    """Reading, asking, choosing, countering, signing, declining; and our answers."""

    @verb("quotes:write", takes=shapes.CommentInput, path="comments", status=201)
    def comment(self, quote: Quote, data: dict[str, Any]) -> None:
        """Answer the customer, who is told by e-mail."""
        new = actions.NewComment(files=_files(data), **data)
        actions.comment_on_quote(quote.pk, new, by=self.by, at=self.at)

    @verb("quotes:accept", takes=shapes.AskInput, path="questions", status=201)
    def ask(self, quote: Quote, data: dict[str, Any]) -> None:
        """Ask in the customer's name, or wish for a change, about a line or the whole."""
        new = actions.NewComment(files=_files(data), **data)
        actions.ask_for_customer(quote.pk, new, by=self.by, at=self.at)

    @download("application/octet-stream", path=r"attachments/(?P<file_id>\d+)")
    def attachment(self, quote: Quote, file_id: int) -> Any:
        """Get a file of the conversation, from either side."""
        files = Attachment.objects.select_related("blob").filter(comment__quote=quote, pk=file_id)
        found = files.first()
        return found.blob.content if found else None

    @look(shapes.ReaderSerializer, many=True)
    def readers(self, quote: Quote) -> list[Reader]:
        """List who has a private link, and when, how long and what they read."""
        return readers(quote.pk, at=self.at)

    @look(EvidenceSerializer)
    def evidence(self, quote: Quote) -> Certificate:
        """Read what proves how the offer was answered, every hash reckoned anew."""
        return evidence_of(quote.pk)

    @download("application/pdf")
    def certificate(self, quote: Quote) -> bytes | None:
        """Get the certificate of that as a PDF, in the language of the quote."""
        return offer_certificate(quote, at=self.at) if quote.sent_at else None

    @verb("quotes:accept", takes=shapes.ForwardInput)
    def forward(self, quote: Quote, data: dict[str, Any]) -> None:
        """Mail a colleague of the customer a link of their own, in the name of who may sign."""
        actions.forward_for_customer(quote.pk, by=self.by, at=self.at, **data)

    @verb("quotes:write", takes=shapes.RevokeInput, path="readers/revoke")
    def revoke_reader(self, quote: Quote, data: dict[str, Any]) -> None:
        """Close the offer's page to one person at once."""
        actions.revoke_reader(quote.pk, data["email"], by=self.by, at=self.at)

    @verb("quotes:write", takes=shapes.RevokeInput, path="readers/send-again")
    def send_again(self, quote: Quote, data: dict[str, Any]) -> None:
        """Mail one reader a new link, which no answer shows; their old ones are dead at once."""
        actions.send_again(quote.pk, data["email"], by=self.by, at=self.at)

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
        _counter(quote, counter_id)
        answers = {
            one["item_id"]: actions.ItemAnswer(is_taken=one["is_taken"], words=one.get("words", ""))
            for one in data.pop("items")
        }
        actions.answer_counter_offer(counter_id, answers, by=self.by, at=self.at, **data)

    @verb("quotes:accept", path=r"counter-offers/(?P<counter_id>\d+)/withdraw")
    def withdraw_counter_offer(self, quote: Quote, counter_id: int) -> None:
        """Take a counter-offer back in the customer's name while it waits."""
        actions.withdraw_counter_offer(_counter(quote, counter_id), by=self.by, at=self.at)

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


def _files(data: dict[str, Any]) -> list[tuple[str, bytes]]:
    return [(file["name"], file["content"]) for file in data.pop("files", ())]


def _counter(quote: Quote, counter_id: int) -> int:
    if not any(counter.pk == counter_id for counter in quote.counter_offers.all()):
        raise Http404
    return counter_id
