"""One log line an event, from Django, Celery and our own code alike, with the request's id."""

import re
from datetime import timedelta
from typing import Any

import structlog
import structlog.tracebacks
from gunicorn.glogging import Logger as GunicornLogger

SECRET_PATHS = re.compile(r"^(/p/|/decide/)[^/]+")  # the token of a link is a key, not an address

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def configure(*, as_json: bool, level: str) -> dict[str, Any]:
    """Set structlog up and return Django's LOGGING: JSON lines, or text for a person to read."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    # Without the values of variables: those hold tokens and what people typed, and take long.
    plain = structlog.dev.plain_traceback
    renderers: list[Any] = [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain)]
    if as_json:
        traced = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        renderers = [
            structlog.processors.ExceptionRenderer(traced),
            structlog.processors.JSONRenderer(),
        ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *renderers,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            # WeasyPrint and fontTools tell of every glyph they leave out.
            "fontTools": {"level": "ERROR"},
            "weasyprint": {"level": "ERROR"},
        },
    }


class AccessLog(GunicornLogger):
    """Gunicorn's access log as one structured line a request, without portal tokens."""

    def access(
        self,
        resp: Any,
        req: Any,
        environ: dict[str, Any],  # noqa: ARG002  gunicorn passes it by position
        request_time: timedelta,
    ) -> None:
        headers = {name.lower(): value for name, value in resp.headers}
        structlog.get_logger("q2c.access").info(
            "request",
            method=req.method,
            path=SECRET_PATHS.sub(r"\1…", req.path),
            status=int(str(resp.status).split(" ", 1)[0]),
            milliseconds=round(request_time.total_seconds() * 1000),
            request_id=headers.get("x-request-id", ""),
        )
