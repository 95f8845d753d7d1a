"""Saving and testing the API credentials and the proxy."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from intacct_usage.lib.access import Right, require
from intacct_usage.lib.form_pages import form_of
from intacct_usage.lib.refusals import TooManyRequestsError
from usage import outbound_connections
from usage.api_credentials import CredentialsRefusedError, save_credentials
from usage.forms.connections import CredentialsForm, ProxyForm
from usage.forms.layout import ask_again
from usage.models import OutboundProxy
from usage.outbound_connections import ProxyRefusedError, save_proxy, settings_to_try, switch_proxy
from usage.views.configuration import Typed, show_configuration
from usage.views.once import limit_tries, once

PAGE = "usage:configuration"


@require(Right.MANAGE_CONFIGURATION)
@form_of(PAGE, "credentials")
@once(PAGE)
def credentials(request: HttpRequest) -> HttpResponse:
    """Save Credentials: one sign-in, saved only if Intacct accepts it."""
    form = CredentialsForm(request.POST)
    if form.is_valid():
        try:
            limit_tries(request, "sign-ins with new credentials")
            saved = save_credentials(**form.cleaned_data)
        except CredentialsRefusedError as refusal:
            form.add_error(None, refusal.reason)  # that nothing was saved stands above all reasons
        except TooManyRequestsError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, f"Intacct accepted the credentials for {saved.validated_company}. They are saved."
            )
            return redirect(PAGE)
    ask_again(form, "sender_password", "user_password")
    return show_configuration(request, Typed(credentials=form))


@require(Right.MANAGE_CONFIGURATION)
@form_of(PAGE, "proxy")
@once(PAGE)
def proxy(request: HttpRequest) -> HttpResponse:
    """Save Proxy. A new one is switched on; a stored one stays on or off."""
    form = ProxyForm(request.POST)
    if form.is_valid():
        stored = OutboundProxy.current()
        try:
            saved = save_proxy(**form.cleaned_data, enabled=stored.enabled if stored else True)
        except ProxyRefusedError as refusal:
            form.add_error(None, refusal.message)
        else:
            _say_saved(request, saved)
            return redirect(PAGE)
    ask_again(form, "password")
    return show_configuration(request, Typed(proxy=form))


@require(Right.MANAGE_CONFIGURATION)
@form_of(PAGE, "proxy")
@once(PAGE)
def test_proxy(request: HttpRequest) -> HttpResponse:
    """Walk the way to Intacct with the values of the form, saved or not; saves nothing."""
    form, hops = ProxyForm(request.POST), []
    if form.is_valid():
        try:
            limit_tries(request, "tests of a proxy")
            hops = outbound_connections.test_proxy(settings_to_try(**form.cleaned_data))
        except (ProxyRefusedError, TooManyRequestsError) as refusal:
            form.add_error(None, str(refusal))
    ask_again(form, "password")
    return show_configuration(request, Typed(proxy=form, hops=hops))


@require(Right.MANAGE_CONFIGURATION)
@require_POST
@once(PAGE)
def proxy_switch(request: HttpRequest) -> HttpResponse:
    """On or off; the next connection follows."""
    enabled = request.POST.get("enabled") == "yes"
    try:
        switch_proxy(enabled=enabled)
    except ProxyRefusedError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"The proxy is {'on' if enabled else 'off'}, from the next connection on.")
    return redirect(PAGE)


def _say_saved(request: HttpRequest, saved: outbound_connections.SavedProxy) -> None:
    messages.success(request, f"The proxy is saved and {'on' if saved.proxy.enabled else 'off'}.")
    if saved.password_dropped:
        messages.warning(
            request,
            "The stored proxy password was removed, because it belonged to another address or user name. Enter it "
            "again if the proxy asks for one.",
        )
