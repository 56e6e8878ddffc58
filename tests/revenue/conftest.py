from collections.abc import Callable

import pytest
from django.test import Client

from q2c.identity.models import User
from tests.billing.factories import the_entity


@pytest.fixture
def entity(db):
    return the_entity()


@pytest.fixture
def person(db) -> Callable[[str], User]:
    """`person("finance")` is somebody in that role."""

    def person(role: str) -> User:
        return User.objects.create_user(
            f"{role}@acme.example", "a long password", full_name=role.title(), role=role
        )

    return person


@pytest.fixture
def finance(person):
    return person("finance")


@pytest.fixture
def manager(person):
    return person("finance_manager")


@pytest.fixture
def signed_in_as(person) -> Callable[[str], Client]:
    """`signed_in_as("finance")` is a browser of somebody in that role."""

    def signed_in_as(role: str) -> Client:
        client = Client()
        client.force_login(person(role))
        return client

    return signed_in_as
