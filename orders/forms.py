import csv
import io
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from contracts.actions import RenewalTerms
from orders.actions import UsageInput
from orders.models import ClosingReason, Kit, Order, OrderLine
from q2c.kernel.errors import Refused
from q2c.kernel.rating import plain
from quotes.queries import RenewalBasis, RenewalMethod

CSV_COLUMNS = ("item_id", "key", "quantity", "used_at")
LARGEST_FILE = 5_000_000  # bytes
_MOST_ERRORS = 20


def put_on_form(form: forms.Form, refusal: Refused) -> None:
    """Place a refusal beside the field it names, else on top of the form."""
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)


def _day(day: date) -> date:
    if not 2000 <= day.year <= 2100:
        raise forms.ValidationError("Choose a date between 2000 and 2100.")
    return day


class ShipForm(forms.Form):
    """How many of each thing leave the house. It starts with all that is left."""

    known_shipments = forms.IntegerField(required=False, widget=forms.HiddenInput)
    shipped_on = forms.DateField(label="Shipped on", widget=forms.DateInput(attrs={"type": "date"}))
    carrier = forms.CharField(max_length=100, required=False)
    tracking = forms.CharField(max_length=100, required=False, label="Tracking number")

    def __init__(self, data: Any = None, *, order: Order, on: date) -> None:
        known = order.shipments.count()
        super().__init__(data, initial={"shipped_on": on, "known_shipments": known})
        self._lines = [line for line in order.lines.all() if line.delivery.left]
        for line in self._lines:
            field = quantity_field(line.description, says=f"Ship of {line.description}")
            field.initial = plain(line.delivery.left)
            self.fields[f"line-{line.pk}"] = field

    def rows(self) -> list[tuple[Any, Decimal, Any]]:
        """Return each line with what is left of it and its field."""
        return [(line, line.delivery.left, self[f"line-{line.pk}"]) for line in self._lines]

    def clean_shipped_on(self) -> date:
        return _day(self.cleaned_data["shipped_on"])

    def quantities(self) -> dict[int, Decimal]:
        """Return how many to ship by line id."""
        return {
            line.pk: quantity
            for line in self._lines
            if (quantity := self.cleaned_data.get(f"line-{line.pk}"))
        }


class CloseForm(forms.Form):
    """What of an order is given up, and why. It starts with nothing."""

    known_closings = forms.IntegerField(required=False, widget=forms.HiddenInput)
    reason = forms.ChoiceField(choices=[("", "Choose…"), *ClosingReason.choices])
    words = forms.CharField(
        max_length=2000,
        required=False,
        label="In your words",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="The customer reads the reason and these words.",
    )

    def __init__(self, data: Any = None, *, order: Order) -> None:
        super().__init__(data, initial={"known_closings": order.closings.count()})
        self._kits = [kit for kit in order.kits.all() if kit.delivery.left]
        self._lines = [line for line in order.lines.all() if _may_close(line)]
        for name, one in self._named():
            if isinstance(one, OrderLine) and one.kind != "goods":
                field: forms.Field = forms.BooleanField(required=False, label=one.description)
                field.widget.attrs["aria-label"] = f"Give up {one.description}"
            else:
                field = quantity_field(one.description, says=f"Give up of {one.description}")
            self.fields[name] = field

    def rows(self) -> list[dict[str, Any]]:
        """Return what may be given up with its field, the parts of kits under their kit."""
        return [
            {
                "thing": one,
                "left": one.delivery.left or one.quantity,
                "unit": getattr(one, "unit", ""),
                "is_part": getattr(one, "kit_id", None) is not None,
                "field": self[name],
            }
            for name, one in self._named()
        ]

    def given_up(self) -> tuple[dict[int, Decimal], dict[int, Decimal]]:
        """Return how many of what are given up, by line id and by kit id."""
        chosen = {name: self.cleaned_data.get(name) for name, _ in self._named()}
        return (
            {
                line.pk: line.quantity if found is True else found
                for line in self._lines
                if (found := chosen[f"line-{line.pk}"])
            },
            {kit.pk: found for kit in self._kits if (found := chosen[f"kit-{kit.pk}"])},
        )

    def _named(self) -> list[tuple[str, Kit | OrderLine]]:
        named: list[tuple[str, Kit | OrderLine]] = []
        named += [(f"kit-{kit.pk}", kit) for kit in self._kits]
        named += [(f"line-{line.pk}", line) for line in self._lines]
        return sorted(named, key=lambda row: row[1].position)


def _may_close(line: OrderLine) -> bool:
    is_once = line.charge_kind == "one_time" and not line.is_adjustment
    return bool(line.delivery.left) or (
        line.kind != "goods" and is_once and not line.closed_quantity
    )


