"""The Celery application. A message is only a wake-up call: the row in the database is the work.

So a task may be lost, late or doubled without harm; these settings keep each of them rare.
"""

import os
from typing import Any

import structlog
from celery import Celery, signals

from q2c.runtime.environment import broker_url

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "q2c.settings")

QUEUES = ("money", "mail", "pdf", "default")
# Redis hands a task to another worker after this; kombu wants to hear it in three places.
VISIBILITY_SECONDS = 300
HARD_LIMIT_SECONDS = 120
SOFT_LIMIT_SECONDS = 90

_transport: dict[str, Any] = {"visibility_timeout": VISIBILITY_SECONDS}
_prefix = {"global_keyprefix": prefix} if (prefix := os.environ.get("Q2C_QUEUE_PREFIX")) else {}

app = Celery("q2c")
app.conf.update(
    broker_url=broker_url(),
    broker_connection_retry_on_startup=True,
    broker_transport_options={**_transport, **_prefix, "unacked_restore_throttle": 1},
    result_backend_transport_options=_transport,
    visibility_timeout=VISIBILITY_SECONDS,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_time_limit=HARD_LIMIT_SECONDS,
    task_soft_time_limit=SOFT_LIMIT_SECONDS,
    task_default_queue="default",
    task_create_missing_queues=True,
    task_serializer="json",
    result_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=200,
    worker_soft_shutdown_timeout=30,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    timezone="UTC",
    beat_schedule={
        "find work whose message was lost": {"task": "q2c.infra.tasks.sweep", "schedule": 30.0},
        "show that beat and a worker live": {"task": "q2c.infra.tasks.heartbeat", "schedule": 30.0},
        "api": {"task": "q2c.api.tasks.tick", "schedule": 3600.0},
        "quotes": {"task": "quotes.tasks.tick", "schedule": 60.0},
        "contracts": {"task": "contracts.tasks.tick", "schedule": 60.0},
        "billing": {"task": "billing.tasks.tick", "schedule": 60.0},
        "revenue": {"task": "revenue.tasks.tick", "schedule": 60.0},
    },
)
# A tick that waited longer than its pause is one too many: the next one finds the same rows.
for entry in app.conf.beat_schedule.values():
    entry["options"] = {"expires": entry["schedule"]}
app.autodiscover_tasks()


@signals.setup_logging.connect
def _keep_our_logging(**_: Any) -> None:
    """Django's LOGGING stands; Celery sets up its own where nobody listens to this."""


@signals.before_task_publish.connect
def _send_request_id(headers: dict[str, Any] | None = None, **_: Any) -> None:
    from q2c.infra.requests import request_id  # Django must be set up first

    if headers is not None:
        headers.setdefault("request_id", request_id.get())


@signals.task_prerun.connect
def _receive_request_id(task: Any = None, task_id: str = "", **_: Any) -> None:
    from q2c.infra.requests import bind_request_id  # Django must be set up first

    structlog.contextvars.clear_contextvars()
    bind_request_id(getattr(task.request, "request_id", None) or "")
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id)


@signals.task_postrun.connect
def _forget_request_id(**_: Any) -> None:
    structlog.contextvars.clear_contextvars()
