from contracts.forms.clauses import ClauseForm, PlaceForm, Places, SwapForm, TemplateForm, places_of
from contracts.forms.deciding import (
    DecisionForm,
    PolicyForm,
    RefuseForm,
    TerminateForm,
    put_on_form,
)

__all__ = [
    "ClauseForm",
    "DecisionForm",
    "PlaceForm",
    "Places",
    "PolicyForm",
    "RefuseForm",
    "SwapForm",
    "TemplateForm",
    "TerminateForm",
    "places_of",
    "put_on_form",
]
