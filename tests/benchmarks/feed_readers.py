"""Readers of a run's feed, in a process of their own.

`python -m tests.benchmarks.feed_readers URL RUN READERS SECONDS` follows the run on so many
connections for so long, and prints as JSON the seconds from each epoch to each reader, and how
many epochs some reader did not get.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import datetime
from urllib.parse import urlsplit

_LONGEST_LINE = 1 << 24  # all epochs so far come in one


async def read(url: str, run_id: str, until: float) -> dict[int, float]:
    """Seconds from the end of each epoch, as the run's file tells it, to its arrival."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(
        address.hostname, address.port, limit=_LONGEST_LINE
    )
    topics = f"topic=queue&topic=numbers/{run_id}&topic=run/{run_id}"
    writer.write(f"GET /api/changes?{topics}&run={run_id}@0 HTTP/1.1\r\n".encode())
    writer.write(f"Host: {address.netloc}\r\n\r\n".encode())
    found: dict[int, float] = {}
    is_first = True  # all that was there before: it tells nothing of a delay
    while (left := until - time.monotonic()) > 0:
        try:
            line = await asyncio.wait_for(reader.readuntil(b"\n"), left)
        except TimeoutError:
            break
        if not line.startswith(b"data: "):
            continue
        events = json.loads(line[len(b"data: ") :]).get("events", [])
        now = time.time()
        for event in events:
            if event["event"] == "epoch":
                seconds = now - datetime.fromisoformat(event["time"]).timestamp()
                found[event["epoch"]] = float("nan") if is_first else seconds
        is_first = is_first and not events
    writer.close()
    return found


async def main(url: str, run_id: str, readers: int, seconds: float) -> None:
    """Read, and print what was found."""
    until = time.monotonic() + seconds
    all_found = await asyncio.gather(*(read(url, run_id, until) for _ in range(readers)))
    last = min(max(found) for found in all_found)  # of later ones some may be under way
    delays = [at for found in all_found for at in found.values() if at == at]
    missed = sum(epoch not in found for found in all_found for epoch in range(1, last + 1))
    print(json.dumps({"delays": delays, "missed": missed}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
