import pytest

from q2c.identity.models import User
from tests.billing.factories import a_charge, a_customer, the_entity, the_product


@pytest.fixture
def entity(db):
    return the_entity()


@pytest.fixture
def product(db):
    return the_product()


@pytest.fixture
def make_customer(db):
    return a_customer


@pytest.fixture
def customer(db):
    return a_customer()


@pytest.fixture
def make_charge(db):
    return a_charge


@pytest.fixture
def finance(db):
    return User.objects.create_user(
        "finance@acme.example", "a long password", full_name="Fin Ance", role="finance"
    )


@pytest.fixture
def rep(db):
    return User.objects.create_user(
        "rep@acme.example", "a long password", full_name="Sal Rep", role="sales_rep"
    )


@pytest.fixture(autouse=True)
def _alone():
    """Billing on its own: the ledger has its own tests."""
    from q2c import wiring
    from q2c.infra import bus

    bus.connect({}, {})
    yield
    bus.connect(wiring.NOW, wiring.LATER)
