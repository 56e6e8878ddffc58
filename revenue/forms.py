from datetime import date

from django import forms
from django.utils import timezone

from q2c.customers.models import LegalEntity
from q2c.kernel.periods import month_of


def _last_month_end() -> date:
    start = month_of(timezone.localdate()).start
    return date.fromordinal(start.toordinal() - 1)


class RecogniseForm(forms.Form):
    """Through which day to recognise, for which entity."""

    legal_entity = forms.ModelChoiceField(LegalEntity.objects.order_by("name"), empty_label=None)
    through = forms.DateField(
        initial=_last_month_end, widget=forms.DateInput(attrs={"type": "date"})
    )


class ReopenForm(forms.Form):
    reason = forms.CharField(max_length=300)
