"""What follows for our people: they are written to."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from q2c.identity.models import User
from q2c.infra.mail import compose


def mail_invitation(fact: dict[str, Any]) -> None:
    """Tell a person that they may come in, once they have set a password."""
    _mail("user_invitation", fact)


def mail_password_link(fact: dict[str, Any]) -> None:
    """Mail the link that sets a new password."""
    _mail("user_password", fact)


def _mail(template: str, fact: dict[str, Any]) -> None:
    user = User.objects.get(pk=fact["user_id"])
    if not user.is_active:
        return
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse("identity:password", args=[uid, default_token_generator.make_token(user)])
    days = settings.PASSWORD_RESET_TIMEOUT // 86_400
    compose(
        template,
        {"person": user, "url": settings.PUBLIC_URL + path, "days": days},
        cause=f"{template}:{user.pk}:{fact['at']}",
        to=user.email,
        to_name=user.full_name,
        at=datetime.fromisoformat(fact["at"]),
        document="user",
        document_id=user.pk,
    )
