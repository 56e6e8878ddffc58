from tests.customers.conftest import admin, counsel, entity, rep  # noqa: F401
