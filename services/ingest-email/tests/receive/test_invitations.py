"""The meeting in a calendar part is read; a broken one stays an attachment and no more."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from events.values import Invitation
from ingest_email.attachments import File
from ingest_email.invitations import invitation_of

MEETING = """BEGIN:VCALENDAR
VERSION:2.0
METHOD:REQUEST
BEGIN:VTIMEZONE
TZID:Our own zone
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
UID:1
SUMMARY:Talk about\\, well\\, the or
 der
LOCATION:Room 5
ORGANIZER;CN=Jane Doe:MAILTO:jane@example.com
DTSTART;TZID=Our own zone:20260825T100000
DTEND;TZID=Our own zone:20260825T113000
END:VEVENT
END:VCALENDAR
"""


def calendar(*lines: str, method: str = "REQUEST") -> bytes:
    return "\r\n".join(
        ["BEGIN:VCALENDAR", f"METHOD:{method}", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", ""]
    ).encode()


def read(content: bytes, content_type: str = "text/calendar") -> Invitation | None:
    return invitation_of([File("invite.ics", content_type, content)])


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 8, 25, hour, minute, tzinfo=UTC)


def test_an_invitation_is_read_with_its_own_time_zone():
    assert read(MEETING.replace("\n", "\r\n").encode()) == Invitation(
        method="REQUEST",
        summary="Talk about, well, the order",
        location="Room 5",
        organizer="jane@example.com",
        starts_at=at(8),
        ends_at=at(9, 30),
    )


def test_days_durations_and_times_without_a_zone():
    whole_day = read(calendar("DTSTART;VALUE=DATE:20260825", method="CANCEL"))
    lasting = read(calendar("DTSTART:20260825T100000Z", "DURATION:PT30M"))
    floating = read(calendar("SUMMARY:Lunch", "DTSTART:20260825T100000"))

    assert whole_day == Invitation(method="CANCEL", starts_at=at(0), whole_day=True)
    assert lasting == Invitation(method="REQUEST", starts_at=at(10), ends_at=at(10, 30))
    assert floating == Invitation(method="REQUEST", summary="Lunch")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a calendar",
        b"\xff\xfe\x00",
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VEVENT\r\n" * 40,
        calendar("DTSTART:yesterday"),
        calendar("DTSTART:99999999T999999Z"),
        calendar(*["X-A:b"] * 10_000),
        calendar("X" + ";A=b" * 10_000 + ":c"),
        calendar("SUMMARY:" + "x" * 100_000),
    ],
)
def test_what_is_broken_or_too_big_is_no_invitation(content, within):
    read(calendar())
    with within(1.0):
        assert read(content) is None


def test_the_part_stays_an_attachment_and_the_message_has_its_summary(make_mail, translated):
    content = translated(make_mail(files=[("invite.ics", "text/calendar", MEETING.encode())])).envelope.data.content

    assert content.invitation is not None and content.invitation.summary == "Talk about, well, the order"
    assert [file.name for file in content.attachments] == ["invite.ics"]


def test_a_calendar_beside_text_and_html_is_kept_as_outlook_sends_it(translated):
    raw = (
        "From: jane@example.com\nSubject: Talk\nContent-Type: multipart/alternative; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nLet us talk.\n--b\nContent-Type: text/html\n\n<p>Let us talk.</p>\n"
        f"--b\nContent-Type: text/calendar; method=REQUEST\n\n{MEETING}\n--b--\n"
    ).encode()
    content = translated(raw).envelope.data.content

    assert content.text == "Let us talk."
    assert content.invitation is not None and content.invitation.starts_at == at(8)
    assert [file.content_type for file in content.attachments] == ["text/calendar"]


def test_only_calendars_are_read():
    assert read(MEETING.encode(), "text/plain") is None
    assert invitation_of([]) is None
