"""The meeting in Outlook's winmail.dat is read in words; a broken one stays an attachment and no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from struct import pack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.values import Invitation
from ingest_email import tnef
from ingest_email.attachments import File
from ingest_email.invitations import invitation_of

APPOINTMENT = bytes.fromhex("0220060000000000C000000000000046")
OTHER_SET = bytes.fromhex("2903020000000000C000000000000046")
TEN = datetime(2026, 8, 25, 8, 0, tzinfo=UTC)
CALENDAR = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:In a file\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


def filled(raw: bytes) -> bytes:
    return raw + b"\0" * (-len(raw) % 4)


def text(value: str) -> tuple[int, bytes]:
    raw = value.encode("utf-16-le") + b"\0\0"
    return 0x1F, pack("<II", 1, len(raw)) + filled(raw)


def old_text(value: bytes) -> tuple[int, bytes]:
    return 0x1E, pack("<II", 1, len(value) + 1) + filled(value + b"\0")


def moment(at: datetime) -> tuple[int, bytes]:
    return 0x40, pack("<Q", (at - datetime(1601, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 10)


def flag(on: bool) -> tuple[int, bytes]:
    return 0x0B, pack("<HH", on, 0)


def tagged(tag: int, value: tuple[int, bytes]) -> bytes:
    return pack("<HH", value[0], tag) + value[1]


def named(number: int, value: tuple[int, bytes], owner: bytes = APPOINTMENT) -> bytes:
    return pack("<HH", value[0], 0x8001) + owner + pack("<II", 0, number) + value[1]


def by_name(name: str, value: tuple[int, bytes]) -> bytes:
    raw = name.encode("utf-16-le") + b"\0\0"
    return pack("<HH", value[0], 0x8002) + OTHER_SET + pack("<II", 1, len(raw)) + filled(raw) + value[1]


def attribute(number: int, data: bytes, level: int = 1) -> bytes:
    return pack("<BII", level, number, len(data)) + data + pack("<H", sum(data) & 0xFFFF)


def winmail(*properties: bytes, kind: bytes = b"IPM.Microsoft Schedule.MtgReq", more: bytes = b"") -> bytes:
    head = pack("<IH", 0x223E9F78, 1) + attribute(0x00089006, pack("<I", 0x10000))
    head += attribute(0x00069007, pack("<II", 1250, 0)) + attribute(0x00078008, kind + b"\0")
    return head + attribute(0x00069003, pack("<I", len(properties)) + b"".join(properties)) + more


MEETING = (
    tagged(0x0037, text("Plan na sierpień")),
    by_name("Keywords", text("not wanted")),
    tagged(0x1035, (0x1002, pack("<I", 2) + pack("<HHHH", 1, 0, 2, 0))),
    tagged(0x3FF1, (0x03, pack("<I", 1045))),
    named(0x8208, text("Room 5")),
    named(0x8208, text("not a place"), OTHER_SET),
    named(0x820D, moment(TEN)),
    named(0x820E, moment(TEN + timedelta(hours=1))),
    named(0x8215, flag(False)),
    tagged(0x0065, old_text(b"/O=ACME/CN=JANE")),
    tagged(0x5D02, text("jane@acme.test")),
)


def read(content: bytes, content_type: str = "application/ms-tnef", name: str = "winmail.dat") -> Invitation | None:
    return invitation_of([File(name, content_type, content)])


def test_a_meeting_that_outlook_wrapped_is_read_with_its_time_place_and_organizer():
    assert read(winmail(*MEETING)) == Invitation(
        method="REQUEST",
        summary="Plan na sierpień",
        location="Room 5",
        organizer="jane@acme.test",
        starts_at=TEN,
        ends_at=TEN + timedelta(hours=1),
        whole_day=False,
    )


def test_it_is_known_by_its_type_or_by_its_name():
    for content_type, name in (("application/vnd.ms-tnef", "x"), ("application/octet-stream", "WINMAIL.DAT")):
        assert read(winmail(*MEETING), content_type, name) is not None
    assert read(winmail(*MEETING), "application/octet-stream", "other.dat") is None


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        (b"IPM.Schedule.Meeting.Request", "REQUEST"),
        (b"IPM.Microsoft Schedule.MtgCncl", "CANCEL"),
        (b"IPM.Microsoft Schedule.MtgRespP", "REPLY"),
        (b"IPM.Schedule.Meeting.Resp.Neg", "REPLY"),
        (b"IPM.Appointment", "PUBLISH"),
        (b"IPM.Microsoft Mail.Note", None),
    ],
)
def test_the_class_of_the_message_says_what_becomes_of_the_meeting(kind: bytes, method: str | None):
    found = read(winmail(*MEETING, kind=kind))
    assert (None if found is None else found.method) == method


def test_an_old_outlook_writes_in_its_code_page_and_tags():
    properties = (
        tagged(0x0037, old_text("Spotkanie wewnętrzne".encode("cp1250"))),
        tagged(0x0060, moment(TEN)),
        tagged(0x0061, moment(TEN + timedelta(hours=2))),
        tagged(0x0065, old_text(b"jane@acme.test")),
    )
    found = read(winmail(*properties))
    assert found is not None
    assert (found.summary, found.organizer) == ("Spotkanie wewnętrzne", "jane@acme.test")
    assert (found.starts_at, found.ends_at) == (TEN, TEN + timedelta(hours=2))


@pytest.mark.parametrize("east", [-11, -5, 0, 2, 11])
def test_a_whole_day_is_that_day_in_any_zone(east: int):
    midnight = datetime(2026, 8, 25, tzinfo=UTC) - timedelta(hours=east)
    times = (named(0x820D, moment(midnight)), named(0x820E, moment(midnight + timedelta(days=1))))
    found = read(winmail(*times, named(0x8215, flag(True))))
    assert found is not None and found.whole_day
    assert (found.starts_at, found.ends_at) == (datetime(2026, 8, 25, tzinfo=UTC), datetime(2026, 8, 26, tzinfo=UTC))


def test_a_calendar_file_that_lies_in_it_is_read():
    note = winmail(kind=b"IPM.Microsoft Mail.Note", more=attribute(0x0006800F, CALENDAR, level=2))
    found = read(note)
    assert found is not None and (found.summary, found.method) == ("In a file", "REQUEST")


def test_in_a_mail_it_is_the_messages_invitation_and_stays_a_file(make_mail, translated):
    raw = make_mail(files=[("winmail.dat", "application/ms-tnef", winmail(*MEETING))])
    content = translated(raw).envelope.data.content
    assert content.invitation.summary == "Plan na sierpień"
    assert [one.name for one in content.attachments] == ["winmail.dat"]


def broken(cut: int) -> Any:
    return winmail(*MEETING)[:cut]


@pytest.mark.parametrize("cut", range(0, len(winmail(*MEETING)), 7))
def test_what_ends_in_the_middle_fails_nowhere(cut: int):
    read(broken(cut))


@given(st.binary(max_size=300), st.integers(0, 400))
def test_no_bytes_fail_in_another_way_than_being_broken(noise: bytes, at: int):
    whole = winmail(*MEETING)
    for content in (noise, whole[:at] + noise + whole[at:], winmail(noise), winmail(pack("<HH", 0x101F, 0x37) + noise)):
        try:
            tnef.read(content)
        except tnef.Broken:
            continue


def test_a_count_of_thousands_of_millions_takes_no_time(within):
    many = pack("<HHI", 0x1003, 0x3FF1, 0xFFFFFFFF)
    with within(0.2):
        read(winmail(many))
        read(winmail(pack("<HHI", 0x1000, 0x3FF1, 0xFFFFFFFF)))
        read(pack("<IH", 0x223E9F78, 1) + attribute(0x00069003, pack("<I", 0xFFFFFFFF)) * 5000)
