"""Whether the data is real: pages, files and mails say so where it is not."""

from urllib.parse import urlsplit

from django.conf import settings

REAL_GATEWAY_DOMAIN = ".intacct.com"
DEMO_LABEL = "Demo data: from a test gateway, not from Sage Intacct."


def is_demo() -> bool:
    """Whether usage comes from elsewhere than Intacct. Addresses that only look like Intacct's count as elsewhere."""
    host = urlsplit(settings.INTACCT_ENDPOINT_URL).hostname or ""
    return not host.lower().endswith(REAL_GATEWAY_DOMAIN)


def demo_part() -> str:
    """What the names of files of demo data end with: most kinds of file have no other place to say it."""
    return "_demo" if is_demo() else ""
