"""Logs tell what happened, and never the token."""

import io
import logging

import pytest

from bot.logs import configure, event


@pytest.fixture
def logged():
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure("INFO", secret="123:abc", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def test_an_event_is_one_line_of_a_name_and_values(logged):
    event(logging.getLogger("bot.test"), "turn", session=12, number=3, cause=None)
    assert logged.getvalue().endswith("INFO bot.test turn session=12 number=3\n")


def test_the_token_is_hidden_in_lines_and_tracebacks(logged):
    log = logging.getLogger("bot.test")
    log.info("GET %s", "https://api/bot123:abc/getMe")
    try:
        raise RuntimeError("bot123:abc")
    except RuntimeError:
        log.exception("failed")
    assert "123:abc" not in logged.getvalue()
    assert "bot***/getMe" in logged.getvalue()


def test_the_http_client_is_silent_at_info(logged):
    logging.getLogger("httpx").info("HTTP Request: POST https://api/bot/secret")
    assert logged.getvalue() == ""