def quantity_field(label: str, *, says: str) -> forms.DecimalField:
    """Return a field for how many of something; `says` is what a screen reader reads."""
    attrs = {
        "class": "input input-num",
        "inputmode": "decimal",
        "autocomplete": "off",
        "aria-label": says,
    }
    return forms.DecimalField(
        required=False,
        label=label,
        min_value=0,
        max_digits=18,
        decimal_places=6,
        widget=forms.TextInput(attrs=attrs),
    )


class CancelOrderForm(forms.Form):
    """Why an order is given up."""

    reason = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class CancelForm(forms.Form):
    """The end of a subscription."""

    on = forms.DateField(
        label="First day without it",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="What was billed beyond is credited.",
    )
    reason = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))

    def clean_on(self) -> date:
        return _day(self.cleaned_data["on"])


class UsageForm(forms.Form):
    """A CSV file of measured usage."""

    file = forms.FileField(
        label="CSV file",
        help_text=f"Columns {', '.join(CSV_COLUMNS)}; the time with its offset from UTC.",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )

    def clean_file(self) -> list[tuple[int, UsageInput]]:
        """Return the events of the file by their lines; every bad row is named by its line."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_FILE:
            raise forms.ValidationError("The file is larger than 5 MB. Split it.")
        try:
            text = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError("The file is no UTF-8 text.") from None
        return read_usage(text)


def read_usage(text: str) -> list[tuple[int, UsageInput]]:
    """Read usage from CSV, each event with its line; raises ValidationError naming the bad rows by their lines."""
    reader = csv.DictReader(io.StringIO(text, newline=""))
    header = [name.strip() for name in reader.fieldnames or ()]
    if sorted(header) != sorted(CSV_COLUMNS):
        raise forms.ValidationError(f"The first line must name {', '.join(CSV_COLUMNS)}.")
    reader.fieldnames = header
    events, errors = [], []
    try:
        for row in reader:
            try:
                events.append((reader.line_num, _event(row)))
            except ValueError as error:
                errors.append(f"Line {reader.line_num}: {error}")
    except csv.Error as error:
        errors.append(f"Line {reader.line_num}: {error}.")
    if len(errors) > _MOST_ERRORS:
        errors = [*errors[:_MOST_ERRORS], f"And {len(errors) - _MOST_ERRORS} more lines."]
    if errors:
        raise forms.ValidationError(errors)
    if not events:
        raise forms.ValidationError("The file holds no rows.")
    return events


def _event(row: dict[str, Any]) -> UsageInput:
    if None in row or None in row.values():
        raise ValueError(f"it needs exactly {len(CSV_COLUMNS)} values.")
    item_id, used_at = row["item_id"].strip(), row["used_at"].strip()
    if not (item_id.isascii() and item_id.isdigit() and len(item_id) < 19):
        raise ValueError("item_id is the id of a subscription item.")
    if "\x00" in row["key"]:
        raise ValueError("key is a text.")
    try:
        quantity = Decimal(row["quantity"].strip())
    except InvalidOperation:
        raise ValueError("quantity is no number.") from None
    if quantity.is_finite() and abs(quantity.adjusted()) > 30:
        raise ValueError("quantity is too large or too small.")
    try:
        instant = datetime.fromisoformat(used_at)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise ValueError("used_at is an instant with its offset: 2026-11-24T12:00:00Z.")
    return UsageInput(int(item_id), row["key"].strip(), quantity, instant)


class AmendForm(forms.Form):
    """The day from which an amendment holds."""

    on = forms.DateField(
        label="From",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="The first day on which it runs differently; a day that has passed is possible.",
    )


class RenewForm(forms.Form):
    """How a renewal is priced, and for how long."""

    method = forms.ChoiceField(choices=[(m.value, m.label) for m in RenewalMethod], label="Prices")
    uplift_percent = forms.DecimalField(
        required=False,
        max_digits=7,
        decimal_places=4,
        label="Uplift, % a year",
        help_text="For every year of what it starts from; years begun count whole.",
    )
    basis = forms.ChoiceField(
        choices=[(b.value, b.label) for b in RenewalBasis], label="Of a ramp, start from"
    )
    term_months = forms.IntegerField(min_value=1, max_value=120, label="Term in months")
    keep = forms.BooleanField(
        required=False,
        label="Only keep this for later",
        help_text="The reminder before the contract ends then drafts the renewal like this.",
    )

    def terms(self) -> RenewalTerms:
        """Return the terms as the actions take them; an uplift counts for its method only."""
        data = self.cleaned_data
        method = RenewalMethod(data["method"])
        uplift = data["uplift_percent"] or Decimal(0)
        return RenewalTerms(
            method=method,
            uplift_percent=uplift if method is RenewalMethod.UPLIFT else Decimal(0),
            basis=RenewalBasis(data["basis"]),
            term_months=data["term_months"],
        )
