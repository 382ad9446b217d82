"""Who plays in the demo: the shop's agents, teams, inboxes and addresses, with ids that never change."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID, uuid5

from events.values import Availability, Role
from service_kit.ids import derived_id

SHOP: Final = "Lumo Home"
SHOP_DOMAIN: Final = "lumo-home.example"
ADMINISTRATOR: Final = "administrator"


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent of the shop; `capacity` None takes as much as comes."""

    name: str
    role: Role = "agent"
    language: str = "en"
    availability: Availability = "available"
    capacity: int | None = None


AGENTS: Final = {
    "ada": Agent("Ada Lovelace", "manager"),
    "ben": Agent("Ben Okafor"),
    "celina": Agent("Celina Wójcik", language="pl"),
    "dawid": Agent("Dawid Krawczyk", language="pl", capacity=40),
    "eva": Agent("Eva Lindholm", availability="away"),
}
TEAMS: Final = {"support": ("ada", "celina", "dawid"), "sales": ("ben", "eva", "ada")}
NAMES: Final = {"support": "Support", "sales": "Sales"}


def email_of(handle: str, domain: str) -> str:
    """The log-in of one of the demo's agents."""
    return f"{handle}@demo.{domain}"


def first_name(handle: str) -> str:
    return AGENTS[handle].name.partition(" ")[0]


def shop_address(slug: str) -> str:
    """The inbox's address as customers know it."""
    return f"{slug}@{SHOP_DOMAIN}"


def fallback_address(slug: str, domain: str) -> str:
    return f"{slug}-{sha256(slug.encode()).hexdigest()[:6]}@{domain}"


@dataclass(frozen=True, slots=True)
class Cast:
    """The ids of one workspace's demo."""

    workspace_id: UUID
    domain: str
    administrator_email: str

    def id(self, name: str) -> UUID:
        return derived_id(self.workspace_id, f"demo {name}")

    def agent(self, handle: str) -> UUID:
        """As `python -m inbox_projection bootstrap` names agents, so that it finds these."""
        email = self.administrator_email if handle == ADMINISTRATOR else email_of(handle, self.domain)
        return uuid5(self.workspace_id, f"bootstrap|agent|{email.lower()}")

    def team(self, slug: str) -> UUID:
        return self.id(f"team {slug}")

    def inbox(self, slug: str) -> UUID:
        return self.id(f"inbox {slug}")

    def channel(self, slug: str) -> UUID:
        """The channel of the inbox's known address."""
        return self.id(f"channel {shop_address(slug)}")

    def fallback_channel(self, slug: str) -> UUID:
        return self.id(f"channel {slug}")
