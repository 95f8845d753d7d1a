"""CPU, memory and open files of processes, as Linux tells them."""

import os
from collections.abc import Iterable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def family(process_id: int) -> list[int]:
    """The process and all below it."""
    try:
        text = Path(f"/proc/{process_id}/task/{process_id}/children").read_text()
    except OSError:
        return []
    return [process_id, *(one for child in text.split() for one in family(int(child)))]


def cpu_seconds(process_ids: Iterable[int]) -> float:
    return sum(_cpu_of(process_id) for process_id in process_ids)


def memory_mib(process_ids: Iterable[int]) -> float:
    """Proportional set size: what several processes share is counted once."""
    return sum(_memory_of(process_id) for process_id in process_ids) / 1024


def open_files(process_ids: Iterable[int]) -> int:
    return sum(len(list(Path(f"/proc/{process_id}/fd").iterdir())) for process_id in process_ids)


def _cpu_of(process_id: int) -> float:
    """Nothing for a process that has just ended."""
    try:
        fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def _memory_of(process_id: int) -> int:
    for line in Path(f"/proc/{process_id}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0
