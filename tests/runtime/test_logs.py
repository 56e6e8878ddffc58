"""What the log tells of an error: where it was, not what people typed."""

import logging
from logging.config import dictConfig

import pytest

from q2c.runtime.logs import configure


@pytest.mark.parametrize("as_json", [True, False])
def test_an_error_in_the_log_says_where_and_holds_no_values(as_json, capsys):
    given = configure(as_json=as_json, level="INFO")
    given["handlers"]["stderr"]["stream"] = "ext://sys.stdout"
    logger = logging.getLogger("q2c.trial")
    before = logging.root.handlers[:]
    try:
        dictConfig({**given, "loggers": {}})
        _fail(logger, password="correct horse")
    finally:
        logging.root.handlers = before
    line = capsys.readouterr().out
    assert "ZeroDivisionError" in line
    assert "_fail" in line
    assert "correct horse" not in line


def _fail(logger, *, password):
    try:
        _ = len(password) / 0
    except ZeroDivisionError:
        logger.exception("failed")
