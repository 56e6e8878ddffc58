from django.urls import reverse

from q2c.identity import queries
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.web.registry import Item


def find_users(user: User, text: str) -> list[Item]:
    """Return our people for search and the command palette."""
    if not user.may(Permission.MANAGE_USERS):
        return []
    found = queries.people(text).order_by("full_name", "pk")[:6]
    return [
        Item(person.full_name, reverse("users:detail", args=[person.pk]), person.email, "Users")
        for person in found
    ]
