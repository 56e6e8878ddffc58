"""Every template that customers see, by page, mail or document, says nothing but what is translated."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.support.marked import seen_in, untold

ROOT = Path(settings.BASE_DIR) / "templates"
# Names and marks that read alike in every language.
NAMES = {"BIC", "IBAN", "PDF", "PNG", "SHA", "UTC"}
TOLD = re.compile(r"{% blocktranslate.*?{% endblocktranslate %}", re.DOTALL)
STAFF = re.compile(r"{% if is_preview %}.*?{% endif %}", re.DOTALL)
TAG = re.compile(r"{#.*?#}|{%.*?%}|{{.*?}}", re.DOTALL)
USED = re.compile(r'{% (?:include|extends) "([^"]+)"')


def source(name):
    return (ROOT / name).read_text()


def for_customers():
    """Return the templates of the customer's pages, mails and documents, and what these use."""
    pages = [
        *ROOT.glob("*/portal*.html"),
        *ROOT.glob("*/_portal*.html"),
        *ROOT.glob("portal/*.html"),
    ]
    pages += [*ROOT.glob("documents/*.html"), ROOT / "404.html", ROOT / "403_csrf.html"]
    # A mail to one of us greets the person; all others go to customers.
    mails = [mail for mail in ROOT.glob("mail/*") if "person." not in mail.read_text()]
    found = [str(path.relative_to(ROOT)) for path in (*pages, *mails)]
    for name in found:
        found += sorted(set(USED.findall(source(name))) - set(found))
    return sorted(found)


@pytest.mark.parametrize("name", for_customers())
def test_a_customer_reads_no_words_of_the_template_itself(name):
    bare = TAG.sub(" ", TOLD.sub(" ", STAFF.sub(" ", source(name))))
    assert untold(seen_in(bare), NAMES) == set()
