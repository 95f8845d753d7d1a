"""Holds the rows of one window until all of them are read: in memory while they are few, else in a private file."""

import marshal
import tempfile
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import IO, Any, Generic, Self, TypeVar, cast

ROWS_IN_MEMORY = 20_000

Row = TypeVar("Row", bound=tuple[object, ...])


class RowSpool(Generic[Row]):
    """Rows in the order they were appended; close it (or use `with`) to remove the file.

    Rows are plain tuples of plain values, or a subclass knows how to write them. The file has no name, so nothing is
    left behind by a killed process.
    """

    def __init__(self, rows_in_memory: int = ROWS_IN_MEMORY) -> None:
        self._limit = rows_in_memory
        self._tail: list[Row] = []
        self._file: IO[bytes] | None = None
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Row]:
        if self._file is not None:
            self._file.seek(0)
            while batch := self._read_batch(self._file):
                yield from batch
        yield from self._tail

    @property
    def on_disk(self) -> bool:
        return self._file is not None

    def append(self, row: Row) -> None:
        self._tail.append(row)
        self._count += 1
        if len(self._tail) >= self._limit:
            self._write_batch()

    def extend(self, rows: Iterable[Row]) -> None:
        before = len(self._tail)
        self._tail.extend(rows)
        self._count += len(self._tail) - before
        if len(self._tail) >= self._limit:
            self._write_batch()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        self._tail = []
        self._count = 0

    def _write_batch(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="usage-rows-")  # noqa: SIM115 - lives as long as the spool
        marshal.dump(self._packed(self._tail), self._file)
        self._tail = []

    def _read_batch(self, file: IO[bytes]) -> list[Row]:
        try:
            return self._unpacked(marshal.load(file))  # noqa: S302 - our own nameless file
        except EOFError:
            return []

    def _packed(self, rows: list[Row]) -> Any:  # Any: whatever marshal can write
        """What is written of rows: plain lists and tuples only, which named tuples are not."""
        return rows

    def _unpacked(self, packed: object) -> list[Row]:
        return cast(list[Row], packed)
