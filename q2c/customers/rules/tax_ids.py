"""Tax ids, checked by the rules of the country that gave them (python-stdnum)."""

import re
from typing import Any

from stdnum import exceptions, get_cc_module
from stdnum.eu import vat
from stdnum.us import tin

from q2c.kernel.codes import country_names
from q2c.kernel.errors import Refused
from q2c.kernel.tax import EU_COUNTRIES

_PLAUSIBLE = re.compile(r"[A-Z0-9][A-Z0-9 ./-]{2,28}[A-Z0-9]")
_VAT_PREFIX = {"GR": "EL"}  # Greece's VAT ids begin with EL


def checked_tax_id(tax_id: str, *, country: str) -> str:
    """Return the id in its compact form; none is fine. Refuses one its country would not give.

    Within the EU any member's VAT id will do, as a company may be registered elsewhere; without a
    prefix the country's own is put before it. Where no rule is known, only the look is checked.
    """
    text = re.sub(r"\s+", " ", tax_id).strip().upper()
    if not text:
        return ""
    if country in EU_COUNTRIES:
        return _checked(vat, _with_prefix(text, country), text, country)
    module = tin if country == "US" else get_cc_module(country.lower(), "vat")
    if module is not None:
        return _checked(module, text, text, country)
    if not _PLAUSIBLE.fullmatch(text):
        raise Refused(
            f"“{tax_id}” does not look like a tax id: 4 to 30 letters and digits.", field="tax_id"
        )
    return text


def _with_prefix(text: str, country: str) -> str:
    prefix = _VAT_PREFIX.get(country, country)
    starts_with_member = text[:2] in EU_COUNTRIES | {"EL", "XI"}
    return text if starts_with_member else prefix + text


def _checked(module: Any, text: str, shown: str, country: str) -> str:
    where = country_names().get(country, country)
    try:
        return str(module.validate(text))
    except exceptions.InvalidChecksum:
        words = f"The check digits of “{shown}” do not add up; a digit may be mistyped."
    except exceptions.InvalidLength:
        words = f"“{shown}” is too long or too short for a tax id of {where}."
    except exceptions.ValidationError:
        words = f"“{shown}” is not a tax id of {where}."
    raise Refused(words, field="tax_id")
