"""Read what the environment says in the form that Django and Celery want."""

import os
from urllib.parse import parse_qs, unquote, urlparse


def flag(name: str, *, default: bool) -> bool:
    """Return whether a variable says yes."""
    return os.environ.get(name, str(default)).strip().lower() in {"1", "true", "yes", "on"}


def words(name: str, default: str) -> list[str]:
    """Return a variable's comma-separated values, without empty ones."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def database(url: str) -> dict[str, object]:
    """Read `postgresql://user:password@host:port/name?host=/socket/folder&port=5432`."""
    parts = urlparse(url)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": query.pop("port", str(parts.port or "")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"options": "-c lock_timeout=4000 -c statement_timeout=30000", **query},
    }


def redis_url() -> str:
    """Return the Redis that carries the task queue."""
    return os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/0"


def broker_url() -> str:
    """Return the same Redis as Celery writes it."""
    url = redis_url()
    if not url.startswith("unix://"):
        return url
    parts = urlparse(url)
    number = parse_qs(parts.query).get("db", ["0"])[0]
    password = f":{parts.password}@" if parts.password else ""
    return f"redis+socket://{password}{parts.path}?virtual_host={number}"
