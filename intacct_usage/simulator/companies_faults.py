"""How an answer of the simulated companies API can be wrong."""

from collections.abc import Callable
from enum import Enum

from intacct_usage.simulator.web import Ending, Json, WebAnswer, html_answer, json_answer

DEEP_LEVELS = 100_000
FOREIGN_LINK = "http://companies.example.net/companies?page=2"


class CompaniesFault(Enum):
    """See `CompaniesApiSimulator.inject`."""

    EMPTY_LIST = "empty list"
    SHRINK = "shrink"  # one row in ten is left
    DUPLICATE_IDS = "duplicate ids"  # each ID once more, in the other letter case and with a space before it
    WRONG_TYPES = "wrong types"
    MISSING_IDS = "missing ids"
    NOT_A_LIST = "not a list"
    HTML_200 = "HTML with status 200"
    UNAUTHORISED = "401"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    THROTTLED = "429"
    SERVER_ERROR = "500"
    UNAVAILABLE = "503"
    TRUNCATED_JSON = "truncated JSON"
    CUT_CONNECTION = "cut connection"  # fewer bytes than Content-Length said
    RESET = "reset"
    EMPTY_BODY = "empty body"
    NOT_UTF8 = "not UTF-8"
    DEEP_JSON = "deep JSON"
    ENDLESS_BODY = "endless body"
    GZIP_BOMB = "gzip bomb"
    REDIRECT = "redirect"
    REDIRECT_LOOP = "redirect loop"
    FOREIGN_NEXT_LINK = "foreign next link"  # the next page on another host, without TLS
    NEXT_LINK_LOOP = "next link loop"  # the next page is this page
    NEVER = "never answers"


_JSON = {"Content-Type": "application/json"}

FIXED_ANSWERS: dict[CompaniesFault, WebAnswer] = {
    CompaniesFault.NOT_A_LIST: json_answer({"message": "The list is being rebuilt."}),
    CompaniesFault.HTML_200: html_answer("Please sign in"),
    CompaniesFault.UNAUTHORISED: json_answer({"error": "The token has expired."}, 401),
    CompaniesFault.FORBIDDEN: json_answer({"error": "This token may not read companies."}, 403),
    CompaniesFault.NOT_FOUND: json_answer({"error": "Not found."}, 404),
    CompaniesFault.THROTTLED: json_answer({"error": "Too many requests."}, 429, {"Retry-After": "1"}),
    CompaniesFault.SERVER_ERROR: json_answer({"error": "Internal error."}, 500),
    CompaniesFault.UNAVAILABLE: html_answer("503 Service Unavailable", 503),
    CompaniesFault.RESET: WebAnswer(ending=Ending.RESET_UNANSWERED),
    CompaniesFault.EMPTY_BODY: WebAnswer(200, b"", _JSON),
    CompaniesFault.NOT_UTF8: WebAnswer(200, '["MÜLLER"]'.encode("latin-1"), _JSON),
    CompaniesFault.DEEP_JSON: WebAnswer(200, b"[" * DEEP_LEVELS + b"]" * DEEP_LEVELS, _JSON),
    CompaniesFault.REDIRECT: WebAnswer(302, headers={"Location": "/sign-in"}),
}


def spoil(rows: list[Json], fault: CompaniesFault | None, id_name: str) -> list[Json]:
    """The rows as a fault leaves, doubles or changes them; unchanged where the fault is of another kind."""
    change = _CHANGES.get(fault) if fault else None
    return change(rows, id_name) if change else rows


def _wrong_types(rows: list[Json], id_name: str) -> list[Json]:
    wrong: list[Json] = [17, None, True, 1.5, ["A"], {id_name: 42}, {id_name: None}, {id_name: ["A", "B"]}, ""]
    return [wrong[number % len(wrong)] for number in range(len(rows))]


def _renamed(row: Json, id_name: str) -> Json:
    if isinstance(row, dict):
        return {**row, id_name: f" {str(row[id_name]).swapcase()}"}
    return f" {str(row).swapcase()}"


_CHANGES: dict[CompaniesFault, Callable[[list[Json], str], list[Json]]] = {
    CompaniesFault.SHRINK: lambda rows, _: rows[: max(1, len(rows) // 10)],
    CompaniesFault.DUPLICATE_IDS: lambda rows, id_name: rows + [_renamed(row, id_name) for row in rows],
    CompaniesFault.WRONG_TYPES: _wrong_types,
    CompaniesFault.MISSING_IDS: lambda rows, _: [{"comment": "no ID here"} for _row in rows],
}
