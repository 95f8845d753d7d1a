"""`manage.py prune`: remove what is kept for a while only."""

from typing import Any

from intacct_usage.management.product_command import ProductCommand
from scheduling.pruning import prune


class Command(ProductCommand):
    help = (
        "Remove log lines beyond LOG_RETENTION_DAYS and LOG_RETENTION_ROWS, archived usage records after 90 days, "
        "files of mailed reports after 30 days, and expired sessions. The worker does the same once an hour. "
        "Usage records are never removed."
    )

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        self.stdout.write(f"Removed {prune()}.")
