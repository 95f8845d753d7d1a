"""What the Graph stand-in says when something is wrong, on its own account or because a fault was injected."""

from dataclasses import dataclass
from enum import Enum

from intacct_usage.simulator.web import Ending, Json, WebAnswer, html_answer, json_answer


@dataclass(frozen=True)
class Refusal:
    """Status, code and words of Graph's error object."""

    status: int
    code: str
    message: str


class GraphRefusalError(Exception):
    """Graph says no."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class GraphFault(Enum):
    """What can go wrong; those named TOKEN_ at the token address, all others at sendMail."""

    TOKEN_SERVER_ERROR = "500 at the token address"  # noqa: S105 - a fault's name
    TOKEN_HTML = "HTML at the token address"  # noqa: S105
    TOKEN_RESET = "reset at the token address"  # noqa: S105
    TOKEN_NEVER = "no answer at the token address"  # noqa: S105
    REJECTED = "401"
    REQUEST_DENIED = "403 Authorization_RequestDenied"
    ACCESS_DENIED = "403 ErrorAccessDenied"
    HTML_403 = "403 with a page of HTML"
    INVALID_USER = "404 ErrorInvalidUser"
    TOO_LARGE = "413"
    THROTTLED = "429"
    SERVER_ERROR = "500"
    UNAVAILABLE = "503"
    RESET = "reset after the body, nothing taken"
    TAKEN_THEN_RESET = "reset after the body, mail taken"
    ACCEPTED_THEN_RESET = "202, then reset"
    NEVER = "no answer, nothing taken"
    TAKEN_THEN_NEVER = "no answer, mail taken"
    GATEWAY_TIMEOUT = "504, nothing taken"
    TAKEN_THEN_GATEWAY_TIMEOUT = "504, mail taken"
    TAKEN_THEN_SERVER_ERROR = "500, mail taken"
    TAKEN_THEN_HTML_502 = "502 with a page of HTML, mail taken"


UNANSWERED = WebAnswer(ending=Ending.RESET_UNANSWERED)
TOKEN_ANSWERS = {
    GraphFault.TOKEN_SERVER_ERROR: json_answer({"error": "server_error", "error_description": "Try again."}, 500),
    GraphFault.TOKEN_HTML: html_answer("Sign in to your network"),
    GraphFault.TOKEN_RESET: UNANSWERED,
    GraphFault.TOKEN_NEVER: UNANSWERED,
}
SEND_REFUSALS = {
    GraphFault.REJECTED: Refusal(401, "InvalidAuthenticationToken", "Access token validation failure."),
    GraphFault.REQUEST_DENIED: Refusal(
        403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
    ),
    GraphFault.ACCESS_DENIED: Refusal(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."),
    GraphFault.INVALID_USER: Refusal(404, "ErrorInvalidUser", "The requested user is invalid."),
    GraphFault.TOO_LARGE: Refusal(413, "BadRequest", "The maximum request length supported is 4MB."),
    GraphFault.THROTTLED: Refusal(429, "ApplicationThrottled", "Too many requests."),
    GraphFault.SERVER_ERROR: Refusal(500, "ErrorInternalServerError", "An internal server error occurred."),
    GraphFault.UNAVAILABLE: Refusal(503, "ErrorServerBusy", "The server is busy."),
}
_UNKNOWN: dict[str, Json] = {"error": {"code": "UnknownError", "message": "", "innerError": {}}}
ANSWERS_NOTHING_TAKEN: dict[GraphFault | None, WebAnswer] = {
    GraphFault.HTML_403: html_answer("Blocked by the gateway", 403),
    GraphFault.RESET: UNANSWERED,
    GraphFault.NEVER: UNANSWERED,
    GraphFault.GATEWAY_TIMEOUT: json_answer(_UNKNOWN, 504),
}
ANSWERS_TAKEN: dict[GraphFault | None, WebAnswer] = {
    GraphFault.TAKEN_THEN_RESET: UNANSWERED,
    GraphFault.TAKEN_THEN_NEVER: UNANSWERED,
    GraphFault.ACCEPTED_THEN_RESET: WebAnswer(202, ending=Ending.RESET),
    GraphFault.TAKEN_THEN_GATEWAY_TIMEOUT: json_answer(_UNKNOWN, 504),
    GraphFault.TAKEN_THEN_SERVER_ERROR: json_answer(_UNKNOWN, 500),
    GraphFault.TAKEN_THEN_HTML_502: html_answer("Bad gateway", 502),
}
