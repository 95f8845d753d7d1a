"""Who is signed in where, and ending that."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

from intacct_usage.accounts.models import SignInSession
from intacct_usage.accounts.models.session import STARTED_AT
from intacct_usage.audit.models import Action
from intacct_usage.audit.recording import record
from intacct_usage.lib import clock

FRESH_FOR: Final = timedelta(minutes=15)
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class ShownSession:
    """One line of a list. `handle` names it in the form that ends it."""

    handle: str
    username: str
    device: str
    address: str
    started_at: datetime
    seen_at: datetime
    is_this_one: bool


def sessions_of(user: User, request: HttpRequest) -> list[ShownSession]:
    return _shown(SignInSession.objects.of(user.pk).open().select_related("user"), request)


def everybodys_sessions(request: HttpRequest) -> list[ShownSession]:
    return _shown(SignInSession.objects.open().select_related("user"), request)


def end_session(handle: str, *, of: User | None = None) -> str | None:
    """End the session with this handle, only if it is one of `of` where that is given; whose it was, None if none."""
    open_sessions = SignInSession.objects.open().select_related("user")
    for row in open_sessions.of(of.pk) if of is not None else open_sessions:
        if row.handle == handle:
            return _end([row])
    return None


def end_all_sessions(user: AbstractBaseUser, *, but: str | None = None) -> int:
    """End every session of the account, except the one with the session key `but`; how many that were."""
    rows = list(SignInSession.objects.of(user.pk).exclude(session_key=but or "").select_related("user"))
    if rows:
        _end(rows)
    return len(rows)


def signed_in_lately(request: HttpRequest) -> bool:
    """Whether this session began in the last 15 minutes."""
    started_at = parse_datetime(request.session.get(STARTED_AT, ""))
    return started_at is not None and clock.now() - started_at < FRESH_FOR


def device(agent: str) -> str:
    """“Firefox on Linux”, as far as the browser says; it can say what it likes."""
    browser = next((name for mark, name in BROWSERS if re.search(rf"{mark}\w*/", agent)), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Unknown browser"


def _end(rows: list[SignInSession]) -> str:
    owner = str(rows[0].user)
    SignInSession.objects.filter(pk__in=[row.pk for row in rows]).delete()
    for row in rows:
        record(None, Action.SESSION_ENDED, target=f"User “{row.user}”: {device(row.agent)} at {row.address}")
    return owner


def _shown(rows: Iterable[SignInSession], request: HttpRequest) -> list[ShownSession]:
    here = request.session.session_key
    return [
        ShownSession(
            row.handle,
            str(row.user),
            device(row.agent),
            row.address,
            row.started_at,
            row.seen_at,
            row.session_key == here,
        )
        for row in rows
    ]
