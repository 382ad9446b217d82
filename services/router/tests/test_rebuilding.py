"""Look-up rows made anew from the events equal those that grew; an imported history equals one that was lived."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from events.commands import (
    AssignConversation,
    CancelReply,
    ChangeAgent,
    ChangeChannel,
    ChangeProfile,
    EraseContact,
    ForwardMessages,
    ResolveConversation,
    RetryQuarantined,
    SendReply,
    SetAvailability,
    SetEmailFilters,
    SnoozeConversation,
    StartConversation,
)
from events.conversations import ReplyContent
from events.envelope import AnyEnvelope
from events.inbound import MessageParsedAnew
from events.snippets import SaveSnippet
from events.ticket_commands import ChangeTicket, LinkTicket, OpenTicket, UnlinkTicket
from events.values import Address, Attachment
from events.workspace import Acknowledgement, EmailFilter, EmailSettings
from local_runtime.postgres import PostgresServer
from router.errors import ImportRefused
from router.importing import import_history
from router.rebuild import rebuild
from router.testing import ANNA, BORIS, CHANNEL, INBOX, NOON, SUPPORT, TEAM, Workbench, envelope, kinds, mail
from service_kit.ids import new_id
from service_kit.settings import DEFAULT_WORKSPACE_ID

pytestmark = pytest.mark.real
TABLES = (
    "thread_keys", "participants", "handles", "holdings", "conversations", "agent_load", "team_load", "numbers",
    "timers", "blobs", "filtered", "acknowledged", "corresponded", "tickets", "ticket_links", "ticket_stages",
)  # fmt: skip


def lived(bench: Workbench) -> None:
    """A history with something of everything."""
    bench.set_up_workspace()
    workspace = DEFAULT_WORKSPACE_ID
    bench.command(ChangeProfile(agent_id=BORIS, name="Boris", email="boris@new.example"), workspace)
    first = bench.receive(mail(message_id="one@c", references=["zero@c"], cc=["two@c.example"], blobs=["a/1", "a/2"]))
    bench.receive(*[mail(f"{n}@c.example", message_id=f"{n}@x") for n in range(6)])
    bench.receive(mail("two@c.example", in_reply_to=["one@c"], message_id="zero@c"))
    bench.receive(mail("thief@c.example", in_reply_to=["one@c"], message_id="stolen@c"))
    conversation = first[1].stream
    content = ReplyContent(
        external_id="", sender=Address(SUPPORT, "S"), to=(Address("new@c.example"),), subject="Re", text="Yes"
    )
    assert (
        bench.command(SendReply(reply_id=new_id(), channel_id=CHANNEL, content=content), conversation).state == "done"
    )
    bench.command(AssignConversation(agent_id=ANNA, team_id=None), conversation)
    waiting = bench.receive(mail("waits@c.example"))[1].stream
    bench.command(AssignConversation(agent_id=None, team_id=TEAM), waiting)
    bench.command(SnoozeConversation(until=NOON + timedelta(days=1)), conversation)
    gone = bench.receive(mail("gone@c.example", blobs=["g/1"]), mail("1@c.example", in_reply_to=["1@x"]))
    bench.command(ResolveConversation(), gone[1].stream)
    bench.command(EraseContact(), gone[0].stream)
    bench.receive(b"no event", mail("gone@c.example"))
    for blobs in (["q/raw", "q/old"], ["q/waits"]):
        again = mail("again@c.example", blobs=blobs)
        record = bench.records(again)[0]
        bench.parts.handler.handle([record], [bench.parts.decoder.broken(record, KeyError())])
        bench.command(RetryQuarantined(), bench.events()[-1].stream)
        retry = bench.events()[-2]
        facts = replace(again.data.facts, blobs=("q/raw", "q/new"))
        received = replace(again.data, facts=facts) if "q/old" in blobs else None
        fact = MessageParsedAnew(
            channel="email", quarantine_id=retry.stream, retry_id=retry.id, received_id=again.id, received=received
        )
        bench.receive(envelope(fact, stream=retry.stream))
    blocked = EmailFilter(id=new_id(), kind="block", field="domain", value="spam.example")
    bench.command(SetEmailFilters(filters=(blocked,)), workspace)
    bench.receive(mail("offers@spam.example", blobs=["s/1"]), mail("gone@c.example"))
    bench.command(ChangeAgent(agent_id=ANNA, capacity=1), workspace)
    bench.command(SetAvailability(agent_id=BORIS, state="away"), workspace)
    bench.receive(*[mail(f"queue{n}@c.example") for n in range(4)])
    bench.command(ChangeAgent(agent_id=ANNA, capacity=8), workspace)
    ticketed(bench)
    sent(bench)


def sent(bench: Workbench) -> None:
    """First messages, forwards, replies that wait or no longer do, an acknowledgement, a snippet's file."""
    settings = EmailSettings(address=SUPPORT, from_name="S", acknowledgement=Acknowledgement(text="We have it."))
    bench.command(ChangeChannel(channel_id=CHANNEL, email=settings), DEFAULT_WORKSPACE_ID)
    conversation = bench.receive(mail("told@c.example"))[1].stream
    to = (Address("carrier@c.example"),)
    content = ReplyContent(external_id="", sender=Address(SUPPORT, "S"), to=to, subject="S", text="T")
    started = StartConversation(message_id=new_id(), inbox_id=INBOX, channel_id=CHANNEL, content=content)
    forwarded = ForwardMessages(reply_id=new_id(), channel_id=CHANNEL, message_ids=(new_id(),), content=content)
    waits, undone = (
        SendReply(reply_id=new_id(), channel_id=CHANNEL, content=content, undo_seconds=9) for _ in range(2)
    )
    file = Attachment(id=new_id(), name="a", content_type="text/plain", size=1, blob="snippet/1")
    saved = SaveSnippet(snippet_id=new_id(), name="Greeting", text="Hi", attachments=(file,))
    for wish, stream in (
        (forwarded, conversation),
        (started, new_id()),
        (waits, conversation),
        (undone, conversation),
        (CancelReply(reply_id=undone.reply_id), conversation),
        (saved, DEFAULT_WORKSPACE_ID),
    ):
        outcome = bench.command(wish, stream)
        assert outcome.state == "done", outcome
    bench.receive(mail("carrier@c.example", token=conversation, cc=["helper@c.example"]))


