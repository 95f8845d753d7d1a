"""Names from outside cannot forge headers, recipients or file names; BCC stays hidden."""

from email import message_from_bytes
from email.policy import default

import pytest

from notifications.recipients import Recipient, Recipients
from notifications.report_files import safe_file_name, stored_path
from notifications.report_mail import fill_subject, subject_problems
from notifications.transports.base import Attachment, PreparedMail
from notifications.transports.graph_message import request_body
from notifications.transports.mime import message_bytes

HOSTILE = [
    "Usage\r\nBcc: thief@evil.example",
    "Usage\nX-Forged: yes",
    "Usage\x0b\x0c\x85\u2028Bcc: thief@evil.example",
    "=?utf-8?q?Usage=0ABcc:_thief@evil.example?=",
    "Usage" + "x" * 5000,
    "Zoë 日本 \u202e gnp.exe",
]


def prepared(**fields: object) -> PreparedMail:
    values = {
        "message_id": "<1@demo.example>",
        "sender": Recipient("usage@demo.example", "Usage"),
        "recipients": Recipients((Recipient("a@demo.example"),), bcc=(Recipient("hidden@demo.example"),)),
        "subject": "Usage",
        "text": "Text",
        "html": "<p>Text</p>",
    }
    return PreparedMail(**{**values, **fields})


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_subject_is_one_line_and_adds_no_header(hostile) -> None:
    raw = message_bytes(prepared(subject=hostile))

    parsed = message_from_bytes(raw, policy=default)
    assert set(parsed.keys()) == {
        "Subject",
        "From",
        "To",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
    }
    assert len(parsed["Subject"]) <= 250
    assert b"\nBcc:" not in raw


def test_bcc_recipients_stand_in_no_part_of_the_message() -> None:
    assert b"hidden@demo.example" not in message_bytes(prepared())
    assert (
        request_body(prepared()).count(b"hidden@demo.example") == 1
    )  # Graph has no envelope: the field is the envelope


@pytest.mark.parametrize("hostile", [*HOSTILE, "<b@evil.example>,", '"; x', "=?utf-8?q?x=0D=0ABcc:_b@evil.example?= <"])
def test_a_display_name_cannot_add_a_recipient(hostile) -> None:
    raw = message_bytes(prepared(sender=Recipient("usage@demo.example", hostile)))

    parsed = message_from_bytes(raw, policy=default)
    assert parsed["Bcc"] is None
    assert [address.addr_spec for address in parsed["From"].addresses] == ["usage@demo.example"]
    assert [address.addr_spec for address in parsed["To"].addresses] == ["a@demo.example"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd.csv", "etc-passwd.csv"),
        ("a\r\nContent-Type: text/html.csv", "a-Content-Type-text-html.csv"),
        ("Überblick März.xlsx", "berblick-M-rz.xlsx"),
        (".hidden", "report.hidden"),
        ("x" * 300 + ".csv", "x" * 116 + ".csv"),
    ],
)
def test_file_names_are_safe_on_every_system(name, safe) -> None:
    assert safe_file_name(name) == safe


@pytest.mark.parametrize("path", ["../db.sqlite3", "/etc/passwd", "", ".", "a/../../db.sqlite3"])
def test_a_stored_path_cannot_leave_the_folder_of_reports(path) -> None:
    with pytest.raises(ValueError, match="does not lie in the folder"):
        stored_path(path)


def test_a_subject_template_is_filled_and_unknown_words_are_named() -> None:
    filled = fill_subject(
        "{filter}: {period}, {schedule}", {"filter": "UK\r\nBcc: x", "period": "2026-01", "schedule": ""}
    )

    assert filled == "UK Bcc: x: 2026-01"
    assert subject_problems("{filter} {secret} {0.__class__}")[0].startswith("“{secret}” is not known; use {schedule}")
    assert subject_problems("{filter}, {date}") == []


def test_a_csv_file_says_in_which_characters_it_is_written_and_a_workbook_does_not(tmp_path) -> None:
    files = []
    for name, mime_type in (("usage.csv", "text/csv"), ("usage.zip", "application/zip")):
        (tmp_path / name).write_bytes("\ufeffZoë\r\n".encode())
        files.append(Attachment(tmp_path / name, name, mime_type))

    parts = list(
        message_from_bytes(message_bytes(prepared(attachments=tuple(files))), policy=default).iter_attachments()
    )

    assert [part.get_content_charset() for part in parts] == ["utf-8", None]
    assert [part.get_payload(decode=True) for part in parts] == ["\ufeffZoë\r\n".encode()] * 2


@pytest.mark.parametrize(
    "text", ["a\n.\nb", "a\r.\rb", "\r\n.\r\nMAIL FROM:<x@evil.example>", "\x0b.\x0c\n.", "\x85.\u2028."]
)
def test_a_message_has_no_line_end_but_crlf_for_anything_else_could_end_it_early(text) -> None:
    raw = message_bytes(prepared(text=text, html=text, subject=text))

    assert raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n")
