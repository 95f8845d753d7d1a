"""Which threads of simulated services are alive; other parts of the program may start threads of their own."""

import re
import threading


def simulator_threads() -> list[str]:
    """Their names end in the port they serve, or in that and "connection"."""
    names = (thread.name for thread in threading.enumerate())
    return sorted(name for name in names if re.search(r":\d+( connection)?$", name))
