"""Listens to the live feed and notes when each conversation was first told of."""

from __future__ import annotations

import http.client
import json
import threading
import time

from local_runtime.live import LivePostroom


class FeedProbe:
    """A context: while it is open, `seen` holds (conversation id → [time.perf_counter, …]) of every feed event."""

    def __init__(self, live: LivePostroom) -> None:
        self._host = live.api_url.removeprefix("http://")
        self._token = live.credentials["api_token"]
        self.seen: dict[str, list[float]] = {}
        self._ended = threading.Event()
        self._connected = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> FeedProbe:
        self._thread.start()
        if not self._connected.wait(10):
            raise RuntimeError("the feed did not open within 10 s")
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    def _listen(self) -> None:
        connection = http.client.HTTPConnection(self._host, timeout=120)
        connection.request("GET", "/api/v1/feed", headers={"Authorization": f"Bearer {self._token}"})
        response = connection.getresponse()
        self._connected.set()
        while not self._ended.is_set():
            line = response.readline()
            if not line:
                return
            if line.startswith(b"data:"):
                event = json.loads(line[5:])
                if "id" in event:
                    self.seen.setdefault(str(event["id"]), []).append(time.perf_counter())
