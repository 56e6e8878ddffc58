"""Gunicorn's settings, wherever it runs: `gunicorn -c python:q2c.runtime.web q2c.wsgi`."""

import gc
import os
import tempfile
from typing import Any

worker_class = "gthread"
workers = int(os.environ.get("Q2C_WEB_WORKERS", "2"))
threads = 8
timeout = 60
graceful_timeout = 5
accesslog = "-"
logger_class = "q2c.runtime.logs.AccessLog"
control_socket_disable = True  # its one place in the home folder would be shared by all
# It touches a file there each second, which a slow disk would stall.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()  # noqa: S108


def post_worker_init(worker: Any) -> None:
    """Leave what a worker has loaded out of every later search for cycles.

    It stays until the worker ends; looking through it took a fifth of the time of a long page.
    """
    gc.collect()
    gc.freeze()
