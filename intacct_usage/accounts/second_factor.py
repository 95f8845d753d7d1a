"""The second step of a sign-in: setting it up, checking codes, switching it off."""

import base64
import hashlib
import re
import secrets
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction

from intacct_usage.accounts import totp
from intacct_usage.accounts.limits import CODES, CODES_OF_ACCOUNT, take_attempt
from intacct_usage.accounts.models import RecoveryCode, SecondFactor
from intacct_usage.audit.models import Action
from intacct_usage.audit.recording import record
from intacct_usage.lib import clock

RECOVERY_CODES: Final = 8
RECOVERY_BYTES: Final = 15
GROUP: Final = 6
_TOTP_CODE = re.compile(rf"[0-9]{{{totp.DIGITS}}}")


def factor_of(user: User) -> SecondFactor | None:
    """The second factor that must be passed; None if the account has none, or one that is not confirmed yet."""
    return SecondFactor.objects.filter(user=user).exclude(confirmed_at=None).first()


def begin(user: User) -> SecondFactor:
    """A new secret, not in force yet. One that is in force stays as it is."""
    factor, _ = SecondFactor.objects.get_or_create(user=user)
    if not factor.is_on:
        factor.seal("secret", totp.new_secret())
        factor.save(update_fields=["secret"])
    return factor


def confirm(factor: SecondFactor, code: str, *, address: str) -> list[str] | None:
    """Switch it on if the app shows the right code; the recovery codes, to be shown once. None for a wrong code.

    Raises TooManyAttemptsError and SecretUnreadableError.
    """
    attempt = take_attempt(CODES, name=factor.user.get_username(), address=address)
    step = totp.matching_step(factor.reveal("secret"), plain(code), clock.now())
    if step is None:
        return None
    attempt.succeeded()
    with transaction.atomic():
        mine = SecondFactor.objects.filter(pk=factor.pk, confirmed_at=None, secret=factor.secret)
        if not mine.update(confirmed_at=clock.now(), last_step=step):
            return None
        record(factor.user, Action.SECOND_FACTOR_ON, target=f"User “{factor.user}”")
        return replace_recovery_codes(factor)


def is_passed(factor: SecondFactor, code: str, *, address: str) -> bool:
    """Whether this is a good code of the app or an unspent recovery code; either opens once.

    Raises TooManyAttemptsError and SecretUnreadableError.
    """
    attempt = take_attempt(CODES, name=factor.user.get_username(), address=address, also=CODES_OF_ACCOUNT)
    typed = plain(code)
    if _TOTP_CODE.fullmatch(typed):
        step = totp.matching_step(factor.reveal("secret"), typed, clock.now())
        passed = step is not None and SecondFactor.objects.use_step(factor, step)
    else:
        passed = RecoveryCode.objects.use(_digest(typed), factor=factor, now=clock.now())
    if passed:
        attempt.succeeded()
    return passed


def switch_off(user: User) -> bool:
    """Forget the secret and the recovery codes; whether there was something in force."""
    with transaction.atomic():
        was_on = factor_of(user) is not None
        SecondFactor.objects.filter(user=user).delete()
        if was_on:
            record(None, Action.SECOND_FACTOR_OFF, target=f"User “{user}”")
    return was_on


def renew_recovery_codes(factor: SecondFactor) -> list[str]:
    """New codes at the wish of their owner, on record."""
    with transaction.atomic():
        record(factor.user, Action.CHANGED, target=f"User “{factor.user}”", reason="New recovery codes")
        return replace_recovery_codes(factor)


def replace_recovery_codes(factor: SecondFactor) -> list[str]:
    """New codes in place of all old ones; only their hashes are kept."""
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    with transaction.atomic():
        factor.recovery_codes.all().delete()
        RecoveryCode.objects.bulk_create(RecoveryCode(factor=factor, digest=_digest(plain(code))) for code in codes)
    return codes


def plain(code: str) -> str:
    """What was typed without blanks and dashes, in small letters."""
    return re.sub(r"[\s-]", "", code).lower()


def _new_code() -> str:
    letters = base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower()
    return "-".join(letters[start : start + GROUP] for start in range(0, len(letters), GROUP))


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
