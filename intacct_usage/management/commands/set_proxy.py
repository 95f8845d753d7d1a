"""`manage.py set_proxy`: store the proxy of all outbound connections, or switch it on and off."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from intacct_usage.management.product_command import ProductCommand
from intacct_usage.management.secret_input import ask_secret
from usage.models import OutboundProxy
from usage.outbound_connections import ProxyRefusedError, password_is_kept, save_proxy, switch_proxy


class Command(ProductCommand):
    help = (
        "Store the proxy for Intacct, the companies API and e-mail. Its password comes from PROXY_PASSWORD (or the "
        "file named by PROXY_PASSWORD_FILE), or is asked for on a terminal. Without --url the stored one is switched."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", default="", metavar="URL", help="For example http://proxy.example.com:8080")
        parser.add_argument("--username", default="", metavar="U", help="If the proxy asks for one.")
        switch = parser.add_mutually_exclusive_group()
        switch.add_argument("--enable", action="store_true", dest="enable", default=None, help="Use the proxy.")
        switch.add_argument("--disable", action="store_false", dest="enable", help="Keep it, but connect directly.")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        try:
            proxy = self._save(options["url"], options["username"], options["enable"])
        except ProxyRefusedError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"Proxy {proxy}.")

    def _save(self, url: str, username: str, enable: bool | None) -> OutboundProxy:
        if not url:
            if username or enable is None:
                raise CommandError("Give the proxy with --url, or switch the stored one with --enable or --disable.")
            return switch_proxy(enabled=enable)
        password = ""
        if username:
            stored = password_is_kept(url=url, username=username)
            password = ask_secret("PROXY_PASSWORD", "Proxy password", stored=stored)
        return save_proxy(url=url, username=username, password=password, enabled=enable is not False).proxy
