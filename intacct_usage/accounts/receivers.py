"""What happens by itself at a sign-in, and when an account changes."""

import logging
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db.models.signals import post_save
from django.http import HttpRequest

from intacct_usage.accounts.models import SignInSession
from intacct_usage.accounts.models.session import ADDRESS, AGENT, AGENT_LENGTH, LONGEST, STARTED_AT
from intacct_usage.lib import clock

logger = logging.getLogger(__name__)


def connect() -> None:
    user_logged_in.connect(_note_sign_in, dispatch_uid="accounts.signed_in")
    user_login_failed.connect(_log_failure, dispatch_uid="accounts.sign_in_failed")
    post_save.connect(_end_sessions, sender=User, dispatch_uid="accounts.end_sessions")


def _note_sign_in(request: HttpRequest, user: User, **signal: Any) -> None:  # Any: Django's signal
    """The session ends 12 hours from now whatever happens, and knows where it was begun."""
    now = clock.now()
    request.session.set_expiry(now + LONGEST)
    request.session[STARTED_AT] = now.isoformat()
    request.session[ADDRESS] = request.META.get("REMOTE_ADDR", "")[:45]
    request.session[AGENT] = request.META.get("HTTP_USER_AGENT", "").replace("\x00", "")[:AGENT_LENGTH]
    logger.info("%s signed in", user, extra={"user_id": user.pk})


def _log_failure(request: HttpRequest | None = None, **signal: Any) -> None:  # Any: Django's signal
    """Without the name that was typed: it may have been a password."""
    if request is not None and not getattr(request, "sign_in_is_blocked", False):
        logger.warning("A sign-in from %s failed", request.META.get("REMOTE_ADDR", ""))


def _end_sessions(instance: User, created: bool, **signal: Any) -> None:  # Any: Django's signal
    """A new password and a deactivation end what was open before.

    Who changes the own password stays signed in: Django gives that session a new key afterwards.
    """
    has_new_password = instance._password is not None  # type: ignore[attr-defined]  # what set_password leaves until the row is saved
    if not created and (has_new_password or not instance.is_active):
        SignInSession.objects.of(instance.pk).delete()
