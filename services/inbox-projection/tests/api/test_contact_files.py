"""Contacts are imported from files, block by block and whatever dies between, and exported."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import httpx
import pytest

from events import contact_commands as c
from inbox_projection.api.models.imports import Import
from inbox_projection.commands import BusAway
from inbox_projection.imports import Imports
from inbox_projection.queries import imports
from inbox_projection.testing.story import START, WORKSPACE_ID

pytestmark = pytest.mark.real
FILE = "Name;E-mail;Level\r\nRosa;rosa@acme.test;gold\r\nNo address;rosa;gold\r\nKim;kim@acme.test;silver\r\nSam;;\r\n"


class Killed(BaseException):
    """The process dies here."""


def runner(world: Any) -> Imports:
    return Imports(world.parts.database, world.router, WORKSPACE_ID, lambda: START, block=1, poll_seconds=0.0)


async def given(client: httpx.AsyncClient, raw: bytes | str, *, dry_run: bool = False, **fields: str) -> Import:
    content = raw.encode() if isinstance(raw, str) else raw
    answer = await client.post(
        f"/api/v1/contacts/import?dry_run={str(dry_run).lower()}",
        files={"file": ("contacts.csv", content, "text/csv")},
        data=fields,
    )
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/api/v1/contacts/imports/{answer.json()['id']}"
    return Import.model_validate(answer.json())


async def asked(client: httpx.AsyncClient, made: Import) -> Import:
    return Import.model_validate((await client.get(f"/api/v1/contacts/imports/{made.id}")).json())


async def level(client: httpx.AsyncClient) -> str:
    body = {"name": "Level", "kind": "choice", "choices": ["gold"]}
    found: str = (await client.post("/api/v1/contact-properties", json=body)).json()["id"]
    return found


async def test_a_dry_run_changes_nothing_and_tells_what_would_be(world: Any) -> None:
    async with world.client("manager") as client:
        property_id = await level(client)
        before = len(world.router.asked)
        made = await given(client, FILE, dry_run=True)
        assert made.state == "waiting"
        assert await runner(world).step() is True
        told = await asked(client, made)
        assert (told.state, told.total, told.rows) == ("done", 4, 4)
        assert (told.created, told.updated, told.failed) == (2, 0, 2)
        assert told.columns == {"Name": "name", "E-mail": "address", "Level": f"property:{property_id}"}
        assert [one.name for one in told.preview] == ["Rosa", "Sam"]
        assert len(world.router.asked) == before
        assert await runner(world).step() is False


async def test_contacts_are_imported_and_what_is_wrong_is_in_the_error_file(world: Any) -> None:
    async with world.client("manager") as client:
        await level(client)
        await client.post("/api/v1/contacts", json={"addresses": ["rosa@acme.test"]})
        made = await given(client, FILE)
        await runner(world).step()
        told = await asked(client, made)
        assert (told.created, told.updated, told.skipped, told.failed) == (1, 1, 0, 2)
        errors = (await client.get(told.errors_url or "")).text
        rows = list(csv.reader(io.StringIO(errors)))
        assert rows[0] == ["Name", "E-mail", "Level", "line", "reason"]
        assert [(row[0], row[3]) for row in rows[1:]] == [("No address", "3"), ("Kim", "4")]
        found = (await client.get("/api/v1/contacts?q=rosa@acme")).json()["items"]
        assert [one["name"] for one in found] == ["Rosa"]
        assert world.execute("select count(*) from inbox_projection.import_pieces") == [(0,)]


async def test_an_upload_that_is_repeated_with_its_key_is_one_import(world: Any) -> None:
    """Also when its first answer was lost: rows without an address would be there twice otherwise."""
    path = "/api/v1/contacts/import"
    rows = b"name\nNobody in particular\nSomebody else\n"

    async def upload(client: httpx.AsyncClient, content: bytes = rows, **more: Any) -> httpx.Response:
        files = {"file": ("c.csv", content, "text/csv")}
        return await client.post(more.pop("path", path), files=files, headers={"Idempotency-Key": "once"}, **more)

    async with world.client("manager") as client:
        before = len(world.router.asked)
        first, again = await upload(client), await upload(client)
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json()["id"] == again.json()["id"]
        while await runner(world).step():
            pass
        late = await upload(client)
        assert (late.status_code, late.json()["state"], late.json()["created"]) == (202, "done", 2)
        assert await runner(world).step() is False
        assert len(world.router.asked) - before == 2
        for other in (
            await upload(client, rows + b"x\n"),
            await upload(client, data={"existing": "skip"}),
            await upload(client, path=f"{path}?dry_run=true"),
        ):
            assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    async with world.client() as client:
        assert (await upload(client)).json()["id"] != first.json()["id"], "another agent's key is another"


async def test_known_contacts_may_be_skipped(world: Any) -> None:
    async with world.client("manager") as client:
        await client.post("/api/v1/contacts", json={"addresses": ["a@b.test"]})
        before = len(world.router.asked)
        made = await given(client, "email\na@b.test\nnew@b.test\n", existing="skip")
        await runner(world).step()
        told = await asked(client, made)
        assert (told.state, told.created, told.skipped, told.failed) == ("done", 1, 1, 0)
        (created,) = world.router.asked[before:]
        assert not created.data.update


async def reached(world: Any) -> dict[str, str]:
    """An address of each kind: whom the manager may see, whom not, whom anybody may, and nobody's."""
    async with world.client() as client:
        seen, hidden = [
            (await client.get(f"/api/v1/contacts/{one.contact_id}")).json()["handle"]
            for one in (world.thread, world.foreign_thread)
        ]
        await client.post("/api/v1/contacts", json={"addresses": ["hand@acme.test"]})
    return {"seen": seen, "hidden": hidden, "by hand": "hand@acme.test", "nobody": "nobody@acme.test"}


