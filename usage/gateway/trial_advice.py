"""What to do when credentials that were typed just now did not work: nothing of a run, and nothing elsewhere."""

from usage.gateway.error_families import ErrorFamily

_F = ErrorFamily
_LATER = "Try again in a few minutes."
_LATER_OR_SUPPORT = f"{_LATER} If it happens again, send the Support ID to Sage Intacct support."
_STATUS_PAGE = f"Look at the Sage Intacct status page. {_LATER}"

TRIAL_ACTIONS: dict[ErrorFamily, str] = {
    _F.SENDER_CREDENTIALS: (
        "Enter the sender ID and the sender password again. If they are right, ask Sage Intacct support to check the "
        "Web Services licence."
    ),
    _F.USER_CREDENTIALS: (
        "Enter the user ID and the user password again. If they are right, ask the administrator of that company to "
        "check that the Web Services user exists, is active and not locked, and has this password. The sign-in is "
        "not repeated by itself, so that the user is not locked."
    ),
    _F.SENDER_NOT_AUTHORISED: (
        "Ask the administrator of that company to add the sender ID (upper and lower case count) under Company, "
        "Setup, Company, Security, Web Services authorizations, then try again, or name another company to sign in to."
    ),
    _F.COMPANY_UNKNOWN: (
        "Check the spelling of the company to sign in to, or name another one. If every company gives this answer, "
        "check the sender ID and the user ID."
    ),
    _F.COMPANY_INACTIVE: (
        "Name another company to sign in to, or ask your Sage account manager about the state of this one."
    ),
    _F.SESSION: f"{_LATER} If it happens again, name another company to sign in to.",
    _F.PERMISSION: (
        "Ask the administrator of that company to give the user the permission Administration, API usage: View "
        "(newer releases: Usage insights: View), then try again, or name another company to sign in to."
    ),
    _F.FUNCTION_ERROR: _LATER_OR_SUPPORT,
    _F.REQUEST_REFUSED: _LATER_OR_SUPPORT,
    _F.DATA_LAYER: _LATER_OR_SUPPORT,
    _F.RATE_LIMIT: _LATER,
    _F.TOO_MANY_OPERATIONS: "Try again when the company’s other integrations rest, or name another company.",
    _F.OFFLINE: _STATUS_PAGE,
    _F.TRY_LATER: _LATER,
    _F.SERVER: _STATUS_PAGE,
    _F.CDN_TIMEOUT: _LATER,
    _F.CDN_BLOCK: (
        "Ask your network administrator whether the address of this server is blocked, and Sage Intacct support to "
        "allow it."
    ),
    _F.UNREADABLE_ANSWER: f"Check that no proxy or filter answers in place of Intacct. {_LATER}",
    _F.UNEXPECTED_ANSWER: f"{_LATER} If it happens again, send the log to your administrator.",
    _F.INCOMPLETE: f"{_LATER} If it happens again, ask your network administrator.",
    _F.TIMED_OUT: f"{_LATER} If it happens again, check the network and HTTP_DEADLINE_SECONDS.",
    _F.PROXY_SIGN_IN: "Enter them under Configuration, Proxy, then try again.",
}
"""In place of the `suggested_action`; a family that is not here has one that fits a trial as well."""
