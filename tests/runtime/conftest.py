import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    with new_folder() as made:
        yield made


@contextmanager
def new_folder() -> Iterator[Path]:
    """Make a folder that other users may pass through, as Postgres does where root starts it."""
    made = Path(tempfile.mkdtemp(prefix="q2c-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)
