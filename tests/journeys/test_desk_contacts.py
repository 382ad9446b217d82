"""People as a desk keeps them: added, of a company, blocked, merged, imported, erased with all of their addresses."""

from typing import Any
from uuid import uuid4

import pytest

from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom, eventually

pytestmark = pytest.mark.real


def at(domain: str, live: LivePostroom, name: str = "Rosa Luz") -> Customer:
    return Customer(live, name, f"{name.split()[0].lower()}-{uuid4().hex[:8]}@{domain}")


def test_a_person_with_two_addresses_is_one_of_a_company_and_erased_as_one(postroom: LivePostroom) -> None:
    domain = f"{uuid4().hex[:8]}.test"
    work, home = at(domain, postroom), at("home.test", postroom)
    with Desk(postroom) as desk:
        company = desk.do("POST", "/companies", {"name": "Acme", "domains": [domain], "note": "pays late"})
        added = desk.do("POST", "/contacts", {"name": "Rosa", "addresses": [home.address], "phone": "+48 1"})
        taken = desk.ask("POST", "/contacts", {"name": "Rosa", "addresses": [home.address.upper()]})
        assert (taken.status_code, taken.json()["code"]) == (409, "handle-in-use") and added["id"] in taken.text
        work.writes(desk.address(), "From work", "Hello")
        first = desk.conversation_of(work)
        assert first["company_id"] == company["id"]
        home.writes(desk.address(), "From home", "Hello again")
        assert desk.conversation_of(home)["contact"]["id"] == added["id"]
        merge = {"from_id": added["id"]}
        survivor = first["contact"]["id"]
        preview = desk.do("POST", f"/contacts/{survivor}/merge", {**merge, "dry_run": True})
        assert desk.do("POST", f"/contacts/{survivor}/merge", merge) == preview
        assert {one["value"] for one in preview["handles"]} == {work.address, home.address}
        desk.do("PUT", f"/contacts/{survivor}/block")
        home.writes(desk.address(), "Buy now", "Cheap watches!")

        def caught() -> dict[str, Any] | None:
            items = desk.get("/filtered-messages")["items"]
            return next((one for one in items if one["contact_id"] == survivor), None)

        kept = eventually(caught, "the blocked person's mail", 60)
        assert (kept["subject"], kept["filter"]) == ("Buy now", None)
        assert desk.do("DELETE", f"/contacts/{survivor}/block")["blocked"] is False
        home.writes(desk.address(), "Sorry", "A question.")

        def shown() -> list[str]:
            items = desk.get(f"/contacts/{survivor}/conversations")["items"]
            return [one["subject"] for one in items] if len(items) == 3 else []

        assert eventually(shown, "all under the survivor", 60) == ["Sorry", "From home", "From work"]
        kinds = [one["kind"] for one in desk.get(f"/contacts/{survivor}/timeline")["items"]]
        assert {"merged", "blocked", "unblocked", "conversation_opened"} <= set(kinds)
        desk.do("DELETE", f"/contacts/{survivor}")

        def gone() -> bool:
            cards = [desk.get(f"/contacts/{one}") for one in (survivor, added["id"])]
            return all(card["erased"] and not card["name"] and not card["handles"] for card in cards)

        eventually(gone, "both of them erased", 60)
        assert {one["subject"] for one in desk.get(f"/contacts/{survivor}/conversations")["items"]} == {""}


def test_a_file_of_contacts_is_imported_while_the_desk_goes_on(postroom: LivePostroom) -> None:
    mark = uuid4().hex[:8]
    rows = "".join(f"Person {n};{mark}-{n}@import.test\n" for n in range(300))
    content = f"name;email\n{rows}Nobody;no address\n".encode()
    with Desk(postroom) as desk:
        made = desk.api.post("/contacts/import", files={"file": ("people.csv", content, "text/csv")})
        assert made.status_code == 202, made.text

        def finished() -> dict[str, Any] | None:
            told: dict[str, Any] = desk.get(made.headers["location"].removeprefix("/api/v1"))
            return told if told["state"] == "done" else None

        told = eventually(finished, "the end of the import", 100)
        assert (told["total"], told["created"], told["failed"]) == (301, 300, 1)
        assert len(desk.get("/contacts", q=f"{mark}-", limit=200)["items"]) == 200
        errors = desk.api.get(told["errors_url"].removeprefix("/api/v1"))
        assert errors.text.splitlines()[1].startswith("Nobody,no address,302,")
        exported = desk.api.get("/contacts/export").text
        assert exported.count(f"{mark}-") == 300
