"""Mails to agents: in their language, to their address as it is now, with a link that works once; or not at all."""

from __future__ import annotations

import email
import string
from dataclasses import replace
from datetime import timedelta
from email.policy import default
from types import SimpleNamespace
from typing import Any, get_args
from uuid import UUID

import pytest
from msgspec.structs import replace as replace_struct

from events import codec, excerpts
from events.envelope import Envelope, Event
from events.errors import KeyNotHeld
from events.notifications import KINDS
from events.sealing import ERASED, DataKey, Keys
from events.system_mails import ChannelMatter, Excerpt, Matter, SystemMailKind, SystemMailQueued
from events.testing import EXAMPLE_KEY, EXAMPLE_KEY_ID, MOMENT, envelope
from events.values import Address
from events.workspace import (
    AgentDeactivated,
    AgentIdentity,
    AgentInvited,
    AgentProfile,
    AgentProfileChanged,
    AgentReactivated,
)
from ingest_email import system_mail_render
from ingest_email.agent_book import AgentBook
from ingest_email.delivery import Impossible, Postponed
from ingest_email.outgoing_addresses import Unsendable
from ingest_email.render import Mail
from ingest_email.system_mail_catalogue import OTHERWISE, Catalogue
from ingest_email.system_mails import ANSWERABLE, SystemMails
from service_kit.faults import KafkaAway
from service_kit.secrets import SecretBox

ADA, MAIL = UUID(int=1), UUID(int=7)
BOX = SecretBox("a secret for tests, long enough for all")
CATALOGUE = Catalogue.read()
INVITED = AgentInvited(agent_id=ADA, role="agent", personal=AgentIdentity(name="Ada Zażółć", email="ada@acme.test"))


def record(event: Event, sequence: int) -> Any:
    key = EXAMPLE_KEY if getattr(event, "personal", None) is not None else None
    made = codec.encode(envelope(event, sequence=sequence), key)
    return SimpleNamespace(headers=codec.with_position(made.headers, "main/1", sequence), value=made.value)


def book(*events: Event) -> AgentBook:
    known = AgentBook()
    known.read([record(event, number) for number, event in enumerate(events, start=1)])
    return known


def queued(**changes: Any) -> Envelope[SystemMailQueued]:
    fields: dict[str, Any] = {
        "mail_id": MAIL,
        "kind": "invitation",
        "agent_id": ADA,
        "token": BOX.seal(MAIL, "secret-token"),
        "expires_at": MOMENT + timedelta(days=7),
    }
    return envelope(SystemMailQueued(**(fields | changes)))


def mails(agents: AgentBook, *, keys: Keys | None = None, late: Event | None = None) -> SystemMails:
    held: Keys = {EXAMPLE_KEY_ID: EXAMPLE_KEY} if keys is None else keys

    async def keys_of(key_id: UUID | None) -> Keys:
        return held

    async def caught_up() -> None:
        if late is None:
            raise KafkaAway("Kafka is away")
        agents.read([record(late, 1)])

    return SystemMails(agents, CATALOGUE, BOX, "mail.test", "https://desk.test", keys_of, caught_up)


def read(mail: object) -> tuple[Any, str]:
    assert isinstance(mail, Mail)
    message: Any = email.message_from_bytes(mail.content, policy=default)
    return message, message.get_content()


async def test_an_invitation_has_its_link_and_says_that_nobody_need_answer() -> None:
    made = await mails(book(INVITED)).mail(queued(), MOMENT)
    message, text = read(made)
    assert "https://desk.test/invitations/secret-token\r\n" in text and "Ada Zażółć" in text
    assert message["To"].addresses[0].addr_spec == "ada@acme.test"
    assert message["From"].addresses[0].addr_spec == "no-reply@mail.test"
    assert message["Auto-Submitted"] == "auto-generated"
    assert made == await mails(book(INVITED)).mail(queued(), MOMENT)


async def test_the_mail_goes_in_the_agents_language_to_the_address_of_now() -> None:
    profile = AgentProfile(name="Ada", email="ada@elsewhere.test")
    changed = AgentProfileChanged(agent_id=ADA, language="pl-PL", personal=profile)
    made = await mails(book(INVITED, changed)).mail(queued(kind="password_reset"), MOMENT)
    message, text = read(made)
    assert message["Subject"] == "Nowe hasło do Postroom" and "/password-resets/secret-token" in text
    assert message["To"].addresses[0].addr_spec == "ada@elsewhere.test"


