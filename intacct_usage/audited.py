"""What goes on the audit record by itself: the tables people configure, accounts and roles, sign-ins."""

from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from intacct_usage.api.models import ApiToken
from intacct_usage.audit.models import Action
from intacct_usage.audit.recording import record
from intacct_usage.audit.watching import watch
from notifications.models import EmailConfiguration
from scheduling.models import Schedule
from usage.models import ApiCredential, CompanySource, OutboundProxy, QueryFilter

UNKNOWN_ACCOUNT = "an unknown account"


def watch_everything() -> None:
    watch(User, ignoring=("last_login",), relations=("groups", "user_permissions"))
    watch(Group, relations=("permissions",))
    watch(ApiToken, ignoring=("digest", "last_used_at", "created_at"))
    watch(ApiCredential, ignoring=("validated_at", "saved_at"))
    watch(OutboundProxy, ignoring=("saved_at",))
    watch(CompanySource, ignoring=("saved_at", "last_loaded_at", "last_loaded_count"))
    watch(QueryFilter)
    written_by_the_program = ("last_state", "last_message", "last_used_at", "tested_at", "created_at", "saved_at")
    watch(EmailConfiguration, ignoring=written_by_the_program)
    times = ("next_run_at", "error_at", "error_message", "created_at", "saved_at")
    watch(Schedule, ignoring=times, relations=("emails", "alerts"))
    user_logged_in.connect(_signed_in, dispatch_uid="audit.signed_in")
    user_logged_out.connect(_signed_out, dispatch_uid="audit.signed_out")
    user_login_failed.connect(_sign_in_failed, dispatch_uid="audit.sign_in_failed")


def _signed_in(user: User, **signal: Any) -> None:  # Any: Django's signal
    record(user, Action.SIGNED_IN)


def _signed_out(user: User | None, **signal: Any) -> None:  # Any: Django's signal
    if user is not None:
        record(user, Action.SIGNED_OUT)


def _sign_in_failed(
    credentials: dict[str, Any],  # Any: as Django sends them
    request: HttpRequest | None = None,
    **signal: Any,  # Any: Django's signal
) -> None:
    """What was typed as user name is recorded only if there is such an account: it may have been a password."""
    if getattr(request, "sign_in_is_blocked", False):
        return
    typed = str(credentials.get("username", ""))
    account = User.objects.filter(username=typed).first() if "\x00" not in typed else None
    target = account.get_username() if account else UNKNOWN_ACCOUNT
    record("not signed in", Action.SIGN_IN_FAILED, target=target)
