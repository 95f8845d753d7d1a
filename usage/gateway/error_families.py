"""The words for what can go wrong between this program and the Intacct XML gateway."""

from enum import StrEnum


class Level(StrEnum):
    """Where the failure was reported; the outermost first."""

    NETWORK = "network"
    HTTP = "http"
    CONTROL = "control"
    AUTHENTICATION = "authentication"
    FUNCTION = "function"


class Action(StrEnum):
    """What the caller may do about a failure that is still there after the last try."""

    STOP_RUN = "stop run"
    STOP_COMPANY = "stop company"
    REPORT = "report"


class ErrorFamily(StrEnum):
    """Failures that share one meaning and one next step; `error_advice.ADVICE` words both."""

    SENDER_CREDENTIALS = "sender_credentials"
    REQUEST_FORMAT = "request_format"
    USER_CREDENTIALS = "user_credentials"
    SENDER_NOT_AUTHORISED = "sender_not_authorised"
    SIGN_IN_REFUSED = "sign_in_refused"
    ADDRESS_DENIED = "address_denied"
    COMPANY_UNKNOWN = "company_unknown"
    COMPANY_INACTIVE = "company_inactive"
    SESSION = "session"
    WRONG_COMPANY = "wrong_company"
    ENDPOINT_REFUSED = "endpoint_refused"
    PERMISSION = "permission"
    OBJECT_MISSING = "object_missing"
    FIELDS = "fields"
    FUNCTION_ERROR = "function_error"
    REQUEST_REFUSED = "request_refused"
    DATA_LAYER = "data_layer"
    RATE_LIMIT = "rate_limit"
    TOO_MANY_OPERATIONS = "too_many_operations"
    OFFLINE = "offline"
    TRY_LATER = "try_later"
    SERVER = "server"
    CDN_TIMEOUT = "cdn_timeout"
    CDN_BLOCK = "cdn_block"
    UNREADABLE_ANSWER = "unreadable_answer"
    UNEXPECTED_ANSWER = "unexpected_answer"
    INCOMPLETE = "incomplete"
    TOO_LARGE = "too_large"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    TLS = "tls"
    PROXY = "proxy"
    PROXY_SIGN_IN = "proxy_sign_in"
    BLOCKED = "blocked"
    INVALID_VALUE = "invalid_value"
    DATA_CHANGED = "data_changed"
    INTERRUPTED = "interrupted"
    INTERNAL = "internal"


STOPS_RUN = frozenset(
    {
        ErrorFamily.SENDER_CREDENTIALS,
        ErrorFamily.REQUEST_FORMAT,
        ErrorFamily.CDN_BLOCK,
        ErrorFamily.PROXY_SIGN_IN,  # five hundred wrong proxy sign-ins would lock the proxy account
        ErrorFamily.BLOCKED,
    }
)
REPORTED_ONLY = frozenset({ErrorFamily.FUNCTION_ERROR, ErrorFamily.FIELDS, ErrorFamily.UNEXPECTED_ANSWER})
CONNECTION_FAULTS = frozenset(
    {ErrorFamily.UNREACHABLE, ErrorFamily.TIMED_OUT, ErrorFamily.TLS, ErrorFamily.PROXY, ErrorFamily.PROXY_SIGN_IN}
)
