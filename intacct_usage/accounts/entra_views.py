"""The two addresses of sign-in by Microsoft Entra ID: the way there, and the way back."""

import logging
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe

from intacct_usage.accounts import entra_sign_in
from intacct_usage.accounts.backends import BACKEND
from intacct_usage.accounts.entra_accounts import account_of
from intacct_usage.accounts.entra_settings import EntraSettings
from intacct_usage.accounts.id_tokens import IdentityRefusedError
from intacct_usage.audit.models import Action
from intacct_usage.audit.recording import record
from intacct_usage.lib import clock
from usage.outbound_connections import open_outbound_session

logger = logging.getLogger(__name__)

WAITING: Final = "on_the_way_to_entra"


@login_not_required
@never_cache
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Off to Microsoft. Changes nothing here but the visitor's own, still anonymous session."""
    asked = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    address, waiting = entra_sign_in.begin(
        _entra(),
        redirect_uri=_redirect_uri(),
        target=asked if is_ours else resolve_url(settings.LOGIN_REDIRECT_URL),
        now=clock.now(),
    )
    request.session[WAITING] = waiting.kept()
    return redirect(address)


@login_not_required
@never_cache
@require_safe
@sensitive_variables("code")
def callback(request: HttpRequest) -> HttpResponse:
    """Back from Microsoft: signed in with today's roles, or on the sign-in page with the reason."""
    entra, kept = _entra(), request.session.pop(WAITING, None)
    try:
        waiting = entra_sign_in.still_waiting(kept, request.GET.get("state", ""), clock.now())
        code = request.GET.get("code", "")
        if not code:
            raise entra_sign_in.refused_there(
                request.GET.get("error", "no code"), request.GET.get("error_description", "")
            )
        with open_outbound_session() as session:
            person = entra_sign_in.finish(entra, session, code=code, waiting=waiting, redirect_uri=_redirect_uri())
        user = account_of(person, entra)
    except IdentityRefusedError as error:
        logger.warning("A sign-in by Microsoft Entra ID was refused: %s", error.reason)
        record("not signed in", Action.SIGN_IN_FAILED, target="Microsoft Entra ID", reason=error.reason)
        messages.error(request, error.message)
        return redirect("login")
    login(request, user, backend=BACKEND)
    return redirect(waiting.target)


def _entra() -> EntraSettings:
    entra: EntraSettings | None = settings.ENTRA
    if entra is None:
        raise Http404
    return entra


def _redirect_uri() -> str:
    """As it is registered at Microsoft: from SITE_URL, whatever Host the request names."""
    return f"{settings.SITE_URL}{reverse('entra_callback')}"
