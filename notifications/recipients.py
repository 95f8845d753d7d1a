"""Recipients of a mail: typed by people, checked here, printed again by us. Pure: no database, no clock."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from email.headerregistry import Address

MAX_RECIPIENTS = 50
MAX_NAME_LENGTH = 120
MAX_ADDRESS_LENGTH = 254
LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64})*")
DOMAIN_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
NAMED_ADDRESS = re.compile(r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^<>"]*))\s*<\s*(?P<address>[^<>]*?)\s*>')
# Comma, semicolon and line break end an item unless they stand inside quotes.
ITEM = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^,;\r\n])+')
ADDRESS_IN_TEXT = re.compile(r"""[^\s<>()\[\],;:"“”‘’]+@(?:[^\s<>()\[\],;:"“”‘’]*[^\s<>()\[\],;:"“”‘’'.!?])?""")
MASKED_ADDRESS = "[address]"
FIELD_LABELS = {"to": "To", "cc": "CC", "bcc": "BCC"}


class AddressError(ValueError):
    """One address that cannot be used; the message names it and says why."""


class RecipientsError(ValueError):
    """`problems` maps "to", "cc" and "bcc" to one sentence per bad item; `message` is all of them."""

    def __init__(self, problems: dict[str, list[str]]) -> None:
        self.problems = problems
        self.message = " ".join(
            f"{FIELD_LABELS[name]}: {sentence}" for name, sentences in problems.items() for sentence in sentences
        )
        super().__init__(self.message)


@dataclass(frozen=True)
class Recipient:
    """A checked ASCII address (an international domain in its `xn--` form) and a name without control characters."""

    address: str
    name: str = ""

    def __str__(self) -> str:
        """As a person would type it; `parse_recipient` reads the same recipient back."""
        if not self.name:
            return self.address
        if re.fullmatch(r"[\w .'-]+", self.name):
            return f"{self.name} <{self.address}>"
        escaped = self.name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{self.address}>'

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2].lower()

    def header(self) -> Address:
        name = clean_header_text(self.name, limit=MAX_NAME_LENGTH)
        return Address(display_name=name, addr_spec=check_address(self.address))


@dataclass(frozen=True)
class Recipients:
    """Whom a mail goes to; no address occurs twice over the three lists."""

    to: tuple[Recipient, ...]
    cc: tuple[Recipient, ...] = ()
    bcc: tuple[Recipient, ...] = ()

    def __len__(self) -> int:
        return len(self.to) + len(self.cc) + len(self.bcc)

    def __iter__(self) -> Iterator[Recipient]:
        yield from (*self.to, *self.cc, *self.bcc)

    @property
    def addresses(self) -> list[str]:
        return [recipient.address for recipient in self]

    @property
    def warnings(self) -> list[str]:
        """What is allowed but probably not meant, one sentence each."""
        open_domains = sorted({recipient.domain for recipient in (*self.to, *self.cc)})
        if len(open_domains) < 2:
            return []
        return [
            f"To and CC hold addresses of {len(open_domains)} organisations ({', '.join(open_domains)}), who will see "
            "each other. Put them into BCC if they should not."
        ]

    def as_lists(self) -> dict[str, list[str]]:
        """For storage; `from_lists` reads it back."""
        return {name: [str(recipient) for recipient in getattr(self, name)] for name in FIELD_LABELS}

    @classmethod
    def from_lists(cls, lists: dict[str, list[str]]) -> "Recipients":
        """What was stored; it was checked then, and rules that became stricter since must not hide who was meant."""
        return cls(**{name: tuple(_as_stored(item) for item in lists.get(name, [])) for name in FIELD_LABELS})