MATRIX = {
    # (existing, who): (a dry run as manager, an import as manager, an import as administrator)
    ("update", "seen"): ("updated", "updated", "updated"),
    ("update", "hidden"): ("created", "failed", "updated"),
    ("update", "by hand"): ("updated", "updated", "updated"),
    ("update", "nobody"): ("created", "created", "created"),
    ("skip", "seen"): ("skipped", "skipped", "skipped"),
    ("skip", "hidden"): ("created", "failed", "skipped"),
    ("skip", "by hand"): ("skipped", "skipped", "skipped"),
    ("skip", "nobody"): ("created", "created", "created"),
}


@pytest.mark.parametrize(("existing", "who"), MATRIX)
async def test_an_import_reaches_whom_its_agent_may_see_and_tells_nothing_of_others(
    world: Any, existing: str, who: str
) -> None:
    address = (await reached(world))[who]
    for as_role, dry_run, became in zip(
        ("manager", "manager", "administrator"), (True, False, False), MATRIX[existing, who], strict=True
    ):
        async with world.client(as_role) as client:
            before = [one for one in world.router.asked if isinstance(one.data, c.CreateContact)]
            if (who, as_role) == ("nobody", "administrator"):
                address = "somebody.else@acme.test"
            made = await given(client, f"name,email\nRenamed,{address.upper()}\n", dry_run=dry_run, existing=existing)
            await runner(world).step()
            told = await asked(client, made)
            counts = {name: getattr(told, name) for name in ("created", "updated", "skipped", "failed")}
            assert counts == {**dict.fromkeys(counts, 0), became: 1}, (as_role, dry_run)
            given_now = [one for one in world.router.asked if isinstance(one.data, c.CreateContact)][len(before) :]
            assert len(given_now) == (0 if dry_run or became in ("failed", "skipped") else 1)
            if became == "failed":
                errors = (await client.get(told.errors_url or "")).text
                assert errors.splitlines()[1].endswith("Its address cannot be used for a new contact.")
                assert str(world.foreign_thread.contact_id) not in errors
    async with world.client() as client:
        name = (await client.get(f"/api/v1/contacts/{world.foreign_thread.contact_id}")).json()["name"]
    assert (name == "Renamed") == ((existing, who) == ("update", "hidden")), "by the administrator alone"


async def test_a_row_with_an_address_of_somebody_out_of_reach_changes_nobody(world: Any) -> None:
    known = await reached(world)
    async with world.client("manager") as client:
        made = await given(client, f"name,email\nX,{known['seen']}; {known['hidden']}\n")
        await runner(world).step()
        assert (await asked(client, made)).failed == 1
        assert (await client.get(f"/api/v1/contacts/{world.thread.contact_id}")).json()["name"] != "X"


