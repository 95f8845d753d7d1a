"""What Microsoft's refusals mean and who does what next."""

import re

from notifications.transports.base import Stage

SIGN_IN_HINTS = {
    "AADSTS7000215": "The client secret is wrong. Enter the secret's value, not its ID, or make a new one in Entra.",
    "AADSTS7000222": "The client secret has expired. Make a new one in Entra and enter it here.",
    "AADSTS700016": "The client ID is not known in this tenant. Compare both IDs with the app's overview in Entra.",
    "AADSTS90002": "The tenant ID is not known. Compare it with the app's overview in Entra.",
    "AADSTS900023": "The tenant ID is not known. Compare it with the app's overview in Entra.",
    "AADSTS53003": "A conditional access policy of the tenant blocks the app: ask the Microsoft 365 administrator.",
    "AADSTS7000112": "The app is disabled in Entra: ask the Microsoft 365 administrator to enable it.",
    "AADSTS650052": "The app lacks admin consent: an administrator grants Mail.Send (application) in Entra.",
}
FINAL_SIGN_IN_ERRORS = {"invalid_client", "unauthorized_client", "invalid_tenant", "invalid_scope", "invalid_request"}

PERMISSION_HINT = (
    "The app needs the application permission Mail.Send with admin consent; if it is limited to certain mailboxes, the "
    "from address must be one of them."
)
MAILBOX_HINT = "Check the from address: it must be a mailbox of this tenant with a licence."
BY_CODE = {
    "ErrorInvalidUser": (Stage.MAILBOX, MAILBOX_HINT),
    "ResourceNotFound": (Stage.MAILBOX, MAILBOX_HINT),
    "Request_ResourceNotFound": (Stage.MAILBOX, MAILBOX_HINT),
    "MailboxNotEnabledForRESTAPI": (Stage.MAILBOX, MAILBOX_HINT),
    "MailboxNotHostedInExchangeOnline": (Stage.MAILBOX, MAILBOX_HINT),
    "ErrorSendAsDenied": (Stage.SENDER, "The app may not send as this address: use the mailbox's own from address."),
    "ErrorInvalidRecipients": (Stage.RECIPIENT, "Check the spelling of the recipients' addresses."),
    "ErrorAccessDenied": (Stage.PERMISSION, PERMISSION_HINT),
    "Authorization_RequestDenied": (Stage.PERMISSION, PERMISSION_HINT),
    "Authorization_IdentityNotFound": (Stage.PERMISSION, PERMISSION_HINT),
    "ErrorQuotaExceeded": (Stage.MAILBOX, "The mailbox is full."),
}
BY_STATUS = {
    401: (Stage.TOKEN, "Microsoft Graph refused a fresh token. Check tenant, client and secret."),
    403: (Stage.PERMISSION, PERMISSION_HINT),
    404: (Stage.MAILBOX, MAILBOX_HINT),
    413: (Stage.SEND, "The message is larger than Microsoft Graph takes in one request."),
    429: (Stage.SEND, "Microsoft limits how fast this app may send; it is tried again when Microsoft allows it."),
    503: (Stage.SEND, "Microsoft Graph is busy; later attempts usually pass."),
}
NOT_BEGUN_CODES = {
    "ErrorServerBusy",
    "ErrorMailboxStoreUnavailable",
    "ErrorMailboxMoveInProgress",
    "MailboxInfoStale",
    "ServiceUnavailable",
    "serviceNotAvailable",
    "NotImplemented",
}
"""Faults of the service that are answered before a message is looked at, so that trying again is safe."""

TOO_LARGE_CODES = {"ErrorMessageSizeExceeded", "RequestEntityTooLarge", "ErrorAttachmentSizeLimitExceeded"}


def sign_in_hint(description: str) -> str:
    found = re.search(r"AADSTS\d+", description)
    return SIGN_IN_HINTS.get(found[0], "") if found else ""


def shown_description(description: str) -> str:
    """Microsoft's sentence without its trace numbers."""
    return re.split(r"\s+(?:Trace ID|Correlation ID|Timestamp):", description, maxsplit=1)[0].strip()


def stage_and_hint(status: int, code: str) -> tuple[Stage, str]:
    return BY_CODE.get(code) or BY_STATUS.get(status, (Stage.SEND, ""))
