"""Lets workers run the tasks of this project and nothing else.

Whoever can write rows into django-q2's tables could otherwise have any function of any installed package run.
"""

import logging
from typing import Any, NoReturn

logger = logging.getLogger(__name__)

TASK_MODULES = frozenset({"scheduling.tasks", "notifications.tasks", "usage.tasks"})


class ForeignTaskError(Exception):
    """A task that is not one of this project's."""


class Refusal:
    """Stands where the arguments of a refused task were: the function is not called, the task fails.

    Raising in the receiver instead would end the whole worker process, and the task would come back.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __iter__(self) -> NoReturn:
        raise ForeignTaskError(f"Refused to run {self.name}: it is not a task of this project.")

    def __repr__(self) -> str:
        return f"<refused: {self.name}>"


def is_own_task(function: Any) -> bool:  # Any: whatever a task names
    """Whether this is a public function that one of the task modules itself defines."""
    module, name = getattr(function, "__module__", ""), getattr(function, "__qualname__", "")
    return module in TASK_MODULES and name.isidentifier() and not name.startswith("_")


def refuse_foreign_task(sender: str, func: Any, task: dict[str, Any], **more: object) -> None:  # Any: django-q2's
    """Receiver of `pre_execute`. Hooks and chains, which this project does not use, are dropped from every task."""
    task.pop("chain", None)
    task.pop("hook", None)
    if is_own_task(func):
        return
    named = task.get("func")
    name = named if isinstance(named, str) else f"{getattr(named, '__module__', '?')}.{getattr(named, '__name__', '?')}"
    logger.error("Refused to run %s: it is not a task of this project", name[:200])
    task["args"] = Refusal(name[:200])
    task["kwargs"] = {}
