"""What can be asked about our people."""

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Count, Q, QuerySet

from q2c.identity.models import User
from q2c.identity.roles import Role

ACTIVE, INVITED, DEACTIVATED = "active", "invited", "deactivated"
_NO_PASSWORD = Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
STATES: dict[str, Q] = {
    ACTIVE: Q(is_active=True) & ~_NO_PASSWORD,
    INVITED: Q(is_active=True) & _NO_PASSWORD,
    DEACTIVATED: Q(is_active=False),
}


def people(text: str = "", *, state: str = "") -> QuerySet[User]:
    """Return our people whose name, address or role holds every word, with their managers."""
    found = User.objects.select_related("manager")
    if state in STATES:
        found = found.filter(STATES[state])
    for word in text.split():
        roles = [role.value for role in Role if word.lower() in role.label.lower()]
        found = found.filter(
            Q(full_name__icontains=word) | Q(email__icontains=word) | Q(role__in=roles)
        )
    return found


def counts_by_state() -> dict[str, int]:
    """Return how many people are in each state."""
    counts = {name: Count("pk", filter=condition) for name, condition in STATES.items()}
    return User.objects.aggregate(**counts)


def user_with_address(email: str) -> User | None:
    """Return who has this address, in whatever case."""
    return User.objects.filter(email__iexact=email.strip()).first()
