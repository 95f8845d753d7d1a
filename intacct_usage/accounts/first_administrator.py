"""The first account, made by whoever can read the log of the server: there is no default one."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction

from intacct_usage.accounts.models import SetupToken
from intacct_usage.audit.models import Action
from intacct_usage.audit.recording import record
from intacct_usage.lib import clock

VALID_FOR: Final = timedelta(hours=24)
TOKEN_BYTES: Final = 32


class AdministratorExistsError(Exception):
    """There is a superuser, so no token makes another one."""

    message = "There is an administrator already. Further accounts are made under Administration, Users."


class TokenRefusedError(Exception):
    """The token is wrong, was used, or is older than a day."""

    message = "This token is wrong, was used before, or is older than a day. The server's log shows the present one."


def there_is_an_administrator() -> bool:
    return User.objects.filter(is_superuser=True, is_active=True).exists()


def issue_token() -> tuple[str, datetime]:
    """A new token and when it ends; earlier ones are void. Only its hash is stored. Raises AdministratorExistsError."""
    if there_is_an_administrator():
        raise AdministratorExistsError
    token = secrets.token_urlsafe(TOKEN_BYTES)
    expires_at = clock.now() + VALID_FOR
    SetupToken.objects.update_or_create(slot=1, defaults={"digest": _digest(token), "expires_at": expires_at})
    return token, expires_at


def make_first_administrator(token: str, *, username: str, password: str) -> User:
    """Spend the token and make the account, both or neither.

    Raises TokenRefusedError, and AdministratorExistsError, which voids the token.
    """
    if there_is_an_administrator():
        SetupToken.objects.all().delete()
        raise AdministratorExistsError
    with transaction.atomic():
        if not SetupToken.objects.spend(_digest(token), clock.now()):
            raise TokenRefusedError
        user = User.objects.create_superuser(username, password=password)
        record(user, Action.ROLES_CHANGED, target=f"User “{user}”", reason="First administrator, by token")
    return user


def _digest(token: str) -> str:
    return hashlib.sha256(token.strip().encode()).hexdigest()