def ticketed(bench: Workbench) -> None:
    """Tickets of every kind: with a contact and without, linked and parted, closed and reopened, of an erased one."""
    conversation = bench.receive(mail("ticket@c.example", message_id="ticket@x"))[1].stream
    erased = bench.receive(mail("forget@c.example"))
    mine, loose, gone = new_id(), new_id(), new_id()
    for ticket, conversations in ((mine, (conversation,)), (loose, ()), (gone, (erased[1].stream,))):
        bench.command(OpenTicket(title="T", conversation_ids=conversations), ticket)
    bench.command(LinkTicket(conversation_id=erased[1].stream), mine)
    bench.command(UnlinkTicket(conversation_id=erased[1].stream), mine)
    bench.command(LinkTicket(conversation_id=conversation), loose)
    bench.command(ChangeTicket(stage="Closed"), mine)
    bench.receive(mail("ticket@c.example", in_reply_to=["ticket@x"]))
    bench.command(ChangeTicket(title="Another"), loose)
    bench.command(EraseContact(), erased[0].stream)


def looked_up(bench: Workbench) -> dict[str, list[Any]]:
    return {table: sorted(bench.rows(f"SELECT t::text FROM router.{table} t")) for table in TABLES}


def test_rebuilt_look_ups_equal_the_grown_ones(bench: Workbench) -> None:
    lived(bench)
    grown = looked_up(bench)
    assert all(grown[table] for table in TABLES), "a table without rows proves nothing"
    bench.rows("DELETE FROM router.thread_keys RETURNING 1")
    bench.rows("UPDATE router.agent_load SET open_conversations = 99 RETURNING 1")
    bench.rows("INSERT INTO router.handles VALUES ('email', 'wrong', %s) RETURNING 1", new_id())
    assert looked_up(bench) != grown
    events = rebuild(bench.parts)
    assert events == len(bench.events())
    assert looked_up(bench) == grown


def test_a_rebuild_in_small_pages_gives_the_same(bench: Workbench) -> None:
    lived(bench)
    grown = looked_up(bench)
    rebuild(bench.parts, page_events=3, kept=2)
    assert looked_up(bench) == grown