async def test_whom_the_views_do_not_show_yet_the_router_refuses_and_the_import_does_not_name(world: Any) -> None:
    async with world.client("manager") as client:
        for existing in ("update", "skip"):
            made = await given(client, "email\na@b.test\n", existing=existing)
            world.router.refusal = ("conflict.handle-in-use", "An address belongs to the contact 0190-secret.")
            await runner(world).step()
            told = await asked(client, made)
            assert (told.created, told.updated, told.skipped, told.failed) == (0, 0, 0, 1)
            assert "secret" not in (await client.get(told.errors_url or "")).text


async def test_rows_of_one_address_in_one_block_are_one_contact(world: Any) -> None:
    imports_ = Imports(world.parts.database, world.router, WORKSPACE_ID, lambda: START, block=10, poll_seconds=0.0)
    async with world.client("manager") as client:
        made = await given(client, "name,email\nR,r@b.test\nSam,s@b.test\nRosa,R@b.test\nRose,r@b.test\n")
        await imports_.step()
        told = await asked(client, made)
        assert (told.created, told.updated, told.failed) == (2, 2, 0)
        found = (await client.get("/api/v1/contacts?q=r@b.test")).json()["items"]
        assert [one["name"] for one in found] == ["Rose"]


async def test_who_may_not_import_any_more_imports_nothing(world: Any) -> None:
    async with world.client("manager") as client:
        made = await given(client, "name\nRosa\n")
    world.execute("update inbox.agents set role = 'agent' where agent_id = %s", (world.agents["manager"],))
    await runner(world).step()
    async with world.client() as client:
        told = await asked(client, made)
    assert told.state == "refused" and told.reason is not None and told.reason.code == "not-allowed"
    assert told.created == 0


@pytest.mark.parametrize(
    ("raw", "fields", "code", "line"),
    [
        ('name,email\nA,a@b.test\n"B,b@b.test\n', {}, "broken-quotes", 3),
        ("name,email\nŻółć,a@b.test\n".encode("cp1250"), {}, "wrong-encoding", 2),
        ("shoe size\n5\n", {}, "nothing-mapped", 1),
        ("name\nA\n", {"mapping": '{"Name": "name"}'}, "unknown-column", 1),
        ("", {}, "empty-file", None),
    ],
)
async def test_of_a_file_that_cannot_be_read_nothing_is_imported(
    world: Any, raw: str | bytes, fields: dict[str, Any], code: str, line: int | None
) -> None:
    async with world.client("manager") as client:
        made = await given(client, raw, **fields)
        await runner(world).step()
        told = await asked(client, made)
        assert told.state == "refused" and told.reason is not None
        assert (told.reason.code, told.reason.line) == (code, line)
        assert not [one for one in world.router.asked if isinstance(one.data, c.CreateContact)]


async def test_a_process_that_dies_leaves_the_rest_to_the_next_and_nothing_is_done_twice(world: Any) -> None:
    people = "name,email\n" + "".join(f"P{n},p{n}@acme.test\n" for n in range(5))
    async with world.client("manager") as client:
        made = await given(client, people)
        world.router.down = None
        real = world.router.ask

        async def dies(command: Any, *, publish: bool = True) -> Any:
            outcome = await real(command, publish=publish)
            if len(world.router.asked) == 3:
                raise Killed("after the command, before it was counted")
            return outcome

        world.router.ask = dies
        with pytest.raises(Killed):
            await runner(world).step()
        world.router.ask = real
        assert (await asked(client, made)).rows == 2
        assert await runner(world).step() is False, "it is claimed for a while"
        world.execute("update inbox_projection.imports set claimed_until = now() - interval '1 second'")
        await runner(world).step()
        told = await asked(client, made)
        assert (told.state, told.rows, told.created, told.failed) == ("done", 5, 5, 0)
        ids = [one.id for one in world.router.asked]
        assert len(ids) == 6 and len(set(ids)) == 5, "the third was given again under its id"
        names = sorted(one["name"] for one in (await client.get("/api/v1/contacts?q=P")).json()["items"])
        assert names == [f"P{n}" for n in range(5)]


