"""How a mail that is too large goes out all the same, with nothing dropped without a word.

As it is; else zipped; else one numbered message after the other, a report too large for one of them in pieces by rows;
else a link to the download.
"""

import logging
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from notifications.report_files import StoredFile, safe_file_name
from notifications.report_splitting import CannotSplitError, split_report
from notifications.transports.base import base64_size

logger = logging.getLogger(__name__)

PART_OVERHEAD = 600
"""More than headers (SMTP) or fields (Graph) of one attachment take."""

MAX_PIECES = 12
"""A report that needs more messages is offered for download instead of flooding a mailbox."""

ROOM_FOR_PIECES = 0.9
ZIP_LEVEL = 6


@dataclass(frozen=True)
class PartPlan:
    """One message: what it carries and what it only links to."""

    files: list[StoredFile]
    links: list[StoredFile] = field(default_factory=list)
    remark: str = ""

    @property
    def note(self) -> str:
        """What the mail says about its size; empty for an ordinary one."""
        if self.links:
            names = ", ".join(stored.file_name for stored in self.links)
            return f"Too large to send by e-mail, so it is offered for download: {names}."
        return self.remark


def plan_messages(files: list[StoredFile], room_bytes: int, *, scratch: Path) -> list[PartPlan]:
    """The messages of a mail whose attachments may take `room_bytes` each, encoded. Never empty.

    Together they carry or link every row of every file exactly once. Zip files and pieces are written
    into the folder `scratch`, which nobody else may use: another mail with the same files may be planned meanwhile.
    """
    if fits(files, room_bytes):
        return [PartPlan(files)]
    zipped = [_zipped(stored, scratch) for stored in files]
    if fits(zipped, room_bytes):
        return [PartPlan(zipped, remark="The attachments are zipped because of their size.")]
    packs: list[list[StoredFile]] = []
    links: list[StoredFile] = []
    for original, archive in zip(files, zipped, strict=True):
        pieces = _fitting_pieces(original, archive, room_bytes, scratch=scratch)
        if not pieces:
            links.append(archive)
        _pack(pieces, packs, room_bytes)
    return _numbered(packs, links)


def encoded_size(files: list[StoredFile]) -> int:
    """At least what the files take in a message."""
    return sum(base64_size(stored.size_bytes) + PART_OVERHEAD for stored in files)


def fits(files: list[StoredFile], room_bytes: int) -> bool:
    return encoded_size(files) <= room_bytes


def _numbered(packs: list[list[StoredFile]], links: list[StoredFile]) -> list[PartPlan]:
    remark = "The reports are zipped and sent in several messages because of their size." if len(packs) > 1 else ""
    plans = [PartPlan(pack, remark=remark) for pack in packs]
    return [*plans, PartPlan([], links)] if links else plans


def _fitting_pieces(original: StoredFile, archive: StoredFile, room_bytes: int, *, scratch: Path) -> list[StoredFile]:
    """Zip files that hold the report and fit into a message each; empty if it has to be downloaded."""
    if fits([archive], room_bytes):
        return [archive]
    room_raw = room_bytes * 0.73 - PART_OVERHEAD  # base64 with line ends takes 4/3 and a little more
    needed = archive.size_bytes / max(room_raw * ROOM_FOR_PIECES, 1)
    count = int(needed) + 1
    while count <= MAX_PIECES:
        pieces = _zipped_pieces(original, count, scratch)
        if pieces and all(fits([piece], room_bytes) for piece in pieces):
            return pieces
        for piece in pieces:
            piece.location.unlink(missing_ok=True)
        if not pieces:
            return []
        count += 1 + count // 4
    return []


def _zipped_pieces(original: StoredFile, count: int, scratch: Path) -> list[StoredFile]:
    """The report in `count` zip files by rows; empty if it cannot be split."""
    try:
        pieces = split_report(original.location, count, rows=original.rows or 0, folder=scratch)
    except CannotSplitError as error:
        logger.info("%s is not split: %s", original.file_name, error)
        return []
    stored = []
    for number, piece in enumerate(pieces, start=1):
        label = f"{original.label}, piece {number} of {len(pieces)}"
        stored.append(_zipped(StoredFile.of_path(piece.path, label, piece.rows), scratch))
        piece.path.unlink()
    return stored


def _zipped(stored: StoredFile, scratch: Path) -> StoredFile:
    """The file alone in a zip archive under a name that follows from the file's; written anew each time."""
    source = stored.location
    target = scratch / f"{source.stem}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=ZIP_LEVEL) as archive:
        archive.write(source, arcname=safe_file_name(source.name))
    target.chmod(0o600)
    return StoredFile.of_path(target, stored.label, stored.rows)


def _pack(pieces: list[StoredFile], packs: list[list[StoredFile]], room_bytes: int) -> None:
    """Put pieces into the last message while they fit, so that there are few messages and the order stays."""
    for piece in pieces:
        if packs and fits([*packs[-1], piece], room_bytes):
            packs[-1].append(piece)
        else:
            packs.append([piece])