def test_a_router_goes_on_with_rebuilt_look_ups(bench: Workbench) -> None:
    lived(bench)
    rebuild(bench.built())
    events = bench.receive(mail("1@c.example", in_reply_to=["1@x"]))
    assert kinds(events) == ["MessageAppended"]


def lines(events: list[AnyEnvelope]) -> Iterator[dict[str, Any]]:
    """The history of a store as a file for import has it."""
    for event in events:
        if event.type == "CommandHandled":
            continue
        data = msgspec.to_builtins(event.data)
        personal = data.pop("personal", None)
        yield {
            "stream": str(event.stream),
            "type": event.type,
            "version": 1,
            "data": data,
            "personal": personal,
            "occurred_at": event.occurred_at.isoformat(),
            "recorded_at": event.recorded_at.isoformat(),
            "actor": str(event.actor),
            "correlation_id": str(event.correlation_id),
        }


def written(path: Path, history: Iterator[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in history))
    return path


@pytest.fixture
def empty(postgres: PostgresServer) -> Iterator[Workbench]:
    name = f"import_{new_id().hex}"
    workbench = Workbench(postgres.create_database(name))
    yield workbench
    workbench.close()
    postgres.drop_database(name)


def test_an_imported_history_equals_the_lived_one(bench: Workbench, empty: Workbench, tmp_path: Path) -> None:
    lived(bench)
    history = [event for event in bench.events() if event.type != "CommandHandled"]
    file = written(tmp_path / "history", lines(history))
    assert import_history(empty.parts, file) == len(history)
    imported = empty.events()
    assert [(e.type, e.stream, e.sequence, e.data, e.occurred_at) for e in imported] == [
        (e.type, e.stream, e.sequence, e.data, e.occurred_at) for e in history
    ]
    ours, theirs = looked_up(bench), looked_up(empty)
    for table in ("conversations", "agent_load", "team_load", "numbers", "timers", "ticket_links", "ticket_stages"):
        assert theirs[table] == ours[table], table
    assert empty.rows("SELECT 1 FROM keyring.keys WHERE wrapped IS NULL") == []
    answer = empty.receive(mail("1@c.example", in_reply_to=["1@x"]))
    assert kinds(answer) == ["MessageAppended"]


def test_a_second_import_is_refused_and_changes_nothing(bench: Workbench, empty: Workbench, tmp_path: Path) -> None:
    bench.set_up_workspace()
    bench.receive(mail(), mail())
    file = written(tmp_path / "history", lines(bench.events()))
    import_history(empty.parts, file)
    before = empty.last_position()
    with pytest.raises(ImportRefused, match="imported before"):
        import_history(empty.parts, file)
    assert empty.last_position() == before


@pytest.mark.parametrize(
    "spoilt",
    ['{"stream": 1}', "no json", '{"stream":"%s","type":"Unheard","data":{},"occurred_at":"2026-01-01T00:00:00Z"}'],
)
def test_a_malformed_line_is_named_and_nothing_is_imported(
    bench: Workbench, empty: Workbench, tmp_path: Path, spoilt: str
) -> None:
    bench.receive(mail(), mail())
    file = written(tmp_path / "history", lines(bench.events()))
    good = file.read_text().splitlines()
    file.write_text("\n".join([*good, spoilt.replace("%s", str(new_id()))]))
    with pytest.raises(ImportRefused, match=f"line {len(good) + 1}"):
        import_history(empty.parts, file)
    assert empty.events() == []


def test_an_import_into_a_workspace_that_lives_keeps_its_loads(bench: Workbench, tmp_path: Path) -> None:
    bench.set_up_workspace()
    bench.receive(mail())
    stream, contact = new_id(), new_id()
    model = bench.events()
    history = list(lines([e for e in model if e.type.startswith(("Contact", "Conversation"))]))
    contact_of = {"ContactCreated": contact}
    for line in history:
        line["stream"] = str(contact_of.get(line["type"], stream))
    history[1]["data"] |= {"contact_id": str(contact), "number": 41}
    history[0]["personal"]["handle"]["value"] = "imported@c.example"
    history[1]["personal"]["message"]["sender"]["address"] = "imported@c.example"
    import_history(bench.parts, written(tmp_path / "history", iter(history)))
    assert sum(row[0] for row in bench.rows("SELECT open_conversations FROM router.agent_load")) == 2
    assert bench.receive(mail("next@c.example"))[1].data.number == 42
