"""Sessions in a table that knows whose they are. Django's `SESSION_ENGINE` names this module."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Self, cast

from django.conf import settings
from django.contrib.auth import SESSION_KEY as USER_ID
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.dateparse import parse_datetime

from intacct_usage.lib import clock

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=12)
ADDRESS, AGENT, STARTED_AT = "signed_in_from", "signed_in_with", "signed_in_at"
"""What the sign-in puts into a session, and what becomes columns here."""

AGENT_LENGTH: Final = 300


class SignInSessionQuerySet(models.QuerySet["SignInSession"]):
    def of(self, user_id: int) -> Self:
        return self.filter(user_id=user_id)

    def open(self) -> Self:
        """Sessions of people that still let in, the one used last first."""
        now = clock.now()
        return self.filter(user__is_active=True, expire_date__gt=now, seen_at__gt=now - IDLE).order_by("-seen_at")

    def touch(self, session_key: str) -> None:
        """Note that its person did something."""
        self.filter(session_key=session_key).update(seen_at=clock.now())


SessionManager = BaseSessionManager.from_queryset(SignInSessionQuerySet)


class SignInSession(AbstractBaseSession):
    """A browser's session; `user` is empty before the sign-in. It is over once its row is gone."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="sign_in_sessions"
    )
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="When its person last did something, to the minute.")
    address = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=AGENT_LENGTH, blank=True)

    objects: ClassVar[Any] = SessionManager()  # Any: the manager is made from the query set at run time

    @classmethod
    def get_session_store_class(cls) -> type["SessionStore"]:
        return SessionStore

    @property
    def handle(self) -> str:
        """Names the session in forms; the key itself opens it and never leaves the cookie."""
        return salted_hmac("accounts.session", self.session_key).hexdigest()

    @property
    def is_idle(self) -> bool:
        return self.seen_at <= clock.now() - IDLE


class SessionStore(DatabaseStore):
    """Django's own, plus whose it is and when it was last used; a session nobody used for 30 minutes is none."""

    seen_at: datetime | None = None
    """When the stored session was last used; None for a new one."""

    @classmethod
    def get_model_class(cls) -> type[SignInSession]:
        return SignInSession

    def create_model_instance(self, data: dict[str, Any]) -> SignInSession:  # Any: what views keep in a session
        row = cast(SignInSession, super().create_model_instance(data))
        now = clock.now()
        row.user_id = int(data[USER_ID]) if data.get(USER_ID) else None
        row.started_at = parse_datetime(data.get(STARTED_AT, "")) or now
        row.seen_at = now
        row.address = data.get(ADDRESS, "")
        row.agent = data.get(AGENT, "")
        return row

    def _get_session_from_db(self) -> SignInSession | None:
        row: SignInSession | None = super()._get_session_from_db()  # type: ignore[misc]  # missing in the stubs
        if row is not None and row.is_idle:
            row.delete()
            self._session_key = None
            return None
        self.seen_at = row.seen_at if row is not None else None
        return row