async def test_what_is_late_or_for_nobody_is_not_sent() -> None:
    agents = book(INVITED)
    assert await mails(agents).mail(queued(expires_at=MOMENT), MOMENT) == Impossible(
        "expired", "what the mail offers has expired"
    )
    gone = await mails(book(INVITED, AgentDeactivated(agent_id=ADA))).mail(queued(), MOMENT)
    assert isinstance(gone, Impossible) and gone.code == "agent-deactivated"
    back = book(INVITED, AgentDeactivated(agent_id=ADA), AgentReactivated(agent_id=ADA))
    assert isinstance(await mails(back).mail(queued(), MOMENT), Mail)
    erased = await mails(agents, keys={EXAMPLE_KEY_ID: ERASED}).mail(queued(), MOMENT)
    assert isinstance(erased, Impossible) and erased.code == "erased"
    foreign = await mails(agents).mail(queued(token=BOX.seal(UUID(int=8), "of another mail")), MOMENT)
    assert isinstance(foreign, Impossible) and foreign.code == "token-sealed-otherwise"


async def test_a_mail_that_overtook_its_agent_waits_for_the_copy_of_the_workspace() -> None:
    assert isinstance(await mails(book()).mail(queued(), MOMENT), Postponed)
    assert isinstance(await mails(book(), late=INVITED).mail(queued(), MOMENT), Mail)


def test_a_record_of_the_workspace_counts_once_and_a_broken_one_changes_nothing() -> None:
    known = book(INVITED, AgentDeactivated(agent_id=ADA))
    known.read([record(AgentReactivated(agent_id=ADA), 2)])
    broken = SimpleNamespace(headers=[("ce_type", b"AgentReactivated")], value=b"\0")
    known.read([broken])  # type: ignore[list-item]
    agent = known.find(ADA)
    assert agent is not None and not agent.active


