"""People who were there before their company: linked when it gets their domain, slice by slice, each once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from events.contact_commands import LinkCompany
from events.envelope import SYSTEM
from inbox_projection.commands import BusAway
from inbox_projection.company_links import CompanyLinks

pytestmark = pytest.mark.real


class Broken:
    """A bus that is away for good after so many commands: the process that waits for it is as good as dead."""

    def __init__(self, router: Any, passes: int) -> None:
        self.router, self.passes = router, passes

    async def ask(self, command: Any, *, publish: bool = True) -> Any:
        self.passes -= 1
        if self.passes < 0:
            raise RuntimeError("killed") from BusAway("away")
        return await self.router.ask(command, publish=publish)


def links(world: Any, commands: Any = None, size: int = 2) -> CompanyLinks:
    parts = world.parts
    return CompanyLinks(
        parts.database, commands or world.router, parts.workspace_id, parts.clock, slice_size=size, retry_seconds=0.01
    )


async def people(client: Any, *addresses: str) -> list[str]:
    made = [await client.post("/api/v1/contacts", json={"name": "", "addresses": [one]}) for one in addresses]
    assert all(one.status_code == 201 for one in made), made[0].text
    return [one.json()["id"] for one in made]


def company_of(world: Any, contact_id: str) -> str | None:
    found = world.execute("select company_id from inbox.contacts where contact_id = %s", (contact_id,))[0][0]
    return None if found is None else str(found)


def linked(world: Any) -> list[UUID]:
    return [one.stream for one in world.router.asked if isinstance(one.data, LinkCompany) and one.data.unless_linked]


async def to_the_end(world: Any, working: CompanyLinks | None = None) -> None:
    working = working or links(world)
    while await working.step():
        world.show()
    world.show()


async def test_who_is_known_already_belongs_to_the_company_that_gets_their_domain(world: Any) -> None:
    async with world.client("manager") as client:
        rosa, sam, kim, lee = await people(
            client, "rosa@Acme.example", "sam@elsewhere.example", "kim@acme.example.evil.test", "lee@home.example"
        )
        await client.post(f"/api/v1/contacts/{lee}/addresses", json={"address": "lee@acme.example"})
        other = (await client.post("/api/v1/companies", json={"name": "Other"})).json()["id"]
        (own,) = await people(client, "own@acme.example")
        await client.put(f"/api/v1/contacts/{own}/company/{other}")
        made = (await client.post("/api/v1/companies", json={"name": "Acme", "domains": ["acme.example"]})).json()
        await to_the_end(world)
        found = [company_of(world, one) for one in (rosa, sam, kim, lee, own)]
        assert found == [made["id"], None, None, made["id"], other]
        assert {str(one) for one in linked(world)} == {rosa, lee}
        await client.delete(f"/api/v1/contacts/{rosa}/company/{made['id']}")
        await to_the_end(world)
        assert company_of(world, rosa) is None, "whom somebody unlinked stays so"


async def test_a_domain_that_a_company_gets_later_is_gone_through_and_only_that_one(world: Any) -> None:
    async with world.client("manager") as client:
        rosa, sam = await people(client, "rosa@acme.example", "sam@acme.test")
        made = (await client.post("/api/v1/companies", json={"name": "Acme", "domains": ["acme.example"]})).json()
        await to_the_end(world)
        await client.delete(f"/api/v1/contacts/{rosa}/company/{made['id']}")
        path = f"/api/v1/companies/{made['id']}"
        await client.patch(path, json={"domains": ["acme.example", "acme.test"]})
        await to_the_end(world)
        assert [company_of(world, one) for one in (rosa, sam)] == [None, made["id"]]
        await client.patch(path, json={"domains": ["acme.test"]})
        await to_the_end(world)
        await client.patch(path, json={"domains": ["acme.test", "acme.example"]})
        await to_the_end(world)
        assert company_of(world, rosa) == made["id"], "given back, it counts anew"


async def test_a_process_that_dies_leaves_the_rest_to_the_next_and_nobody_is_asked_for_twice(world: Any) -> None:
    async with world.client("manager") as client:
        everybody = await people(client, *(f"p{number}@acme.example" for number in range(7)))
        made = (await client.post("/api/v1/companies", json={"name": "Acme", "domains": ["acme.example"]})).json()
        with pytest.raises(RuntimeError, match="killed"):
            await links(world, Broken(world.router, 3)).step()
        assert not await links(world).step(), "another process is at it as far as anybody knows"
        world.execute("update inbox_projection.company_links set claimed_until = now() - interval '1 second'")
        await to_the_end(world)
        assert {company_of(world, one) for one in everybody} == {made["id"]}
    commands = [one for one in world.router.asked if isinstance(one.data, LinkCompany)]
    assert len({one.id for one in commands}) == len(everybody) and {one.actor for one in commands} == {SYSTEM}
    assert not await links(world).step()
