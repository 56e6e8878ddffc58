"""Loaded by pytest before Django's settings are: what the tests want of the environment."""

import hashlib
import os
from pathlib import Path

import pytest

if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
    pytest.exit("Start the tests with: python3 manage.py test [pytest arguments]", returncode=2)

_run = hashlib.sha256(f"{Path(__file__)}{os.environ['DATABASE_URL']}".encode()).hexdigest()[:8]
# Each xdist worker has its own queue and cache, as it has its own database.
os.environ["Q2C_QUEUE_PREFIX"] = f"test-{_run}-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}:"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright runs a loop in the test's thread
os.environ["DJANGO_LIVE_TEST_SERVER_ADDRESS"] = "127.0.0.1"
os.environ["Q2C_DEMO"] = "1"
for name in ("Q2C_PUBLIC_URL", "STRIPE_API_BASE", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS"):
    os.environ.pop(name, None)
