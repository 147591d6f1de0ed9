"""Which addresses some processes listen on, from /proc."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

_LISTENING = "0A"


def listening_hosts(sessions: Collection[int]) -> set[str]:
    """The addresses, as /proc/net writes them, that the processes of these sessions listen on."""
    ours = set(_sockets(sessions))
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING and fields[9] in ours:
                found.add(fields[1].partition(":")[0])
    return found


def _sockets(sessions: Collection[int]) -> Iterator[str]:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(process.name)) in sessions:
                links = (str(file.readlink()) for file in (process / "fd").iterdir())
                yield from [link[8:-1] for link in links if link.startswith("socket:[")]
        except OSError:  # it has ended
            continue
