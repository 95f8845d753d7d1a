"""The reports there are, the formats they come in, and what is known of a written file."""

from dataclasses import dataclass
from pathlib import Path

from django.db import models


class ReportKind(models.TextChoices):
    DETAILED = "detailed", "Detailed"
    SUMMARY = "summary", "Summary"
    EXCEPTIONS = "exceptions", "Exceptions"


class ReportFormat(models.TextChoices):
    CSV = "csv", "CSV"
    XLSX = "xlsx", "Excel (XLSX)"

    @property
    def media_type(self) -> str:
        if self is ReportFormat.CSV:
            return "text/csv; charset=utf-8"
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class ReportFile:
    """A complete report on disk. `rows` counts neither the header nor a total row; `sha256` is hexadecimal."""

    path: Path
    kind: ReportKind
    report_format: ReportFormat
    rows: int
    size_bytes: int
    sha256: str
