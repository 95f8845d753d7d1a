from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from intacct_usage.accounts.limits import PASSWORDS, TooManyAttemptsError, take_attempt

BACKEND = "intacct_usage.accounts.backends.LimitedPasswordBackend"


class LimitedPasswordBackend(ModelBackend):
    """Django's passwords, behind the limit of attempts, whichever page or door asks.

    A refused attempt sets `request.sign_in_is_blocked`; no password was looked at then. An account that does not exist
    costs one run of the password hasher as well (Django's own doing), so that the time tells nothing.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,  # Any: Django's own signature
    ) -> User | None:
        if request is None or username is None or password is None:
            return super().authenticate(request, username=username, password=password, **kwargs)
        try:
            attempt = take_attempt(PASSWORDS, name=username, address=request.META.get("REMOTE_ADDR", ""))
        except TooManyAttemptsError as error:
            request.sign_in_is_blocked = True  # type: ignore[attr-defined]  # read by the form and the audit record
            raise PermissionDenied from error
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if user is not None:
            attempt.succeeded()
        return user
