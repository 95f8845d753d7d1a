"""News that travels upward: the apps above `usage` listen, `usage` does not know them."""

from django.dispatch import Signal

fetch_run_finished = Signal()
"""Sent once per run by the process that ended it, with `run_id`; a hint, the minute tick finds what it missed."""
