"""The SMTP session as a state machine, without sockets."""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_email.smtp_data import Room
from ingest_email.smtp_dialogue import AcceptMail, AskRecipient, Dialogue, HangUp, Rules, Say, StartTls

ID = UUID(int=1)
HELLO = b"EHLO client.example\r\n"
ENVELOPE = b"MAIL FROM:<jane@example.com>\r\nRCPT TO:<support@here>\r\nDATA\r\n"


class Client:
    """Speaks to a dialogue whose surroundings know all addresses but those of `gone` and `unsure`."""

    def __init__(self, room: Room | None = None, **rules: object) -> None:
        self.room = room or Room(1_000_000)
        self.dialogue = Dialogue(Rules("mx.here", **{"max_bytes": 1000, **rules}), self.room, lambda: ID)  # type: ignore[arg-type]
        self.mails: list[AcceptMail] = []
        self.hung_up = False

    def say(self, data: bytes) -> bytes:
        """What the server says to these bytes."""
        self.dialogue.receive(data)
        out = b""
        while (action := self.dialogue.next()) is not None:
            while not isinstance(action, Say | HangUp | StartTls):
                if isinstance(action, AskRecipient):
                    gone, unsure = "gone" in action.address, "unsure" in action.address
                    action = self.dialogue.recipient_answered(550 if gone else 451 if unsure else 250)
                else:
                    self.mails.append(action)
                    action = self.dialogue.mail_answered(b"250 2.0.0 Stored\r\n")
            out += action.text
            self.hung_up = self.hung_up or isinstance(action, HangUp)
            if isinstance(action, StartTls):
                self.dialogue.tls_started()
        return out

    def codes(self, data: bytes) -> list[int]:
        lines = self.say(data).split(b"\r\n")
        return [int(line[:3]) for line in lines if line[3:4] == b" "]


def test_a_mail_goes_through():
    client = Client()

    assert client.dialogue.greeting().startswith(b"220 mx.here ")
    assert client.codes(HELLO) == [250]
    assert client.codes(b"MAIL FROM:<jane@example.com> SIZE=10 BODY=8BITMIME SMTPUTF8\r\n") == [250]
    assert client.codes(b"RCPT TO:<support@here>\r\n") == [250]
    assert client.codes(b"DATA\r\n") == [354]
    assert client.codes(b"Subject: x\r\n\r\nhello\r\n.\r\n") == [250]
    assert client.mails == [AcceptMail("jane@example.com", ("support@here",), b"Subject: x\r\n\r\nhello\r\n", ID)]
    assert client.codes(b"QUIT\r\n") == [221]
    assert client.hung_up


def test_the_offers_are_named():
    said = Client(offers_tls=True).say(HELLO)

    for offer in (b"PIPELINING", b"SIZE 1000", b"8BITMIME", b"SMTPUTF8", b"STARTTLS", b"ENHANCEDSTATUSCODES"):
        assert offer in said
    assert b"STARTTLS" not in Client().say(HELLO)
    assert Client().say(b"HELO x\r\n") == b"250 mx.here\r\n"


def test_everything_may_come_in_one_piece():
    client = Client()
    mail = ENVELOPE + b"one\r\n.\r\n"

    assert client.codes(HELLO + mail + mail + b"QUIT\r\n") == [250] + [250, 250, 354, 250] * 2 + [221]
    assert [mail.raw for mail in client.mails] == [b"one\r\n", b"one\r\n"]


SESSION = HELLO + ENVELOPE + b"..dot\r\n...\r\n.x\r\n\r\n.\r\nNOOP\r\n" + ENVELOPE + b".\r\nMAIL bad\r\nQUIT\r\n"


@given(st.lists(st.integers(1, len(SESSION) - 1), max_size=20))
def test_where_the_bytes_are_cut_makes_no_difference(cuts):
    whole, cut = Client(), Client()
    borders = [0, *sorted(set(cuts)), len(SESSION)]
    said = b"".join(cut.say(SESSION[a:b]) for a, b in pairwise(borders))

    assert said == whole.say(SESSION)
    assert cut.mails == whole.mails
    assert [mail.raw for mail in whole.mails] == [b".dot\r\n..\r\nx\r\n\r\n", b""]


@given(st.binary(max_size=400))
def test_no_bytes_make_it_raise(data):
    client = Client(offers_tls=True)
    client.say(HELLO + data)
    client.say(ENVELOPE + data)
    client.dialogue.closed()

    assert client.room.free == 1_000_000


