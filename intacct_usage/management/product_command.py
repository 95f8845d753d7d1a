"""What the commands of this product check before they begin."""

from django.core.checks import Tags
from django.core.management.base import BaseCommand

from scheduling.checks import WORKER_TAG


class ProductCommand(BaseCommand):
    """A command that checks what it depends on, and not the addresses of the site.

    To check those, Django loads every page and the API, which takes longer than most commands run. `manage.py check`
    and the site itself check everything.
    """

    requires_system_checks = [Tags.caches, Tags.files, Tags.models, WORKER_TAG]
