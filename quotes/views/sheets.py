"""The editor's dialogs: what the customer may choose of a line, its ramp, and pasted rows."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import NotAllowed, Refused
from q2c.kernel.money import minor_digits
from q2c.kernel.periods import Period
from q2c.kernel.rating import plain
from quotes.actions import (
    change_lines,
    freeze_anew,
    freeze_discount,
    paste_lines,
    price_changes,
    ramp_line,
    refresh_prices,
    with_new_prices,
)
from quotes.forms import NumberField, grouping_mark, put_on_form
from quotes.models import Quote, QuoteLine
from quotes.queries import quote_terms, understood_rows
from quotes.rules.ramps import Plan, Segment, segments_of
from quotes.views.answers import Typed, answer, seen_by
from quotes.views.asked import line_of, number_in, picked, quote_for, user_of

_DAY = timedelta(days=1)
_SENT = Typed(place="sheet")


class SettingsForm(forms.Form):
    """What a line says besides its cells."""

    note = forms.CharField(
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Note for the customer",
    )
    price_reason = forms.CharField(
        max_length=200, required=False, label="Why this price or discount"
    )
    is_optional = forms.BooleanField(required=False, label="The customer may leave it out")
    is_chosen = forms.BooleanField(required=False, label="On when they open the offer")
    min_quantity = NumberField(required=False, label="They may take at least")
    max_quantity = NumberField(required=False, label="And at most")
    choice_group = forms.CharField(
        max_length=60, required=False, help_text="Such as “Package”: one choice of it is taken."
    )
    choice = forms.CharField(
        max_length=60,
        required=False,
        help_text="Such as “Better”; lines of one choice go together.",
    )

    def changes(self, line: QuoteLine) -> dict[str, Any]:
        """Return the fields that differ from the line's."""
        data = dict(self.cleaned_data)
        if not data["is_optional"]:
            data["is_chosen"] = line.is_chosen if data["choice_group"] else True
        return {name: value for name, value in data.items() if getattr(line, name) != value}


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_QUOTES)
def settings(request: HttpRequest, quote_id: int, line_id: int) -> HttpResponse:
    """A line's note, reason, options and choices."""
    quote = quote_for(request, quote_id)
    line = line_of(quote, line_id)
    initial = {name: getattr(line, name) for name in SettingsForm.base_fields}
    form = SettingsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            edited, changes = None, form.changes(line)
            if changes:
                who: dict[str, Any] = {"by": user_of(request), "seen": seen_by(request)}
                edited = change_lines(quote_id, [line_id], changes, at=timezone.now(), **who)
        except NotAllowed:
            raise
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return answer(request, quote_id, _SENT, edited=edited)
    context = {"quote": quote, "line": line, "form": form}
    return _sheet(request, "quotes/_line_settings.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_QUOTES)
def ramp(request: HttpRequest, quote_id: int, line_id: int) -> HttpResponse:
    """The segments of a line: made by a plan, changed by hand, saved together."""
    quote = quote_for(request, quote_id)
    line = line_of(quote, line_id)
    context: dict[str, Any] = {"quote": quote, "line": line}
    try:
        if request.method == "POST":
            who: dict[str, Any] = {"by": user_of(request), "seen": seen_by(request)}
            head = ramp_line(line_id, _typed(request), at=timezone.now(), **who)
            return answer(request, quote_id, _SENT, edited=head.quote)
        planned = "every_months" in request.GET
        context["asked"] = request.GET
        segments = _planned(request, quote, line) if planned else _stored(quote, line)
        context["rows"] = [_shown(segment) for segment in segments]
    except NotAllowed:
        raise
    except Refused as refusal:
        context |= {"refusal": refusal, "rows": _as_typed(request)}
    return _sheet(request, "quotes/_ramp.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_QUOTES)
def paste(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Rows from a spreadsheet: first what is understood of each, then all the good ones."""
    quote = quote_for(request, quote_id)
    text, do = request.POST.get("text", ""), request.POST.get("do", "")
    context: dict[str, Any] = {"quote": quote, "text": text}
    try:
        if do in ("all", "good"):
            edited = paste_lines(
                quote_id,
                text,
                only_good=do == "good",
                by=user_of(request),
                at=timezone.now(),
                grouping=grouping_mark(),
            )
            return answer(request, quote_id, _SENT, edited=edited)
        if request.method == "POST":
            rows = understood_rows(quote, text, grouping=grouping_mark())
            good = sum(1 for row in rows if not row.problem)
            context |= {"pasted": rows, "good": good, "bad": len(rows) - good}
    except NotAllowed:
        raise
    except Refused as refusal:
        context["refusal"] = refusal
    return _sheet(request, "quotes/_paste.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_QUOTES)
def prices(request: HttpRequest, quote_id: int) -> HttpResponse:
    """What the price book changed since the lines were added: first to read, then to take."""
    quote = quote_for(request, quote_id)
    if request.method == "POST":
        chosen, who = picked(request), user_of(request)
        edited = refresh_prices(quote_id, chosen, by=who, at=timezone.now())
        return answer(request, quote_id, _SENT, edited=edited)
    lines = list(quote.lines.select_related("product").order_by("position"))
    changes = price_changes(quote, lines)
    after = with_new_prices(quote, lines, changes)
    context = {"quote": quote, "changes": changes, "after": after}
    return _sheet(request, "quotes/_price_changes.html", context)


@require_POST
@requires(Permission.EDIT_QUOTES)
def freeze(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Keep today's amount of the discount on the whole."""
    quote_for(request, quote_id)
    edited = freeze_discount(quote_id, by=user_of(request), at=timezone.now())
    return answer(request, quote_id, edited=edited)


@require_POST
@requires(Permission.EDIT_QUOTES)
def freeze_again(request: HttpRequest, quote_id: int, line_id: int) -> HttpResponse:
    """Take a frozen discount of what its lines come to now."""
    line_of(quote_for(request, quote_id), line_id)
    edited = freeze_anew(line_id, by=user_of(request), at=timezone.now())
    return answer(request, quote_id, edited=edited)


def _sheet(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    is_wrong = "refusal" in context or (request.method == "POST" and "form" in context)
    response = render(request, template, context, status=422 if is_wrong else 200)
    response["HX-Retarget"], response["HX-Reswap"] = "#sheet", "innerHTML"
    return response


def _stored(quote: Quote, line: QuoteLine) -> list[Segment]:
    head, term = line.ramp_of_id or line.pk, quote_terms(quote).term
    rows = quote.lines.filter(pk=head) | quote.lines.filter(ramp_of=head)
    return [
        Segment(
            row.starts_on or term.start,
            row.ends_on or term.end,
            row.quantity,
            row.discount_percent,
            row.agreed_unit_price,
            row.uplift_percent,
        )
        for row in rows.order_by("starts_on", "position")
    ]


def _planned(request: HttpRequest, quote: Quote, line: QuoteLine) -> list[Segment]:
    price = line.list_unit_price if line.agreed_unit_price is None else line.agreed_unit_price
    asked, stored = request.GET, _stored(quote, line)
    plan = Plan(
        every_months=int(number_in(asked["every_months"], field="every_months")),
        quantity=line.quantity,
        unit_price=price,
        discount_percent=line.discount_percent if line.discount_percent < 100 else Decimal(0),
        uplift_percent=number_in(asked.get("uplift_percent", ""), field="uplift_percent"),
        free_months=int(number_in(asked.get("free_months", ""), field="free_months")),
        has_tiers=line.has_tiers,
        digits=max(minor_digits(quote.currency), -int(price.normalize().as_tuple().exponent)),
    )
    # Over the days that the line has: those may be fewer than the quote's.
    return segments_of(plan, Period(stored[0].start, stored[-1].end))


_NAMES = ("first", "last", "quantity", "price", "uplift", "discount")


def _shown(segment: Segment) -> dict[str, str]:
    price = segment.agreed_unit_price
    return {
        "first": segment.start.isoformat(),
        "last": (segment.end - _DAY).isoformat(),
        "quantity": plain(segment.quantity),
        "price": "" if price is None else plain(price),
        "uplift": plain(segment.uplift_percent),
        "discount": plain(segment.discount_percent),
    }


def _as_typed(request: HttpRequest) -> list[dict[str, str]]:
    # A line has one price or tiers: the form sends a price or an uplift of each segment.
    columns = {name: request.POST.getlist(name) for name in _NAMES}
    rows = range(len(columns["first"]))
    return [
        {name: typed[row] if row < len(typed) else "" for name, typed in columns.items()}
        for row in rows
    ]


def _typed(request: HttpRequest) -> list[Segment]:
    """Read the rows that have a first day; the last day typed is the last that counts."""
    return [
        _segment(number, row)
        for number, row in enumerate(_as_typed(request), start=1)
        if row["first"] or row["last"]
    ]


def _segment(number: int, row: dict[str, str]) -> Segment:
    field = forms.DateField()
    try:
        return Segment(
            field.clean(row["first"]),
            field.clean(row["last"]) + _DAY,
            number_in(row["quantity"], field="quantity"),
            number_in(row["discount"], field="discount_percent"),
            number_in(row["price"], field="agreed_unit_price") if row["price"].strip() else None,
            number_in(row["uplift"], field="uplift_percent"),
        )
    except forms.ValidationError:
        raise Refused(f"Segment {number} needs a first and a last day.", field="segments") from None
    except Refused as refusal:
        raise Refused(f"Segment {number}: {refusal.message}", field=refusal.field) from None
