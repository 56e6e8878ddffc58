from datetime import UTC, datetime

import pytest

from q2c.identity.models import User
from q2c.identity.roles import Role

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def people(db):
    """One person of each role, by role."""
    return {
        role: User.objects.create_user(
            f"{role}@brightline.example", "x", full_name=role.label, role=role.value
        )
        for role in Role
    }


@pytest.fixture
def admin(people):
    return people[Role.ADMINISTRATOR]
