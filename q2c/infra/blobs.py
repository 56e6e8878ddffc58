"""Files kept byte for byte, found by their hash."""

import hashlib
from datetime import datetime

from q2c.infra.models import Blob


def keep(content: bytes, *, media_type: str, at: datetime) -> Blob:
    """Store the bytes once and return their row; the same bytes give the same row."""
    sha256 = hashlib.sha256(content).hexdigest()
    blob, _ = Blob.objects.get_or_create(
        sha256=sha256,
        defaults={
            "content": content,
            "media_type": media_type,
            "size": len(content),
            "created_at": at,
        },
    )
    return blob
