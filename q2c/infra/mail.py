"""E-mail: one row per recipient and cause, sent by a job, readable afterwards."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from q2c.infra.jobs import enqueue, register
from q2c.infra.models import Blob, Mail, MailAttachment

# The secrets of links: of a customer's portal, of a new password, of a decision.
_TOKEN = re.compile(r"(/p/|/password/[A-Za-z0-9_-]+/|/decide/)[.:A-Za-z0-9_-]{20,}")


def compose(  # noqa: PLR0913  what stands on an envelope
    template: str,
    context: dict[str, Any],
    *,
    cause: str,
    to: str,
    to_name: str = "",
    at: datetime,
    document: str = "",
    document_id: int | None = None,
    customer_id: int | None = None,
    attachments: Sequence[tuple[str, Blob]] = (),
) -> Mail | None:
    """Write an e-mail and queue its delivery; None when this cause was mailed already.

    `template` names a text template whose first line is the subject; the HTML twin beside it
    (same name, .html) is used when present in `mail/<name>.html`.
    """
    context = {**context, "public_url": settings.PUBLIC_URL}
    subject, _, text = render_to_string(f"mail/{template}.txt", context).strip().partition("\n")
    html = render_to_string(
        "mail/_layout.html", {**context, "subject": subject, "text": text.strip()}
    )
    with transaction.atomic():
        mail, created = Mail.objects.get_or_create(
            cause=cause,
            defaults={
                "to": to,
                "to_name": to_name,
                "subject": subject.strip()[:255],
                "text": text.strip(),
                "html": html,
                "created_at": at,
                "document": document,
                "document_id": document_id,
                "customer_id": customer_id,
            },
        )
        if not created:
            return None
        MailAttachment.objects.bulk_create(
            [MailAttachment(mail=mail, blob=blob, name=name) for name, blob in attachments]
        )
        enqueue(
            "infra.deliver_mail",
            key=str(mail.pk),
            payload={"mail_id": mail.pk},
            at=at,
            queue="mail",
        )
    return mail


def deliver(payload: dict[str, Any]) -> None:
    """Hand one written e-mail to the mail server.

    Outside the demo the secret of a private link is struck from the stored copy once it is sent.
    """
    mail = Mail.objects.select_for_update(no_key=True).get(pk=payload["mail_id"])
    if mail.sent_at:
        return
    message = EmailMultiAlternatives(
        mail.subject,
        mail.text,
        settings.DEFAULT_FROM_EMAIL,
        [mail.to],
        headers={"X-Cause": mail.cause},
    )
    message.attach_alternative(mail.html, "text/html")
    for attachment in mail.attachments.select_related("blob"):
        blob = attachment.blob
        message.attach(attachment.name, bytes(blob.content), blob.media_type)
    message.send()
    mail.sent_at = timezone.now()  # noqa: TID251  the job is a door
    if not settings.DEMO:
        mail.text, mail.html = _TOKEN.sub(r"\1…", mail.text), _TOKEN.sub(r"\1…", mail.html)
    mail.save(update_fields=["sent_at", "text", "html"])


register("infra.deliver_mail", deliver)
