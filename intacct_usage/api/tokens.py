"""Makes, finds and revokes API tokens. A token is shown once; its hash is stored.

A token is 256 random bits, so a plain SHA-256 protects it: there is nothing to guess, and no salt or slow hash would
add to that.
"""

import hashlib
import logging
import re
import secrets
from datetime import datetime, timedelta
from hmac import compare_digest

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import DatabaseError

from intacct_usage.api.models import ApiToken
from intacct_usage.lib import clock
from intacct_usage.lib.redaction import register_secret

logger = logging.getLogger(__name__)

LONGEST_DAYS = 366
DEFAULT_DAYS = 90
NOTE_USE_EVERY = timedelta(minutes=10)
_TOKEN = re.compile(r"iau_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")


def create_token(owner: User, *, name: str, scope: str, days: int, by: str) -> tuple[ApiToken, str]:
    """The row and the token itself, which cannot be read again. Raises ValidationError."""
    if not 1 <= days <= LONGEST_DAYS:
        raise ValidationError({"days": [f"A token is valid for 1 to {LONGEST_DAYS} days."]})
    prefix = secrets.token_hex(4)
    text = f"iau_{prefix}_{secrets.token_urlsafe(32)}"
    row = ApiToken(
        name=name.strip(),
        owner=owner,
        scope=scope,
        prefix=prefix,
        digest=_digest(text),
        expires_at=clock.now() + timedelta(days=days),
        created_by=by,
    )
    row.full_clean()
    row.save()
    register_secret(text)
    logger.info("%s created the API token “%s” for %s (%s, %d days)", by, row, owner, row.get_scope_display(), days)
    return row, text


def find_token(text: str) -> ApiToken | None:
    """The valid token with its owner, or None."""
    shape = _TOKEN.fullmatch(text)
    if shape is None:
        return None
    row = ApiToken.objects.valid().select_related("owner").filter(prefix=shape[1]).first()
    if row is None or not compare_digest(row.digest, _digest(text)):
        return None
    _note_use(row, clock.now())
    return row


def revoke_token(row: ApiToken, *, by: str) -> bool:
    """From now on it opens nothing. False if it was revoked before."""
    revoked = ApiToken.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=clock.now(), revoked_by=by)
    if revoked:
        logger.info("%s revoked the API token “%s”", by, row)
    return bool(revoked)


def _note_use(row: ApiToken, now: datetime) -> None:
    """When it was last used, to ten minutes: reading must not write, and never wait for a writer, at each request."""
    if row.last_used_at is not None and now - row.last_used_at < NOTE_USE_EVERY:
        return
    try:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    except DatabaseError as error:
        logger.warning("The use of the API token “%s” could not be noted (%s)", row, type(error).__name__)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
