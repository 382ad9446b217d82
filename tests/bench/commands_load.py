"""Replies and assignments one after the other, each timed until the API answers that the view shows it."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from local_runtime.live import LivePostroom


class ApiConnection:
    """A kept-alive connection to the agents' API with the administrator's token."""

    def __init__(self, live: LivePostroom) -> None:
        host, _, port = live.api_url.removeprefix("http://").partition(":")
        self._connection = http.client.HTTPConnection(host, int(port), timeout=60)
        self._token = live.credentials["api_token"]

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and decoded answer."""
        headers = {"Authorization": f"Bearer {self._token}"}
        payload = None
        if body is not None:
            payload = json.dumps(body)
            headers |= {"Content-Type": "application/json", "Idempotency-Key": uuid4().hex}
        self._connection.request(method, f"/api/v1{path}", payload, headers)
        response = self._connection.getresponse()
        raw = response.read()
        return response.status, json.loads(raw) if raw and b"json" in response.getheader(
            "content-type", ""
        ).encode() else raw

    def timed(self, method: str, path: str, body: Any = None) -> tuple[float, int]:
        """Seconds and status."""
        began = time.perf_counter()
        status, _ = self.request(method, path, body)
        return time.perf_counter() - began, status


def work(live: LivePostroom, go_on: Callable[[], bool], per_second: float) -> tuple[list[float], dict[int, int]]:
    """Replies and assignments in turn on open conversations while `go_on`; seconds each, and a count by status."""
    api = ApiConnection(live)
    me = api.request("GET", "/me")[1]["id"]
    conversations = [item["id"] for item in api.request("GET", "/conversations?limit=50&status=open")[1]["items"]]
    seconds: list[float] = []
    statuses: dict[int, int] = {}
    began = time.perf_counter()
    number = 0
    while go_on():
        conversation = conversations[number % len(conversations)]
        if number % 2:
            agent = me if number % 4 == 1 else None
            call = ("PUT", f"/conversations/{conversation}/assignment", {"agent_id": agent, "team_id": None})
        else:
            call = ("POST", f"/conversations/{conversation}/replies", {"text": "We look into it."})
        took, status = api.timed(*call)
        seconds.append(took)
        statuses[status] = statuses.get(status, 0) + 1
        number += 1
        time.sleep(max(0.0, began + number / per_second - time.perf_counter()))
    return seconds, statuses
