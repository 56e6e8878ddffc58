from q2c.infra.models.blob import Blob
from q2c.infra.models.event import Event
from q2c.infra.models.evidence import Evidence
from q2c.infra.models.heartbeat import Heartbeat
from q2c.infra.models.idempotency import IdempotentRequest
from q2c.infra.models.job import Job
from q2c.infra.models.mail import Mail, MailAttachment
from q2c.infra.models.number_series import NumberSeries

__all__ = [
    "Blob",
    "Event",
    "Evidence",
    "Heartbeat",
    "IdempotentRequest",
    "Job",
    "Mail",
    "MailAttachment",
    "NumberSeries",
]
