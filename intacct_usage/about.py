"""The state of this installation, for the About page and for asking for help. Holds no secret and no address."""

import platform
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime

import django
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Sum
from django.utils import timezone
from django_q.models import OrmQ

from intacct_usage.commit import commit
from intacct_usage.health import pending_migrations
from intacct_usage.lib import clock
from intacct_usage.lib.version import application_version
from scheduling.models.worker_beat import WorkerBeat
from usage.models import Company, CompanyMonth, FetchRun, QueryFilter

MEBIBYTE = 1024 * 1024
LOW_DISK_MIB = 1024


@dataclass(frozen=True)
class Fact:
    """One line of the page; `trouble` says in words what is wrong, empty when nothing is."""

    name: str
    value: str
    trouble: str = ""


@dataclass(frozen=True)
class Section:
    title: str
    facts: tuple[Fact, ...]


def sections() -> list[Section]:
    return [
        Section("Application", _application()),
        Section("Database", _database()),
        Section("Worker and data", _worker()),
        Section("Sign-in", _sign_in()),
        Section("Server", _server()),
    ]


def as_text(shown: list[Section]) -> str:
    """The same facts as plain text to paste into a request for help."""
    lines = [f"Intacct API Usage {application_version()}, {clock.now():%Y-%m-%d %H:%M} UTC"]
    for section in shown:
        lines += ["", f"[{section.title}]"]
        lines += [f"{fact.name}: {fact.value}{f' ({fact.trouble})' if fact.trouble else ''}" for fact in section.facts]
    return "\n".join(lines)


def _application() -> tuple[Fact, ...]:
    return (
        Fact("Version", application_version()),
        Fact("Commit", commit() or "unknown (not started from a checkout)"),
        Fact("Python", platform.python_version()),
        Fact("Django", django.get_version()),
    )


def _database() -> tuple[Fact, ...]:
    try:
        pending = pending_migrations()
    except DatabaseError as error:
        return (Fact("Database", connection.display_name, f"does not answer: {type(error).__name__}"),)
    trouble = f"not applied, the first is {pending[0]}; run manage.py migrate" if pending else ""
    return (
        Fact("Database", f"{connection.display_name} {_database_version()}"),
        Fact("Migrations", f"{len(pending)} pending" if pending else "all applied", trouble),
        Fact("Companies", f"{Company.objects.listed().count():,}"),
        Fact("Query filters", f"{QueryFilter.objects.count():,}"),
        Fact("Usage records", f"{CompanyMonth.objects.aggregate(n=Sum('records'))['n'] or 0:,}"),
    )


def _database_version() -> str:
    return ".".join(str(part) for part in connection.get_database_version())


def _worker() -> tuple[Fact, ...]:
    running = FetchRun.objects.running().first()
    last = FetchRun.objects.exclude(finished_at=None).first()
    return (
        *_beats(),
        Fact("Tasks waiting in the queue", f"{OrmQ.objects.count():,}"),
        Fact("Running fetch", str(running) if running else "none"),
        Fact("Last fetch", f"{last}: {last.get_status_display()}, {_utc(last.finished_at)}" if last else "none yet"),
    )


def _beats() -> tuple[Fact, ...]:
    """Each worker that is alive, or when one was last seen."""
    alive = list(WorkerBeat.objects.alive())
    if alive:
        return tuple(
            Fact(
                f"Worker on {beat.host}",
                f"alive, last sign of life {_utc(beat.beat_at)}, last tick {_utc(beat.ticked_at)}, "
                f"restarts {beat.restarts}",
                "" if beat.version == application_version() else f"runs version {beat.version}; restart it",
            )
            for beat in alive
        )
    last = WorkerBeat.objects.order_by("-beat_at").first()
    seen = f"last seen {_utc(last.beat_at)}" if last else "never seen"
    return (Fact("Worker", seen, "not running: nothing is fetched or sent; start manage.py worker"),)


def _sign_in() -> tuple[Fact, ...]:
    return (
        Fact("Microsoft Entra ID", "set up" if settings.ENTRA else "not set up"),
        Fact("Sessions end", "after 30 minutes without use, after 12 hours in any case"),
        Fact("Wrong passwords", "5 for an account from one address, 50 from one address, in 15 minutes"),
        Fact("Second factor", "for everybody who switches it on, under Your account"),
    )


def _server() -> tuple[Fact, ...]:
    disk = shutil.disk_usage(settings.DATA_DIR)
    free = disk.free // MEBIBYTE
    local = timezone.localtime(clock.now())
    return (
        Fact("System", f"{platform.system()} {platform.release()} ({platform.machine()})"),
        Fact("Clock", f"{local:%Y-%m-%d %H:%M:%S %Z}, {_utc(clock.now())}"),
        Fact("Time zone", settings.TIME_ZONE),
        Fact(
            "Free disk space",
            f"{free:,} of {disk.total // MEBIBYTE:,} MiB",
            "almost full" if free < LOW_DISK_MIB else "",
        ),
    )


def _utc(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment else "–"
