"""What the scenarios share: a company with prices, people and a customer, and its contracts' text."""

from tests.contracts.conftest import template  # noqa: F401
from tests.quotes.conftest import (  # noqa: F401
    admin,
    book,
    cfo,
    contact,
    customer,
    draft,
    entity,
    manager,
    products,
    rep,
    signature,
    take,
)