def parse_recipients(*, to: str, cc: str = "", bcc: str = "") -> Recipients:
    """The recipients of three typed lists, duplicates removed (the first of To, CC, BCC keeps the address).

    Items are separated by commas; semicolons and line breaks are understood too. Raises RecipientsError naming each
    bad item, an empty To, or more than MAX_RECIPIENTS addresses.
    """
    problems: dict[str, list[str]] = {}
    seen: set[str] = set()
    lists: dict[str, tuple[Recipient, ...]] = {}
    for name, text in (("to", to), ("cc", cc), ("bcc", bcc)):
        parsed, sentences = _parse_list(text)
        lists[name] = tuple(item for item in parsed if not _seen_before(item, seen))
        if sentences:
            problems[name] = sentences
    if not lists["to"] and "to" not in problems:
        problems["to"] = ["Enter at least one address."]
    if len(seen) > MAX_RECIPIENTS:
        problems.setdefault("to", []).append(
            f"{len(seen)} different addresses; at most {MAX_RECIPIENTS} are allowed. Use a distribution list."
        )
    if problems:
        raise RecipientsError(problems)
    return Recipients(**lists)


def parse_recipient(text: str) -> Recipient:
    """One address, plain or as `Name <a@b>`. Raises AddressError with a sentence that names it."""
    stripped = text.strip()
    if has_control_characters(stripped):
        raise AddressError(f"“{show(stripped)}” holds a control character.")
    found = _as_stored(stripped)
    return Recipient(check_address(found.address), clean_header_text(found.name, limit=MAX_NAME_LENGTH))


def check_address(text: str) -> str:
    """The address as it goes over the wire. Raises AddressError."""
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain:
        raise AddressError(f"“{show(text)}” is not an e-mail address; write name@example.com.")
    if not LOCAL_PART.fullmatch(local):
        raise AddressError(f"“{show(text)}” has characters before the @ that are not allowed.")
    ascii_domain = _ascii_domain(domain)
    if ascii_domain is None:
        raise AddressError(f"“{show(text)}” has no valid domain after the @.")
    if len(local) > 64 or len(local) + 1 + len(ascii_domain) > MAX_ADDRESS_LENGTH:
        raise AddressError(f"“{show(text)}” is too long.")
    return f"{local}@{ascii_domain}"


def mask_addresses(text: str) -> str:
    """The text, such as a server's answer, without e-mail addresses: for people who may not know the recipients."""
    return ADDRESS_IN_TEXT.sub(MASKED_ADDRESS, text)


def clean_header_text(text: str, *, limit: int) -> str:
    """One line that is safe in a header: control, line-breaking and direction characters become blanks.

    `=?` opens an encoded word, which Python's e-mail package decodes even where the text is not encoded, and a line
    break hidden in one would reach the message: it is taken apart.
    """
    visible = "".join(" " if _is_control(character) else character for character in text)
    line = " ".join(visible.split()).replace("=?", "= ?")
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def has_control_characters(text: str) -> bool:
    return any(_is_control(character) for character in text)


def show(text: str) -> str:
    """A bad item for an error message: short, control characters as codes."""
    coded = "".join(f"\\u{ord(character):04x}" if _is_control(character) else character for character in text)
    return coded if len(coded) <= 80 else coded[:79] + "…"


def _as_stored(item: str) -> Recipient:
    """The address and the name of one item, neither of them checked."""
    named = NAMED_ADDRESS.fullmatch(item)
    if named is None:
        return Recipient(item)
    quoted = named["quoted"]
    name = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else named["plain"].strip()
    return Recipient(named["address"], name)


def _parse_list(text: str) -> tuple[list[Recipient], list[str]]:
    parsed, sentences = [], []
    for item in ITEM.findall(text):
        if not item.strip():
            continue
        try:
            parsed.append(parse_recipient(item))
        except AddressError as error:
            sentences.append(str(error))
    return parsed, sentences


def _seen_before(recipient: Recipient, seen: set[str]) -> bool:
    """Remember the address. Upper and lower case count as the same, as every mail system in use treats them."""
    key = recipient.address.lower()
    if key in seen:
        return True
    seen.add(key)
    return False


def _ascii_domain(domain: str) -> str | None:
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    labels = ascii_domain.split(".")
    return ascii_domain if all(DOMAIN_LABEL.fullmatch(label) for label in labels) else None


def _is_control(character: str) -> bool:
    """Control, format (direction marks, zero width), surrogate, unassigned, line and paragraph separators."""
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