@pytest.mark.parametrize(
    "false_end",
    [
        b"\n.\n",
        b"\n.\r\n",
        b"\r\n.\n",
        b"\r.\r",
        b"\r\n.\r",
        b"\r.\r\n",
        b"\n\n.\r\n",
        b"\r\r\n.\r\r\n",
        b"\0\r\n.\0\r\n",
    ],
)
def test_only_a_dot_between_whole_line_ends_ends_a_mail(false_end):
    smuggled = b"MAIL FROM:<admin@here>\r\nRCPT TO:<support@here>\r\nDATA\r\nevil\r\n"
    client = Client()

    assert client.codes(HELLO + ENVELOPE + b"one" + false_end + smuggled + b".\r\n") == [250, 250, 250, 354, 250]
    (mail,) = client.mails
    assert mail.sender == "jane@example.com"
    assert b"admin@here" in mail.raw


@pytest.mark.parametrize("line", [b"NOOP\n", b"NOOP\rRSET\r\n", b"NO\rOP\r\n", b"\n"])
def test_commands_with_bare_line_ends_are_refused(line):
    assert Client().codes(HELLO + line) == [250, 500]


def test_commands_out_of_order_are_refused():
    client = Client()

    assert client.codes(b"MAIL FROM:<a@b>\r\n") == [503]
    assert client.codes(HELLO + b"RCPT TO:<support@here>\r\nDATA\r\n") == [250, 503, 503]
    assert client.codes(b"MAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\nDATA\r\n") == [250, 503, 554]
    assert client.codes(b"RSET\r\nMAIL FROM:<>\r\n") == [250, 250]
    assert client.codes(b"EHLO again\r\nRCPT TO:<support@here>\r\n") == [250, 503]


def test_recipients_that_do_not_exist_or_cannot_be_checked_are_refused_one_by_one():
    client = Client()
    client.say(HELLO)

    assert client.codes(
        b"MAIL FROM:<a@b>\r\nRCPT TO:<gone@here>\r\nRCPT TO:<support@here>\r\nRCPT TO:<unsure@here>\r\n"
    ) == [
        250,
        550,
        250,
        451,
    ]
    assert client.codes(b"DATA\r\n.\r\n") == [354, 250]
    assert client.mails[0].recipients == ("support@here",)


def test_without_recipients_there_is_no_data_and_doubt_is_no_final_answer():
    client = Client()
    client.say(HELLO)

    assert client.codes(b"MAIL FROM:<a@b>\r\nRCPT TO:<gone@here>\r\nDATA\r\n") == [250, 550, 554]
    assert client.codes(b"RSET\r\nMAIL FROM:<a@b>\r\nRCPT TO:<unsure@here>\r\nDATA\r\n") == [250, 250, 451, 451]


def test_more_than_a_hundred_recipients_are_put_off():
    client = Client()
    client.say(HELLO + b"MAIL FROM:<a@b>\r\n")

    assert client.codes(b"RCPT TO:<support@here>\r\n" * 101) == [250] * 100 + [452]


def test_a_mail_that_says_it_is_too_large_is_refused_at_once():
    assert Client().codes(HELLO + b"MAIL FROM:<a@b> SIZE=1001\r\n") == [250, 552]


def test_a_mail_that_is_too_large_is_refused_at_its_end_and_the_session_goes_on():
    client = Client()
    large = b"x" * 70 + b"\r\n"

    assert client.codes(HELLO + ENVELOPE + large * 50) == [250, 250, 250, 354]
    assert client.codes(large + b".\r\n") == [552]
    assert client.room.free == 1_000_000
    assert client.codes(ENVELOPE + b"small\r\n.\r\n") == [250, 250, 354, 250]


def test_a_mail_of_exactly_the_allowed_size_is_taken():
    client = Client()

    assert client.codes(HELLO + ENVELOPE + b"x" * 998 + b"\r\n.\r\n")[-1] == 250
    assert client.codes(ENVELOPE + b"x" * 999 + b"\r\n.\r\n")[-1] == 552
    assert client.codes(ENVELOPE + b"..\r\n" * 333 + b"\r\n.\r\n")[-1] == 552


def test_memory_is_bounded_while_an_endless_mail_comes():
    client = Client()
    client.say(HELLO + ENVELOPE)
    for _ in range(8):
        client.say(b"y" * 900)
        assert client.dialogue.pending <= 2048

    assert client.codes(b"y" * 2000) == [552]
    assert client.hung_up


