"""What the feed says of a batch besides its conversations: of the workspace, of cards, of mails that were kept out."""

from __future__ import annotations

from uuid import UUID

from events import workspace as w
from events.contacts import ContactCreated, ContactMergedInto, ContactUnmerged, ContactUpdated
from events.envelope import Actor
from events.labels import LabelDefined
from events.properties import ContactPropertyDefined
from events.rules import RuleSet
from events.saved_views import ViewDeleted, ViewFilter, ViewSaved
from events.snippets import SnippetSaved
from events.testing import envelope, example
from inbox_projection.testing import Opened, Story, open_record
from inbox_projection.views.batch import fold
from inbox_projection.views.changes import Changes, Known

ADA = UUID(int=1)
VIEW = UUID(int=2)
AGENT = Actor("agent", str(ADA))
MAILBOX = w.EmailSettings(address="help@shop.test")


def shown(story: Story) -> Changes:
    return fold([open_record(record, story.keys_at(len(story.records))) for record in story.records], Known(), {})


def told(changes: Changes, kind: str) -> list[tuple[UUID | None, UUID | None]]:
    """What is named, and the inbox."""
    return [(each.conversation_id, each.inbox_id) for each in changes.touched if each.kind == kind]


def test_a_change_of_the_workspace_is_told_once_by_its_kind_and_of_an_agent_by_name() -> None:
    story = Story()
    story.workspace(w.AgentInvited(agent_id=ADA, role="agent", personal=None), key=None)
    for state in ("away", "available"):
        story.workspace(w.AgentAvailabilityChanged(agent_id=ADA, state=state, until=None))  # type: ignore[arg-type]
    story.workspace(w.TeamCreated(team_id=UUID(int=3), name="First", member_ids=(ADA,)))
    story.workspace(w.TeamDeleted(team_id=UUID(int=3)))
    story.workspace(LabelDefined(label_id=UUID(int=4), name="late"))
    story.workspace(w.ChannelConnected(channel_id=UUID(int=5), inbox_id=story.inbox_id, kind="email", email=MAILBOX))
    changes = shown(story)
    assert told(changes, "agent") == [(ADA, None)]
    assert told(changes, "team") == told(changes, "label") == told(changes, "channel") == [(None, None)]
    assert told(changes, "inbox") == told(changes, "view") == []


def test_settings_that_others_may_look_at_are_told_by_their_kind() -> None:
    story = Story()
    story.workspace(w.RuleSetDrafted(rule_set=RuleSet(1, ())))
    story.workspace(w.EmailFiltersSet(version=1))
    story.workspace(example(w.PipelineDefined))
    story.workspace(example(ContactPropertyDefined))
    story.workspace(SnippetSaved(snippet_id=UUID(int=6), owner_id=None, name="Thanks", text="Thank you"))
    changes = shown(story)
    kinds = ("rules", "filters", "pipeline", "property", "snippet")
    assert {kind: told(changes, kind) for kind in kinds} == {kind: [(None, None)] for kind in kinds}


def test_a_view_of_ones_own_is_told_to_its_agent_and_a_shared_one_to_everybody() -> None:
    def saved(*owners: UUID | None, deleted: bool = False) -> list[UUID | None]:
        story = Story()
        for owner in owners:
            story.workspace(ViewSaved(view_id=VIEW, owner_id=owner, name="Late", filter=ViewFilter()))
        if deleted:
            story.workspace(ViewDeleted(view_id=VIEW))
        return [whose for whose, _ in told(shown(story), "view")]

    assert saved(ADA) == saved(ADA, deleted=True) == [ADA]
    assert saved(None) == saved(None, deleted=True) == [None]
    assert saved(ADA, None) == [ADA, None], "others see it come"
    assert saved(None, ADA) == [None], "and go"


def test_a_card_that_changed_is_named_with_those_that_stand_for_it_and_who_wrote_is_not() -> None:
    story = Story()
    thread = story.mail(story.person())
    assert told(shown(story), "contact") == []
    story.contact(thread.contact_id, ContactUpdated(personal=None))
    assert told(shown(story), "contact") == [(thread.contact_id, None)]
    story.contact(thread.contact_id, ContactMergedInto(survivor_id=ADA))
    story.contact(thread.contact_id, ContactUnmerged(survivor_id=ADA))
    assert told(shown(story), "contact") == [(thread.contact_id, None), (ADA, None)]


def test_contacts_added_by_hand_are_told_once_however_many() -> None:
    records = [
        Opened("contacts.v1", 0, at, at, envelope(example(ContactCreated), stream=UUID(int=at), actor=AGENT), None, [])
        for at in range(10, 13)
    ]
    assert told(fold(records, Known(), {}), "contact") == [(None, None)]


def test_mails_that_are_kept_out_are_told_once_for_their_inbox() -> None:
    story = Story()
    for _ in range(3):
        story.filtered_mail(story.new_id(), story.new_id())
    assert told(shown(story), "filtered") == [(None, story.inbox_id)]
