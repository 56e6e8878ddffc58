"""What a contract's facts mean on the certificate of its offer's chain."""

from django.utils.translation import gettext as _

from q2c.infra.evidence import Link
from q2c.web.evidence import Words


def _text_sent(link: Link) -> str:
    values = {name: link.details.get(name, "–") for name in ("to", "email")}
    return _("The final text of the contract was sent to %(to)s <%(email)s>") % values


WORDS: dict[str, Words] = {
    "ContractDrawnUp": lambda _link: _("The contract was drawn up"),
    "ContractTextSent": _text_sent,
    "ContractTextOpened": lambda _link: _("The final text was opened"),
    "ContractTextAccepted": lambda _link: _("The final text was signed by the customer"),
    "ContractRefused": lambda _link: _("The contract was refused"),
    "ContractSigned": lambda _link: _("The contract was countersigned"),
}
OPEN_REASONS = ("ContractTextAccepted",)