def test_the_sessions_share_a_room_and_give_it_back():
    room = Room(1500)
    first, second = Client(room), Client(room)
    first.say(HELLO + ENVELOPE + b"x" * 900)

    assert second.codes(HELLO + ENVELOPE + b"x" * 900)[-1] == 354
    assert second.codes(b"\r\n.\r\n") == [452]
    assert first.codes(b"\r\n.\r\n") == [250]
    assert room.free == 1500


def test_a_lost_connection_gives_its_room_back():
    client = Client()
    client.say(HELLO + ENVELOPE + b"x" * 900)
    client.dialogue.closed()

    assert client.room.free == 1_000_000


def test_a_long_line_is_refused_and_the_session_goes_on():
    client = Client()
    client.say(HELLO)

    assert client.codes(b"NOOP " + b"x" * 5000) == []
    assert client.dialogue.pending == 0
    assert client.codes(b"x" * 5000 + b"\r\n") == [500]
    assert client.codes(b"NOOP\r\n") == [250]


def test_too_many_errors_end_the_session():
    client = Client()
    codes = client.codes(b"WHAT\r\n" * 30)

    assert codes == [500] * 20 + [421]
    assert client.hung_up


def test_nothing_said_before_tls_is_believed_after_it():
    client = Client(offers_tls=True)

    assert client.codes(HELLO + b"STARTTLS\r\nMAIL FROM:<evil@x>\r\nRCPT TO:<support@here>\r\n") == [250, 220]
    assert client.codes(b"MAIL FROM:<a@b>\r\n") == [503]
    assert b"STARTTLS" not in client.say(HELLO)
    assert client.codes(b"STARTTLS\r\n") == [503]


def test_bytes_that_come_while_tls_starts_are_thrown_away():
    dialogue = Dialogue(Rules("mx.here", offers_tls=True), Room(1000), lambda: ID)
    dialogue.receive(b"EHLO x\r\nSTARTTLS\r\n")
    dialogue.next()
    assert isinstance(dialogue.next(), StartTls)
    dialogue.receive(b"RSET\r\n")
    assert dialogue.next() is None
    dialogue.tls_started()

    assert dialogue.next() is None


def test_tls_may_be_demanded():
    client = Client(offers_tls=True, requires_tls=True)

    assert client.codes(HELLO + b"MAIL FROM:<a@b>\r\n") == [250, 530]
    assert client.codes(b"STARTTLS\r\n") == [220]
    assert client.codes(HELLO + b"MAIL FROM:<a@b>\r\n") == [250, 250]


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("<jane@example.com>", "jane@example.com"),
        (" <jane@example.com>", "jane@example.com"),
        ("<@relay.example,@b.example:jane@example.com>", "jane@example.com"),
        ('<"jane doe"@example.com>', '"jane doe"@example.com'),
        ("jane@example.com", "jane@example.com"),
        ("<jürgen@bücher.example>", "jürgen@bücher.example"),
        ("<>", ""),
    ],
)
def test_paths_are_read_in_all_their_forms(path, address):
    client = Client()
    client.say(HELLO)

    assert client.codes(f"MAIL FROM:{path}\r\nRCPT TO:<support@here>\r\nDATA\r\n.\r\n".encode()) == [250, 250, 354, 250]
    assert client.mails[0].sender == address


@pytest.mark.parametrize(
    "line",
    [
        "MAIL FROM:",
        "MAIL TO:<a@b>",
        "MAIL FROM:<a@b",
        "MAIL FROM:<a b@c>",
        "MAIL FROM:<a@b> SIZE=many",
        "MAIL FROM:<a\x01@b>",
        "MAIL FROM:<" + "a" * 600 + "@b>",
        "EHLO",
    ],
)
def test_commands_of_wrong_shape_are_refused(line):
    assert Client().codes(HELLO + line.encode() + b"\r\n") == [250, 501]


@pytest.mark.parametrize(
    "line", ["MAIL FROM:<a@b> AUTH=<>", "MAIL FROM:<a@b> BODY=BINARYMIME", "MAIL FROM:<a@b> RET=FULL"]
)
def test_unknown_parameters_are_refused(line):
    assert Client().codes(HELLO + line.encode() + b"\r\n") == [250, 555]


def test_other_commands_have_their_answers():
    assert Client().codes(b"NOOP\r\nRSET\r\nVRFY x\r\nHELP\r\nEXPN x\r\nAUTH PLAIN x\r\nBDAT 1\r\nnoop\r\n\r\n") == [
        250, 250, 252, 214, 502, 502, 502, 250, 500,
    ]  # fmt: skip


def test_commands_that_are_no_utf8_are_refused():
    assert Client().codes(HELLO + b"MAIL FROM:<\xff@b>\r\n") == [250, 500]
