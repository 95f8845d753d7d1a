"""What services write to standard output: JSON lines with run id and request id; what commands write to the error."""

import io
import json
import logging
from collections.abc import Callable

import pytest
from django.test import Client

from intacct_usage.lib.progress import CLEAR_LINE, ProgressLine
from intacct_usage.lib.redaction import RedactingFilter
from intacct_usage.logs.configuration import is_service, logging_configuration
from intacct_usage.logs.context import ContextFilter, log_context
from intacct_usage.logs.formatters import JsonLineFormatter, OutputHandler, TextLineFormatter
from tests.logs.log_lines import viewer

__all__ = ["viewer"]

LOGGER = logging.getLogger("usage.console")
Said = Callable[[], list[dict[str, object]]]


@pytest.fixture
def said():
    """The JSON lines that were written since."""
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(JsonLineFormatter())
    for condition in (ContextFilter(), RedactingFilter()):
        handler.addFilter(condition)
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in handler.stream.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


def test_a_record_is_one_line_of_ascii_whatever_is_in_it(said: Said) -> None:
    LOGGER.warning("two\nlines \u2028 \x1b[31m é", extra={"run_id": 7})

    (line,) = said()
    assert line["message"] == "two\\nlines \\u2028 \\x1b[31m é"
    assert (line["level"], line["logger"], line["run_id"]) == ("WARN", "usage.console", 7)
    assert line["time"].endswith("+00:00")


def test_an_exception_keeps_its_traceback_in_the_same_line(said: Said) -> None:
    try:
        raise ValueError("no")
    except ValueError:
        LOGGER.exception("failed")

    (line,) = said()
    assert line["message"].startswith("failed – ValueError: no (logs/test_console_lines.py:")
    assert line["traceback"].startswith("Traceback (most recent call last):\\n")


def test_every_line_of_a_request_has_the_id_that_its_answer_carries(viewer: Client, said: Said) -> None:
    answer = viewer.get("/logs/?before=x", headers={"X-Request-ID": "forged"})

    lines = [line for line in said() if line["logger"].startswith(("intacct_usage", "django"))]
    assert lines
    assert {line["request_id"] for line in lines} == {answer.headers["X-Request-ID"]}
    assert answer.headers["X-Request-ID"] != "forged"


def test_a_context_ends_with_its_block_and_knows_its_fields(said: Said) -> None:
    with log_context(run_id=1):
        LOGGER.warning("inside")
    LOGGER.warning("outside")

    assert [line.get("run_id") for line in said()] == [1, None]
    with pytest.raises(TypeError, match="has no field colour"), log_context(colour="red"):
        pass


@pytest.mark.parametrize(
    ("arguments", "service"),
    [
        (["manage.py", "worker"], True),
        (["manage.py", "runserver", "8000"], True),
        (["/app/.venv/bin/gunicorn", "intacct_usage.wsgi"], True),
        (["./manage.py", "list_schedules"], False),
        (["manage.py", "backup", "worker"], False),
    ],
)
def test_web_and_worker_are_services_and_everything_else_is_a_command(arguments: list[str], service: bool) -> None:
    assert is_service(arguments) is service


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("to_database", [True, False])
def test_every_handler_takes_secrets_out(as_json: bool, to_database: bool) -> None:
    handlers = logging_configuration(as_json=as_json, to_database=to_database)["handlers"]

    assert len(handlers) == 1 + to_database
    assert all(handler["filters"][-1] == "redact" for handler in handlers.values())


@pytest.mark.parametrize(("to_stdout", "formatter"), [(True, JsonLineFormatter()), (False, TextLineFormatter())])
def test_the_console_is_the_one_of_the_moment(capsys, to_stdout: bool, formatter: logging.Formatter) -> None:
    handler = OutputHandler(to_stdout=to_stdout)
    handler.setFormatter(formatter)

    handler.handle(logging.makeLogRecord({"msg": "hello", "levelno": logging.INFO, "name": "usage"}))

    output, error = capsys.readouterr()
    assert ("hello" in output, "hello" in error) == (to_stdout, not to_stdout)


def test_a_line_on_a_terminal_takes_the_place_of_the_progress_line(monkeypatch) -> None:
    terminal = io.StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stderr", terminal)
    handler = OutputHandler(to_stdout=False)

    ProgressLine(terminal, "Run 1").show(1, 3)
    handler.handle(logging.makeLogRecord({"msg": "hello", "levelno": logging.INFO, "name": "usage"}))

    *_, last = terminal.getvalue().split(CLEAR_LINE)
    assert last == "hello\n"


def test_a_page_that_fails_leaves_its_traceback_in_the_log_and_not_on_the_page(viewer, said: Said, monkeypatch) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("a cause that only the log tells")

    monkeypatch.setattr("intacct_usage.logs.views.page_at", fail)

    answer = viewer.get("/logs/")

    assert answer.status_code == 500
    assert "a cause" not in answer.content.decode()
    (line,) = [line for line in said() if "traceback" in line]
    assert "RuntimeError: a cause that only the log tells" in line["message"]
    assert line["request_id"] == answer.headers["X-Request-ID"]