def test_every_language_has_the_texts_of_english_with_the_same_names() -> None:
    def names(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    english = CATALOGUE.languages["en"]
    assert set(CATALOGUE.languages) == {"en", "pl"}
    for texts in CATALOGUE.languages.values():
        assert texts.mails.keys() == english.mails.keys() == {*get_args(SystemMailKind), ANSWERABLE}
        assert texts.refusals.keys() == english.refusals.keys() >= {OTHERWISE}
        assert texts.kinds.keys() == set(KINDS)
        assert texts.phrases.keys() == english.phrases.keys()
        assert all(names(texts.phrases[name]) == names(english.phrases[name]) for name in english.phrases)
        for kind, text in texts.mails.items():
            assert names(text.text) == names(english.mails[kind].text)
            assert names(text.subject) == names(english.mails[kind].subject)
    assert CATALOGUE.text("xx", "invitation") == english.mails["invitation"]


async def test_a_notification_names_its_conversations_and_leads_there() -> None:
    matters = tuple(
        Matter(conversation_id=UUID(int=number), number=number, kinds=("assigned", "mention"))
        for number in range(100, 105)
    )
    made = await mails(book(INVITED)).mail(queued(kind="notification", token=b"", matters=matters), MOMENT)
    message, text = read(made)
    assert message["Subject"] == "Postroom: #100, #101, #102, …"
    assert "#104: assigned to you, somebody mentioned you" in text
    assert f"https://desk.test/conversations/{UUID(int=104)}" in text and "/me/notifications" in text


async def test_a_test_of_notifications_reaches_its_agent_and_leads_to_the_preferences() -> None:
    message, text = read(await mails(book(INVITED)).mail(queued(kind="notification_test", token=b""), MOMENT))
    assert message["To"].addresses[0].addr_spec == "ada@acme.test" and "Reply-To" not in message
    assert "https://desk.test/me/notifications" in text


ONE_MATTER = (Matter(conversation_id=UUID(int=12), number=12, kinds=("assigned",), inbox_id=UUID(int=3)),)


async def test_the_answer_to_a_notification_of_one_conversation_goes_to_an_address_of_its_own() -> None:
    desk = replace(mails(book(INVITED)), answers_to=lambda inbox_id, mail_id: f"{inbox_id.int}+{mail_id.int}@mail.test")
    message, text = read(await desk.mail(queued(kind="notification", token=b"", matters=ONE_MATTER), MOMENT))
    assert message["Reply-To"].addresses[0].addr_spec == "3+7@mail.test" and "Answer this mail" in text
    old = (Matter(conversation_id=UUID(int=12), number=12, kinds=("assigned",)),)
    for matters in (old, ONE_MATTER * 2):
        message, text = read(await desk.mail(queued(kind="notification", token=b"", matters=matters), MOMENT))
        assert message["Reply-To"] is None and "Answer this mail" not in text
    message, _ = read(await mails(book(INVITED)).mail(queued(kind="notification", matters=ONE_MATTER), MOMENT))
    assert message["Reply-To"] is None


async def test_who_answered_in_vain_is_told_why() -> None:
    async def told(code: str) -> str:
        wish = queued(kind="answer_refused", token=b"", matters=ONE_MATTER, refused=code)
        message, text = read(await mails(book(INVITED)).mail(wish, MOMENT))
        assert message["Subject"] == "Postroom: your answer to #12 was not sent"
        assert message["Reply-To"] is None and f"https://desk.test/conversations/{UUID(int=12)}" in text
        return text

    assert "marked as spam" in await told("conversation-is-spam")
    assert "as it is now" in await told("something-new")


@pytest.mark.parametrize("name", ["Eve\r\nBcc: all@acme.test", "Eve\nX: y", "Eve\0"])
def test_a_name_cannot_break_out_of_its_header(name: str) -> None:
    with pytest.raises(Unsendable):
        system_mail_render.render(
            MAIL, "mail.test", Address("eve@acme.test", name), "Subject", "Text", MOMENT, house="Postroom"
        )


# -- what was written ---------------------------------------------------------------------------------------------

ROSAS = DataKey(UUID(int=900), bytes(range(32, 64)))
BOTH: Keys = {EXAMPLE_KEY_ID: EXAMPLE_KEY, ROSAS.key_id: ROSAS}
TALK = UUID(int=12)


def about(
    text: str = "Where is it?", *, subject: str = "My parcel", sender: str = "Rosa", at: int = 12, **known: Any
) -> Matter:
    talk = UUID(int=at)
    sealed = excerpts.seal(Excerpt(sender=sender, subject=subject, text=text), talk, ROSAS, **known)
    return Matter(conversation_id=talk, number=at, kinds=("customer_answered",), inbox_id=UUID(int=3), excerpt=sealed)


async def notified(*matters: Matter, keys: Keys = BOTH, **more: Any) -> tuple[Any, str]:
    wish = queued(kind="notification", token=b"", matters=matters, **more)
    desk = replace(mails(book(INVITED), keys=keys), channel_address=lambda channel_id: "support@acme.test")
    return read(await desk.mail(wish, MOMENT))


async def test_a_notification_says_who_wrote_under_which_subject_and_what() -> None:
    message, text = await notified(about("Where is it?\r\nI wait."))
    assert message["Subject"] == "Postroom: #12 My parcel"
    assert "#12 My parcel: the customer has answered\r\n" in text
    assert "Rosa wrote:\r\n> Where is it?\r\n> I wait.\r\n" in text


async def test_after_the_person_is_erased_the_mail_says_no_more_than_where() -> None:
    gone = {EXAMPLE_KEY_ID: EXAMPLE_KEY, ROSAS.key_id: ERASED}
    message, text = await notified(about(), keys=gone)
    whole = f"{message['Subject']} {text}"
    assert message["Subject"] == "Postroom: #12" and f"/conversations/{TALK}" in text
    assert not any(word in whole for word in ("Rosa", "parcel", "Where"))


async def test_a_missing_key_makes_the_mail_wait_and_a_broken_box_leaves_the_text_out() -> None:
    with pytest.raises(KeyNotHeld):
        await mails(book(INVITED)).mail(queued(kind="notification", token=b"", matters=(about(),)), MOMENT)
    elsewhere = replace_struct(about(), conversation_id=UUID(int=13))
    message, text = await notified(elsewhere)
    assert message["Subject"] == "Postroom: #12" and "Where" not in text


async def test_a_colleagues_comment_is_theirs_and_said_to_be_internal() -> None:
    _, text = await notified(about("Call her", sender="", agent_id=ADA, internal=True))
    assert "Ada Zażółć wrote, unseen by the customer:\r\n> Call her" in text
    _, text = await notified(about("Call her", sender="", agent_id=UUID(int=99), internal=True))
    assert "Somebody wrote, unseen by the customer:" in text


async def test_several_conversations_are_told_shortly_with_their_numbers_in_the_subject() -> None:
    message, text = await notified(about("word " * 100), about("Second", at=13))
    assert message["Subject"] == "Postroom: #12, #13"
    assert "> Second" in text and max(map(len, text.splitlines())) < 260 and "…" in text


@pytest.mark.parametrize("odd", ["Parcel\r\nBcc: eve@acme.test", "Par\x00cel", "Parcel " * 200])
async def test_nothing_that_a_customer_writes_breaks_the_header_or_passes_for_ours(odd: str) -> None:
    message, text = await notified(about(f"Fine\n{odd}\nhttps://desk.test/x", subject=odd, sender=odd))
    assert message["Bcc"] is None and len(message["Subject"]) < 150
    assert "\r\nhttps://desk.test/x" not in text and "> https://desk.test/x" in text


async def test_a_channel_with_trouble_is_named_with_its_reason_and_where_to_mend_it() -> None:
    channel = ChannelMatter(
        channel_id=UUID(int=5), inbox_id=UUID(int=3), state="down", reason="imap_refused", since=MOMENT
    )
    message, text = await notified(channels=(channel,))
    assert message["Subject"] == "Postroom: support@acme.test"
    assert "support@acme.test: a channel has trouble (imap_refused)" in text
    assert f"/settings/inboxes/{UUID(int=3)}/channels/{UUID(int=5)}" in text
    message, _ = await notified(about(), channels=(channel,))
    assert message["Subject"] == "Postroom: #12, support@acme.test" and message["Reply-To"] is None
