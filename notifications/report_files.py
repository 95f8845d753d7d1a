"""Report files that mails carry or link to: kept in the data directory under names of our own, for a while."""

import mimetypes
import re
import shutil
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.template.defaultfilters import filesizeformat

from intacct_usage.lib.plurals import counted
from notifications.transports.base import Attachment
from usage.reports.kinds import ReportFile

UNSAFE_IN_FILE_NAME = re.compile(r"[^A-Za-z0-9._-]+")
MAX_FILE_NAME_LENGTH = 120
KEEP_DAYS = 30
MIME_TYPES = {
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}


@dataclass(frozen=True)
class StoredFile:
    """A file of a mail. `path` is relative to the folder of reports; `label` says what it is, for people.

    `rows` counts neither header nor total row; None where a file has none, as a zip archive.
    """

    path: str
    label: str
    size_bytes: int
    rows: int | None = None
    sha256: str = ""

    @classmethod
    def of_report(cls, report: ReportFile) -> Self:
        relative = report.path.relative_to(reports_folder()).as_posix()
        return cls(relative, f"{report.kind.label} report", report.size_bytes, report.rows, report.sha256)

    @classmethod
    def of_path(cls, path: Path, label: str, rows: int | None = None) -> Self:
        return cls(path.relative_to(reports_folder()).as_posix(), label, path.stat().st_size, rows)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:  # Any: JSON of `as_json`
        return cls(**values)

    def as_json(self) -> dict[str, Any]:  # Any: JSON
        return asdict(self)

    @property
    def location(self) -> Path:
        return stored_path(self.path)

    @property
    def file_name(self) -> str:
        return safe_file_name(Path(self.path).name)

    @property
    def description(self) -> str:
        """What it is and how much, for people."""
        rows = "" if self.rows is None else f", {counted(self.rows, 'row')}"
        return f"{self.label}{rows}, {filesizeformat(self.size_bytes)}"

    def attachment(self) -> Attachment:
        suffix = self.location.suffix.lower()
        mime_type = MIME_TYPES.get(suffix) or mimetypes.types_map.get(suffix, "application/octet-stream")
        return Attachment(self.location, self.file_name, mime_type)


def reports_folder() -> Path:
    """Where report files lie, outside of what the web server serves; readable by this program's user alone."""
    folder: Path = settings.DATA_DIR / "mailed-reports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def new_folder() -> Path:
    """An empty folder for the files of one request."""
    folder = reports_folder() / uuid.uuid4().hex
    folder.mkdir(mode=0o700)
    return folder


def stored_path(relative: str) -> Path:
    """The place of a stored file. Raises ValueError for a path that leads elsewhere."""
    root = reports_folder().resolve()
    path = (root / relative).resolve()
    if not path.is_relative_to(root) or path == root:
        raise ValueError("The path does not lie in the folder of reports.")
    return path


def safe_file_name(name: str) -> str:
    """A name for an attachment: ASCII, no path, no blanks, not hidden."""
    stem, dot, suffix = name.rpartition(".")
    cleaned = UNSAFE_IN_FILE_NAME.sub("-", stem if dot else name).strip("-.") or "report"
    ending = UNSAFE_IN_FILE_NAME.sub("", suffix)
    return cleaned[: MAX_FILE_NAME_LENGTH - len(ending) - 1] + (f".{ending}" if dot and ending else "")


def remove_old_folders(*, older_than_days: float = KEEP_DAYS) -> int:
    """Remove the folders of requests that are older; how many. Mails that still wait for a file are younger.

    Safe to run in several processes at once.
    """
    oldest = time.time() - older_than_days * 24 * 60 * 60
    old = [folder for folder in reports_folder().iterdir() if _is_folder_from_before(folder, oldest)]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return len(old)


def _is_folder_from_before(path: Path, moment: float) -> bool:
    try:
        return path.is_dir() and path.stat().st_mtime < moment
    except FileNotFoundError:  # another process removes the same folders
        return False
