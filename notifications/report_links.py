"""Links to report files that were too large to send: signed, for one file, for a limited time."""

from datetime import timedelta
from urllib.parse import quote

from django.conf import settings
from django.core import signing

from notifications.report_files import StoredFile

SALT = "notifications.report-link"
VALID_DAYS = 14
PATH_PREFIX = "/reports/files/"


class LinkError(Exception):
    """A link that does not open a file. `message` is fit to show."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class LinkExpiredError(LinkError):
    """The link was right once, or its file is gone."""


def sign_report_link(stored: StoredFile) -> str:
    """The token for one stored file; what follows PATH_PREFIX in an address."""
    return signing.dumps({"path": stored.path}, salt=SALT)


def report_link(stored: StoredFile) -> str:
    """The whole address, on SITE_URL."""
    return f"{settings.SITE_URL}{PATH_PREFIX}{quote(sign_report_link(stored))}/"


def verify_report_link(token: str, *, valid_days: float = VALID_DAYS) -> StoredFile:
    """The file a token stands for. Raises LinkError; LinkExpiredError when it is too late."""
    expired = "This link has expired. Ask for the report to be sent again, or download it under Reports."
    try:
        payload = signing.loads(token, salt=SALT, max_age=timedelta(days=valid_days))
        stored = StoredFile(path=payload["path"], label="", size_bytes=0)
        present = stored.location.is_file()
    except signing.SignatureExpired:
        raise LinkExpiredError(expired) from None
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        raise LinkError("This link is damaged. Copy it whole from the mail.") from None
    if not present:
        raise LinkExpiredError(expired)
    return StoredFile.of_path(stored.location, "Report")
