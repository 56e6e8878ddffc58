"""Merge a quote into a draft: choose it, see what becomes of both, do it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from q2c.identity.access import requires
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.kernel.errors import NotAllowed, Refused, StaleVersion
from q2c.kernel.rating import plain
from quotes.actions import Merge, MergePreview, merge_quotes, preview_merge
from quotes.models import LineKind, Quote
from quotes.queries import matching, mergeable, visible_to
from quotes.rules.ramps import WAYS, SegmentsAsked
from quotes.rules.states import QuoteState
from quotes.views.answers import seen_by
from quotes.views.staff import quote_of

_SHOWN = 50


class MergeForm(forms.Form):
    """How the other quote's lines come in; what does not arise is not asked."""

    heading = forms.CharField(
        max_length=300,
        required=False,
        label="Heading above its lines",
        help_text="The customer reads it; empty for none.",
    )
    keeps_discount = forms.BooleanField(required=False, initial=True)
    segments = forms.ChoiceField(
        choices=list(WAYS.items()),
        required=False,
        widget=forms.RadioSelect,
        label="Lines with days of their own",
    )

    def __init__(self, *args: Any, quote: Quote, source: Quote, **kwargs: Any) -> None:
        kwargs["initial"] = {"heading": _heading(quote, source)}
        super().__init__(*args, **kwargs)
        if quote.discount_percent == source.discount_percent:
            del self.fields["keeps_discount"]
        else:
            label = f"Its lines keep their {plain(source.discount_percent)} % off"
            self.fields["keeps_discount"].label = label

    def merge(self) -> Merge:
        """Return what is chosen; before anything is, what is proposed."""
        chosen = self.cleaned_data if self.is_bound and self.is_valid() else self.initial
        return Merge(
            heading=chosen.get("heading", ""),
            keeps_discount=chosen.get("keeps_discount", not self.is_bound),
            segments=chosen.get("segments") or None,
        )


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_QUOTES)
def merge(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Choose which quote, look at what merging does, and merge."""
    user: Any = request.user
    quote = quote_of(user, quote_id)
    if quote.state != QuoteState.DRAFT.value:
        messages.info(
            request, f"This quote is {quote.get_state_display()}; it takes no more lines."
        )
        return redirect("quotes:detail", quote_id)
    asked = request.GET.get("with", "")
    if not asked.isdigit():
        return _choose(request, quote, user)
    source = get_object_or_404(visible_to(user).select_related("customer"), pk=int(asked))
    form = MergeForm(request.POST or None, quote=quote, source=source)
    refusal = None
    if request.method == "POST" and "merge" in request.POST and form.is_valid():
        try:
            merge_quotes(
                quote_id, source.pk, form.merge(), by=user, at=timezone.now(), seen=seen_by(request)
            )
        except (NotAllowed, StaleVersion):
            raise
        except Refused as found:
            refusal = found
        else:
            messages.success(request, f"{source} is part of this quote now. Undo takes it back.")
            return redirect("quotes:edit", quote_id)
    return _look(request, quote, source, form, user, refusal)


def merge_of(user: User, ids: list[int]) -> HttpResponse:
    """Lead to the page that merges two chosen quotes: the older draft takes the other in."""
    found = list(visible_to(user).filter(pk__in=ids).order_by("pk"))
    drafts = [quote for quote in found if quote.state == QuoteState.DRAFT.value]
    if len(found) != 2 or not drafts:
        raise Refused("Select two quotes of one customer, at least one of them a draft.")
    [other] = [quote for quote in found if quote != drafts[0]]
    return redirect(f"{reverse('quotes:merge', args=[drafts[0].pk])}?with={other.pk}")


def _choose(request: HttpRequest, quote: Quote, user: User) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    found = matching(mergeable(quote, visible_to(user)), text)
    context = {"quote": quote, "found": found[:_SHOWN], "query": text}
    return render(request, "quotes/merge_choose.html", context)


def _look(
    request: HttpRequest,
    quote: Quote,
    source: Quote,
    form: MergeForm,
    user: User,
    refusal: Refused | None,
) -> HttpResponse:
    preview: MergePreview | None = None
    asks_segments = bool(request.POST.get("segments"))
    try:
        preview = preview_merge(quote.pk, source.pk, form.merge(), by=user, at=timezone.now())
    except SegmentsAsked as question:
        asks_segments, refusal = True, refusal or question
    except NotAllowed:
        raise
    except Refused as found:
        refusal = refusal or found
    if not asks_segments:
        del form.fields["segments"]
    context = {
        "quote": quote,
        "source": source,
        "form": form,
        "preview": preview,
        "refusal": refusal,
        "asks_segments": asks_segments,
        "may_swap": source.state == QuoteState.DRAFT.value,
    }
    status = 422 if refusal and request.method == "POST" else 200
    return render(request, "quotes/merge.html", context, status=status)


def _heading(quote: Quote, source: Quote) -> str:
    """Propose a heading where the lines would else run on under another one's."""
    first = source.lines.order_by("position").first()
    if not quote.lines.exists() or first is None or first.kind == LineKind.SECTION.value:
        return ""
    return source.title or source.number
