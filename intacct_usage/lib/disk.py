"""Whether there is room to work where DATA_DIR is."""

import shutil

from django.conf import settings

LEAST_FREE_BYTES = 256 * 1024 * 1024


def disk_problem() -> str:
    """Why no run should begin, in a sentence; empty if there is room."""
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < LEAST_FREE_BYTES:
        return (
            f"Only {free // 1024**2} MiB are free where DATA_DIR is; {LEAST_FREE_BYTES // 1024**2} are needed. "
            "Free some space first."
        )
    return ""
