"""Keeps secrets and forged lines out of logs and messages.

By value: every secret the program has decrypted is registered here and removed from any text, in the clear and in the
encodings it travels in. By pattern: what looks like a secret (passwords in XML, JSON and URLs, tokens, Authorization
headers) is removed even when nobody registered it.
"""

import base64
import json
import logging
import re
import threading
from collections.abc import Iterator
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

MASK = "[redacted]"
WITHHELD = "[a log record that could not be redacted was withheld]"
LINE_LIMIT = 8192
SHORTEST_SECRET = 4
"""Shorter values would blank ordinary words; the patterns still cover them."""
LONGEST_WORD = 16
"""A refused password of letters alone, up to so many, may be a word of our own sentences; see `SecretsOnTrial`."""

_CREDENTIAL_NAME = (
    r"(?:[\w-]*(?:password|passwd|secret|token|api[_-]?key|apikey|assertion)|pwd|sessionid|session_id|sig)"
)
_XML_NAMES = r"(?:\w+:)?(?:\w*password|sessionid|accountnumber|cardnum|ssn|taxid|secret|token)"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"(<({_XML_NAMES})\b[^<>]*(?<!/)>).*?(</\s*\2\s*>|\Z)", re.I | re.S), rf"\1{MASK}\3"),
    (re.compile(rf"(&lt;({_XML_NAMES})\b.{{0,200}}?&gt;).*?(&lt;/\s*\2\s*&gt;|\Z)", re.I | re.S), rf"\1{MASK}\3"),
    (re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://)[^\s/?#\"'<>]*@", re.I), rf"\1{MASK}@"),
    (
        re.compile(
            r"((?:proxy-)?authorization[\"']?\s*[:=]\s*(?:b(?=[\"']))?[\"']?)(?:(basic|bearer|digest|negotiate)\s+)?[^\s\"',;]+",
            re.I,
        ),
        rf"\1\2 {MASK}",
    ),
    (re.compile(r"\b(basic|bearer)\s+(?=[\w+/.~-]*[\d+/=])[\w+/.~-]{8,}=*", re.I), rf"\1 {MASK}"),
    (re.compile(r"((?:set-)?cookie[\"']?\s*:\s*)[^\r\n]+", re.I), rf"\1{MASK}"),
    (
        re.compile(rf"([\"']{_CREDENTIAL_NAME}[\"']\s*:\s*b?)(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')", re.I | re.S),
        rf'\1"{MASK}"',
    ),
    (re.compile(rf"(\b{_CREDENTIAL_NAME}\s?=\s?)(?:\"[^\"]*\"|'[^']*'|[^\s&\"'<>,;)]+)", re.I), rf"\1{MASK}"),
)

_WORTH_A_LOOK = re.compile(r"[<&:=]|basic|bearer", re.I)
"""No pattern matches a text without one of these, and most lines have none."""

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_SHORT_CODES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_STANDARD_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "exc_text", "stack_info"}


class _Registry:
    """The registered secrets and one pattern that finds them all, rebuilt when the set has changed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def change(self, value: str, *, known: bool) -> None:
        with self._lock:
            if (value in self._values) == known:
                return
            (self._values.add if known else self._values.discard)(value)
            forms = sorted({form for secret in self._values for form in _forms(secret)}, key=len, reverse=True)
            self._pattern = re.compile("|".join(forms)) if forms else None

    def knows(self, value: str) -> bool:
        return value in self._values

    def pattern(self) -> re.Pattern[str] | None:
        return self._pattern


_registry = _Registry()


def register_secret(value: str) -> None:
    """Remove `value` from every text from now on; safe to repeat."""
    if len(value) >= SHORTEST_SECRET:
        _registry.change(value, known=True)


def forget(value: str) -> None:
    """Undo `register_secret`; safe for a value that was never registered."""
    _registry.change(value, known=False)


class SecretsOnTrial:
    """Typed passwords that are about to be tried: secrets like all others, until they turn out to be wrong.

    Words from outside are redacted as they come in, while the trial goes on. A refused password that is no more than
    a word is forgotten after it: taken out of our own sentences (“the password is wrong”) it would garble them and,
    worse, be given away by the gap. Every other refused password stays a secret, and so does what was one before.
    """

    def __init__(self, *values: str) -> None:
        self._new_words = [value for value in values if _is_a_word(value) and not _registry.knows(value)]
        for value in values:
            register_secret(value)

    def refused(self) -> None:
        """Call it before anything of our own is logged about the refusal; not after an error nobody expected."""
        for value in self._new_words:
            forget(value)


def _is_a_word(value: str) -> bool:
    return value.isalpha() and len(value) <= LONGEST_WORD


def redact(text: str) -> str:
    """Return the text without secrets, each replaced by a mark."""
    by_value = _registry.pattern()
    if by_value is not None:
        text = by_value.sub(MASK, text)
    if not _WORTH_A_LOOK.search(text):
        return text
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def escape_line(text: str, limit: int = LINE_LIMIT) -> str:
    """Return the text as one line of at most `limit` characters.

    Control characters, line and paragraph separators, direction marks, invisible characters and lone surrogates are
    shown as codes such as `\\n`, `\\x1b` or `\\u202e`, so that a text can neither forge a line nor a reading order.
    """
    dropped = max(0, len(text) - limit)
    line = _UNSAFE.sub(_visible_code, text[:limit])
    if not dropped and len(line) <= limit:
        return line
    note = f"… [cut, {len(text)} characters]"
    return line[: max(0, limit - len(note))] + note[:limit]


class RedactingFilter(logging.Filter):
    """Takes secrets out of a record before a handler sees it. Lets every record pass and never raises."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            _redact_record(record)
        except Exception:  # noqa: BLE001 - whatever is wrong with a record, logging must not break the program
            _withhold(record)
        return True


