"""Turns what the HTTP library raises into an OutboundError whose message holds no URL, header or body."""

import http.client
import ssl
from collections.abc import Iterator

from urllib3 import exceptions as urllib3_errors

from intacct_usage.lib.outbound_guard import OutboundError, OutboundErrorKind
from intacct_usage.lib.outbound_sockets import reason

_TIMEOUTS = (TimeoutError, urllib3_errors.TimeoutError)
_CUT = (
    urllib3_errors.IncompleteRead,
    urllib3_errors.InvalidChunkLength,
    http.client.IncompleteRead,
    http.client.RemoteDisconnected,
    ssl.SSLEOFError,
    ConnectionResetError,
    ConnectionAbortedError,
    BrokenPipeError,
)


def translated(error: BaseException, *, target: str, late: bool, seconds: float) -> OutboundError:
    """Name the failure of a call to `target`; `late` when its deadline of `seconds` has passed."""
    causes = list(_causes(error))
    ours = next((cause for cause in causes if isinstance(cause, OutboundError)), None)
    if ours is not None:
        return ours
    if late or any(isinstance(cause, _TIMEOUTS) for cause in causes):
        return OutboundError(OutboundErrorKind.TIMEOUT, _timeout_message(target, seconds, late=late))
    broke_off = isinstance(error, urllib3_errors.ProtocolError)  # bare only while the body is read, else wrapped
    if broke_off or any(isinstance(cause, _CUT) for cause in causes):
        return OutboundError(OutboundErrorKind.INCOMPLETE, incomplete_message(target))
    tls = next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)
    if tls is not None:
        return OutboundError(OutboundErrorKind.TLS, _tls_message(target, tls))
    network = next((cause for cause in causes if isinstance(cause, OSError) and cause.errno), None)
    if network is not None:
        message = f"The connection to {target} failed ({reason(network)}). Check the network, then try again."
        return OutboundError(OutboundErrorKind.CONNECT, message)
    message = f"{target} did not answer as a web server does. Check that the address and port are the right ones."
    return OutboundError(OutboundErrorKind.PROTOCOL, message)


def incomplete_message(target: str) -> str:
    return (
        f"Incomplete answer: {target} ended the connection before its answer was complete. "
        "Nothing of it was kept; try again later."
    )


def _timeout_message(target: str, seconds: float, *, late: bool) -> str:
    if late:
        return f"Too slow: {target} did not answer completely within {seconds:g} seconds. Try again later."
    return f"{target} accepted the connection but then did not answer in time. Try again later, or check the firewall."


def _tls_message(target: str, error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = f"its certificate could not be verified ({error.verify_message})"
        advice = "If your network inspects TLS, put its CA certificate into the file named by EXTRA_CA_FILE."
    else:
        why = f"the TLS handshake failed ({(error.reason or 'unknown reason').replace('_', ' ').lower()})"
        advice = "Check that the address and port are those of an https server."
    return f"No secure connection to {target}: {why}. Nothing was sent. {advice}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything it wraps, in whatever way the libraries wrapped it."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
