"""The pictures that agents are shown with."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from events.avatars import SetAvatar
from inbox_projection.api.avatars import MAX_BYTES
from inbox_projection.api.models.conversations import Message
from inbox_projection.api.models.workspace import Agent, Me

pytestmark = pytest.mark.real
PATH = "/api/v1/me/avatar"


def picture(color: str = "red", kind: str = "PNG") -> bytes:
    out = BytesIO()
    Image.new("RGB", (300, 200), color).save(out, kind)
    return out.getvalue()


async def choose(client: Any, content: bytes, key: str | None = None, **crop: Any) -> Any:
    files = {"file": ("me.png", content, "image/png")}
    return await client.put(PATH, files=files, data=crop, headers={"Idempotency-Key": key} if key else {})


async def test_an_agent_is_shown_with_a_picture_wherever_the_name_is(world: Any) -> None:
    thread = f"/api/v1/conversations/{world.thread.conversation_id}"
    async with world.client("agent") as client, world.client("manager") as other, world.client(None) as nobody:
        assert (await client.get("/api/v1/me")).json()["avatar_url"] is None
        answer = await choose(client, picture())
        me = Me.model_validate(answer.json())
        assert answer.status_code == 200 and me.avatar_url is not None
        shown = await other.get(me.avatar_url)
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
        assert Image.open(BytesIO(shown.content)).size == (256, 256)
        assert "immutable" in shown.headers["cache-control"] and "private" in shown.headers["cache-control"]
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert (await nobody.get(me.avatar_url)).status_code == 401
        agents = [Agent.model_validate(one) for one in (await other.get("/api/v1/agents")).json()["items"]]
        assert {one.avatar_url for one in agents if one.id == me.id} == {me.avatar_url}
        assert {one.avatar_url for one in agents if one.id != me.id} == {None}
        written = (await client.post(f"{thread}/comments", json={"text": "Seen"})).json()
        assert written["author"]["avatar_url"] == me.avatar_url
        lines = (await other.get(f"{thread}/messages")).json()["items"]
        authors = {line["author"]["kind"]: line["author"]["avatar_url"] for line in lines}
        assert (authors["agent"], authors["contact"]) == (me.avatar_url, None)
        Message.model_validate(lines[0])


async def test_another_picture_has_another_address_and_the_known_one_is_not_sent_again(world: Any) -> None:
    async with world.client("agent") as client:
        first = (await choose(client, picture("red"))).json()["avatar_url"]
        tag = (await client.get(first)).headers["etag"]
        known = await client.get(first, headers={"If-None-Match": tag})
        assert (known.status_code, known.content) == (304, b"")
        second = (await choose(client, picture("blue", "JPEG"))).json()["avatar_url"]
        assert second != first
        changed = await client.get(first, headers={"If-None-Match": tag})
        assert (changed.status_code, changed.headers["cache-control"]) == (200, "private, no-cache")
        bare = await client.get(second.partition("?")[0])
        assert (bare.content, bare.headers["cache-control"]) == (changed.content, "private, no-cache")


async def test_a_picture_is_removed(world: Any) -> None:
    async with world.client("agent") as client:
        url = (await choose(client, picture())).json()["avatar_url"]
        assert (await client.delete(PATH)).status_code == 204
        assert (await client.get("/api/v1/me")).json()["avatar_url"] is None
        assert (await client.get(url)).status_code == 404
        assert (await client.delete(PATH)).status_code == 204


async def test_the_same_request_twice_is_one_picture(world: Any) -> None:
    async with world.client("agent") as client:
        body = {"content": b"--b\r\n" + _part(picture()) + b"--b--\r\n"}
        headers = {"Content-Type": "multipart/form-data; boundary=b", "Idempotency-Key": "a"}
        answers = [(await client.put(PATH, headers=headers, **body)).json() for _ in range(2)]
        assert answers[0] == answers[1]
        assert [type(one.data) for one in world.router.asked] == [SetAvatar]
        other = await choose(client, picture("blue"), "a")
        assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


def _part(content: bytes) -> bytes:
    return b'Content-Disposition: form-data; name="file"; filename="me.png"\r\n\r\n' + content + b"\r\n"


async def test_a_square_is_chosen_whole_and_within_the_picture(world: Any) -> None:
    async with world.client("agent") as client:
        assert (await choose(client, picture(), x=100, y=0, size=200)).status_code == 200
        for crop, field in (
            ({"x": 0, "y": 0, "size": 201}, "size"),
            ({"x": 0, "y": 0}, "size"),
            ({"x": -1, "y": 0, "size": 10}, "x"),
            ({"x": 0, "y": "1e3", "size": 10}, "y"),
            ({"left": 3}, "left"),
        ):
            answer = await choose(client, picture(), **crop)
            assert answer.status_code == 422, crop
            assert answer.json()["errors"][0]["where"] == ["body", field], answer.text
        assert len(world.router.asked) == 1


async def test_what_is_no_picture_or_too_large_is_refused_with_the_reason(world: Any) -> None:
    huge = BytesIO()
    Image.new("1", (5_001, 5_001)).save(huge, "PNG")
    async with world.client("agent") as client:
        for content, status, code in (
            (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", 422, "picture-unreadable"),
            (picture()[:60], 422, "picture-unreadable"),
            (b"", 422, "picture-unreadable"),
            (huge.getvalue(), 422, "picture-has-too-many-pixels"),
            (picture() + bytes(MAX_BYTES), 413, None),
            (bytes(MAX_BYTES + 128 * 1024), 413, None),
        ):
            answer = await choose(client, content)
            assert answer.status_code == status, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
            assert code is None or answer.json()["code"] == code
        assert (await client.put(PATH, data={"x": "1"})).status_code == 422
        assert (await client.put(PATH, json={"file": "x"})).status_code == 422
        assert world.router.asked == []
