"""What a mail server's refusal usually means and who does what next."""

import re

HINTS: tuple[tuple[str, str], ...] = (
    (
        r"5\.7\.30",
        "Microsoft 365 no longer accepts user name and password over SMTP here. Use the provider Microsoft Graph.",
    ),
    (
        r"5\.7\.139",
        "Microsoft 365 refused the password sign-in: SMTP AUTH is switched off for the mailbox or the organisation, or "
        "a security default blocks it. An administrator can allow authenticated SMTP for this mailbox; better, use "
        "Microsoft Graph.",
    ),
    (
        r"5\.7\.60|SendAs",
        "The account that signs in may not send as the from address. Use its own address, or have an administrator "
        "grant it the right to send as that mailbox.",
    ),
    (
        r"5\.7\.9|application-specific password|InvalidSecondFactor",
        "Google wants an app password here, not the account's own: switch on 2-step verification, create an app "
        "password and enter it.",
    ),
    (
        r"gsmtp.*|5\.7\.8.*(google|gmail)",
        "Google refused the sign-in. Use an app password (it needs 2-step verification), not the account's own.",
    ),
    (
        r"^530\b|5\.7\.0 .*authenticat|authentication required",
        "The server wants a sign-in: enter user name and password.",
    ),
    (r"must issue a STARTTLS", "The server wants an encrypted connection: set the security to STARTTLS."),
    (r"^53[45]\b|5\.7\.8", "Check user name and password; many providers want an app password for programs."),
    (r"^552\b|5\.3\.4|5\.2\.3", "The message is larger than the server takes."),
    (r"4\.2\.2|5\.2\.2", "A mailbox is full."),
    (r"^421\b|4\.7\.\d", "The server is busy or limits how fast it takes mail; later attempts usually pass."),
    (r"^45[12]\b", "The server cannot take the message at the moment; later attempts usually pass."),
    (r"5\.1\.1|user unknown|no such user", "Check the spelling of the address."),
    (r"5\.7\.1|relay", "The server does not take mail for this sender or recipient from here: ask its administrator."),
)
_COMPILED = tuple((re.compile(pattern, re.IGNORECASE | re.MULTILINE), hint) for pattern, hint in HINTS)

TOO_LARGE = re.compile(r"^552(?! 5\.2\.[12])|^523\b|\b5\.3\.4\b|\b5\.2\.3\b")


def hint_for(words: str) -> str:
    """`words` begins with the reply code."""
    return next((hint for pattern, hint in _COMPILED if pattern.search(words)), "")


def is_too_large(words: str) -> bool:
    return TOO_LARGE.search(words) is not None