async def test_a_file_that_breaks_the_import_is_put_aside_and_the_next_one_is_imported(world: Any) -> None:
    async with world.client("manager") as client:
        poison, good = await given(client, "name\nRosa\n"), await given(client, "name\nKim\n")
        real = world.router.ask

        async def breaks(command: Any, *, publish: bool = True) -> Any:
            if command.data.name == "Rosa":
                raise ValueError("an odd row")
            return await real(command, publish=publish)

        world.router.ask = breaks
        assert await runner(world).step() and await runner(world).step()
        told = await asked(client, poison)
        assert told.state == "refused" and told.reason is not None and told.reason.code == "import-failed"
        assert (await asked(client, good)).created == 1


async def test_while_the_bus_is_away_the_import_waits(world: Any) -> None:
    async with world.client("manager") as client:
        made = await given(client, "name\nRosa\n")
        real, answers = world.router.ask, [BusAway(), None]

        async def hesitates(command: Any, *, publish: bool = True) -> Any:
            if answers:
                answer = answers.pop(0)
                if answer is not None:
                    raise answer
                await real(command, publish=publish)
                return None
            return await real(command, publish=publish)

        world.router.ask = hesitates
        await runner(world).step()
        assert (await asked(client, made)).created == 1


async def test_what_was_asked_wrongly_is_refused_at_once(world: Any) -> None:
    file = {"file": ("c.csv", b"name\nA\n", "text/csv")}
    async with world.client("manager") as client:
        for data in ({"mapping": "[]"}, {"encoding": "klingon"}, {"existing": "drop"}, {"colour": "red"}):
            answer = await client.post("/api/v1/contacts/import", files=file, data=data)
            assert answer.status_code == 422, data
        assert (await client.post("/api/v1/contacts/import", json={})).status_code == 422
        made = await given(client, "name\nA\n")
    async with world.client("agent") as client:
        assert (await client.post("/api/v1/contacts/import", files=file)).status_code == 403
    async with world.client("administrator") as client:
        assert (await asked(client, made)).id == made.id


async def test_the_export_is_imported_again_as_it_was_and_holds_no_formula(world: Any) -> None:
    async with world.client("manager") as client:
        property_id = await level(client)
        body = {
            "name": "=HYPERLINK(1)",
            "addresses": ["rosa@acme.test", "r@home.test"],
            "phone": "+48 1",
            "note": '-1\n"quoted"; Zażółć',
            "properties": {property_id: "gold"},
        }
        card = (await client.post("/api/v1/contacts", json=body)).json()
        company = (await client.post("/api/v1/companies", json={"name": "@Acme"})).json()
        await client.put(f"/api/v1/contacts/{card['id']}/company/{company['id']}")
        answer = await client.get("/api/v1/contacts/export")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        cells = [cell for row in rows for cell in row.values()]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
        (mine,) = (row for row in rows if row["id"] == card["id"])
        assert (mine["company"], mine["Level"], mine["phone"]) == ("'@Acme", "gold", "'+48 1")
        assert str(world.foreign_thread.contact_id) not in answer.text, "only whom one may see"
        mapping = {"name": "name", "address": "address", "phone": "phone", "note": "note"}
        only_mine = answer.text.splitlines(keepends=True)[0] + answer.text[answer.text.index(card["id"]) :]
        await given(client, only_mine.split("\r\n" + str(world.thread.contact_id))[0], mapping=json.dumps(mapping))
        await runner(world).step()
        (again,) = (one.data for one in world.router.asked if isinstance(one.data, c.CreateContact) and one.data.update)
        assert (again.name, again.phone, again.note) == (body["name"], body["phone"], body["note"])
        assert [handle.value for handle in again.handles] == body["addresses"]


async def test_imports_are_forgotten_with_all_they_held(world: Any) -> None:
    async with world.client("manager") as client:
        made = await given(client, "email\nno address\n")
        await runner(world).step()
        world.execute("update inbox_projection.imports set finished_at = now() - interval '8 days'")
        await imports.forget_old(world.parts.database)
        assert (await client.get(f"/api/v1/contacts/imports/{made.id}")).status_code == 404
        assert world.execute("select count(*) from inbox_projection.import_errors") == [(0,)]
