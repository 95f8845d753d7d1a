"""Values that break programs: for databases, parsers, templates, browsers, shells, files and numbers."""

CANARY = "c4nary"
"""Stands in every value that a browser could take for more than text."""

MARKUP = (
    f"<{CANARY} x=1>",
    f"</script><{CANARY}>",
    f"\"on{CANARY}='1' x=\"",
    f"'on{CANARY}=\"1\" x='",
    f"javascript:{CANARY}()",
    f"{{{{ 7|add:7 }}}}{{% debug %}}{CANARY}",
    f"--><svg><{CANARY}>",
    f"&lt;{CANARY}&gt;<{CANARY}>",
)
CHARACTERS = (
    "\x00",
    f"a\x00{CANARY}",
    "\ud800",
    "\udfff\ud800",
    "\u202e\u2066txt.exe",
    "\u200b\u00ad\ufeff",
    "\r\nSet-Cookie: a=b\r\n\r\n<p>",
    "\x1b[2J\x07",
    "\u2028\u2029\x85",
    "e" + "\u0301" * 500,
    "ﷺ" * 300,
    "😀👩‍👩‍👧‍👦",
    "İıßﬀ",
    "x" * 10_000,
)
NUMBERS = (
    "0",
    "-1",
    "2147483648",
    "9223372036854775808",
    "9" * 40,
    "9" * 5000,
    "1e309",
    "NaN",
    "0x7f",
    "٣",
    "²",
    "1_000",
)
DATES = ("0000-00-00", "0001-01-01", "9999-12-31", "2026-02-30", "2026-13-45", "10000-01-01", "25:61", "31@25:00")
CODE = (
    "' OR 1=1 --",
    "1;DROP TABLE usage_company",
    "%' AND _",
    "../../../../etc/passwd",
    "$(id)`id`|id;",
    "//evil.example.com/%2e%2e",
    "http://169.254.169.254/latest/meta-data/",
    "(a+)+$",
    "[",
    "=cmd|'/C calc'!A0",
    '{"a":[{"b":null}]}',
    "None",
)
ALL = (*MARKUP, *CHARACTERS, *NUMBERS, *DATES, *CODE, "", " ", "\t\n")
ADDRESSES = (
    "/%00", "/%ff%fe", "/..%2f..%2fetc/passwd", "//evil.example.com/", "/\\evil.example.com", "/%0d%0aX-A:%20b",
    f"/<{CANARY}>", "/" + "a" * 8000, "/reports/download/../../admin/", "/reports/%252e%252e/", "/.env", "/.git/config",
    "/%ed%a0%80/", "/static/../manage.py", "/static/%2e%2e/%2e%2e/manage.py", "/reports/download/summary.csv%00.xlsx",
)  # fmt: skip
PATH_VALUES = (
    "0", "-1", "2147483648", "9223372036854775807", "9223372036854775808", "9" * 40, "9" * 5000, "1e3", "x", "%00",
    "%ff", "%ed%a0%80", "..%2f..%2f", f"%3C{CANARY}%3E", "%0d%0aX:y", "ffffffff-ffff-ffff-ffff-ffffffffffff", "_3C",
    "%D9%A3", "a" * 3000, "%F0%9F%98%80", "1%20OR%201=1", "%27",
)  # fmt: skip
"""Percent-encoded, for the place-holders of addresses."""

LOOKUPS = (
    "name__regex", "password__startswith", "user__password__contains", "secret__startswith", "query_filter__name",
    "pk__in", "__class__", "id__exact", "asked_at__year", "created_at__day", "created_at__gte", "e", "\x00", "\ud800",
    "[]", "a" * 500, "_connector", "_negated", "filters-TOTAL_FORMS",
)  # fmt: skip
"""As names of parameters: what a program must not hand on to its database."""

BODIES = (
    ("application/json", b'{"a": [' * 5000),
    ("application/json", b"\xff\xfe{}"),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=" + "b" * 500, b"--b"),
    (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="a"; filename="../../x"\r\n\r\nx\r\n--b--',
    ),
    ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name*=utf-8''%ff\r\n\r\nx\r\n--b--"),
    ("application/x-www-form-urlencoded; charset=utf-7", b"name=%2BADw-script%2BAD4-"),
    ("application/x-www-form-urlencoded; charset=no-such-thing", b"name=x"),
    ("application/x-www-form-urlencoded", b"a=1&" * 3000),
    ("text/xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
    ("", b"\x00\xff"),
)
"""Kinds and bodies of requests that no form of ours sends."""