def _redact_record(record: logging.LogRecord) -> None:
    message = record.getMessage()
    redacted = redact(message)
    if redacted != message:
        record.msg, record.args = redacted, ()
    elif isinstance(record.args, dict):
        record.args = {name: _redact_value(value) for name, value in record.args.items()}
    elif record.args:
        record.args = tuple(_redact_value(value) for value in record.args)
    if record.exc_info and not record.exc_text:
        record.exc_text = logging.Formatter().formatException(record.exc_info)
    if record.exc_text:
        record.exc_text = redact(record.exc_text)
        record.exc_info = None  # formatters and handlers use the text; the exception itself may hold secrets
    if record.stack_info:
        record.stack_info = redact(record.stack_info)
    for name, value in vars(record).items():
        if name not in _STANDARD_ATTRIBUTES and isinstance(value, str):
            setattr(record, name, redact(value))


def _withhold(record: logging.LogRecord) -> None:
    """Keep the level, logger and place of a record and nothing that could hold a secret."""
    record.msg, record.args = WITHHELD, ()
    record.exc_info = record.exc_text = record.stack_info = None
    for name in [name for name in vars(record) if name not in _STANDARD_ATTRIBUTES]:
        setattr(record, name, WITHHELD)


def _redact_value(value: object) -> object:
    """The value itself where it shows no secret; numbers keep their type for `%d`."""
    if value is None or isinstance(value, int | float):
        return value
    text = str(value)
    redacted = redact(text)
    return value if redacted == text else redacted


def _visible_code(match: re.Match[str]) -> str:
    character = match.group()
    number = ord(character)
    return _SHORT_CODES.get(character) or (f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}")


def _forms(value: str) -> Iterator[str]:
    """A pattern for every form a secret travels in: clear, percent, XML, JSON, Python, hexadecimal, base64."""
    raw = value.encode("utf-8", "surrogatepass")
    for percent in {quote(raw, safe=""), quote(raw), quote_plus(raw), quote(raw, safe="/:@!$&'()*+,;=~")}:
        yield re.sub(r"(?<=%)[0-9A-F]{2}", _in_any_case, re.escape(percent))
    yield _in_any_case(raw.hex())
    references: tuple[dict[str, str], ...] = (
        {},
        {'"': "&quot;"},
        {'"': "&quot;", "'": "&apos;"},
        {'"': "&quot;", "'": "&#x27;"},
        {"'": "&#39;"},
    )
    xml = {escape(value, entities) for entities in references}
    plain = {value, value.encode("ascii", "xmlcharrefreplace").decode()} | xml
    plain |= {text.encode("ascii", "xmlcharrefreplace").decode() for text in xml}
    plain |= {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1], repr(raw)[2:-1]}
    yield from map(re.escape, plain | set(_base64_forms(raw)))


def _in_any_case(text: str | re.Match[str]) -> str:
    digits = text if isinstance(text, str) else text.group()
    return "".join(f"[{digit.lower()}{digit.upper()}]" if digit.isalpha() else digit for digit in digits)


def _base64_forms(raw: bytes) -> Iterator[str]:
    """Base64 of the secret alone and inside a longer text, such as `user:password` of Basic authentication.

    Inside a longer text it may start at any of three bit positions; the characters that mix with neighbours are left
    out, which leaves an unmistakable middle.
    """
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(raw).decode()
        yield whole
        yield whole.rstrip("=")
        for shift in range(3):
            encoded = encode(bytes(shift) + raw).decode()
            inner = encoded[(0, 2, 3)[shift] : (shift + len(raw)) * 8 // 6]
            if len(inner) >= SHORTEST_SECRET + 1:
                yield inner
