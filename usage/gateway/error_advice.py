"""What each family of failure means to a person, and who does what next. Whole sentences, fit for pages and reports."""

from dataclasses import dataclass

from usage.gateway.error_families import ErrorFamily


@dataclass(frozen=True)
class Advice:
    """`label` is a heading of a few words; `meaning` and `suggested_action` are whole sentences."""

    label: str
    meaning: str
    suggested_action: str


_F = ErrorFamily

ADVICE: dict[ErrorFamily, Advice] = {
    _F.SENDER_CREDENTIALS: Advice(
        "Wrong sender ID or sender password",
        "Intacct does not accept the Web Services sender ID with this sender password, so no company can be read.",
        "Enter the sender ID and sender password again under Configuration, API Credentials. If they are right, "
        "ask Sage Intacct support to check the Web Services licence. Then start the run again.",
    ),
    _F.REQUEST_FORMAT: Advice(
        "Request not understood by Intacct",
        "Intacct could not read the request this program sent. Every company would fail the same way.",
        "This is a fault of this program or a change at Intacct: send the log and the Support ID to your "
        "administrator.",
    ),
    _F.USER_CREDENTIALS: Advice(
        "User sign-in refused",
        "The user ID or the password is wrong in this company, or the user is locked there. Intacct does not say "
        "which.",
        "Ask the administrator of that company to check that the Web Services user exists, is active and not "
        "locked, and has this password. Correct the user ID and password under Configuration, API Credentials, "
        "then run the company again. The sign-in is not repeated by itself, so that the user is not locked.",
    ),
    _F.SENDER_NOT_AUTHORISED: Advice(
        "Sender ID not authorised in this company",
        "The company does not list the sender ID among its Web Services authorizations.",
        "Ask the administrator of that company to add the sender ID (upper and lower case count) under Company, "
        "Setup, Company, Security, Web Services authorizations, then run the company again.",
    ),
    _F.SIGN_IN_REFUSED: Advice(
        "Sign-in refused for an unknown reason",
        "Intacct refused the sign-in with words this program does not know. The company may be suspended or inactive.",
        "Ask the administrator of that company what the words above mean, and give them the Support ID. The sign-"
        "in is not repeated by itself, so that the user is not locked.",
    ),
    _F.ADDRESS_DENIED: Advice(
        "Network address not allowed",
        "The company lets users sign in only from listed IP addresses, and the address of this server is not one "
        "of them.",
        "Ask the administrator of that company to allow the public IP address of this server (or of its proxy).",
    ),
    _F.COMPANY_UNKNOWN: Advice(
        "Company not known to Intacct",
        "Intacct refused the request before the sign-in, which it does when it does not know the company ID.",
        "Check the company ID for spelling. If the company has left Intacct, add it to the exceptions list. If "
        "every company gives this answer, check the sender ID and the user under Configuration, API Credentials.",
    ),
    _F.COMPANY_INACTIVE: Advice(
        "Company expired or inactive",
        "Intacct says that the company has expired, or is suspended or closed.",
        "Ask your Sage account manager about the state of the company, or add it to the exceptions list.",
    ),
    _F.SESSION: Advice(
        "Session not accepted",
        "Intacct ended the session, and a new one was not accepted either.",
        "Run the company again. If it happens again, ask the administrator of that company to check the session "
        "length of the Web Services user.",
    ),
    _F.WRONG_COMPANY: Advice(
        "Answer of another company",
        "The answer does not belong to the company that was asked for, so nothing of it was kept.",
        "Check the company ID, above all its console part. If it is right, send the log to your administrator.",
    ),
    _F.ENDPOINT_REFUSED: Advice(
        "Gateway address refused",
        "The gateway address is not one of Intacct (https, a host under .intacct.com, path /ia/xml/xmlgw.phtml), "
        "so no password was sent to it.",
        "Check INTACCT_ENDPOINT_URL. If Intacct itself named the address, tell your administrator before you do "
        "anything else. A test gateway must be listed in OUTBOUND_ALLOW as host:port.",
    ),
    _F.PERMISSION: Advice(
        "Permission missing",
        "The sign-in works, but the Web Services user may not read API usage in this company.",
        "Ask the administrator of that company to give the user the permission Administration, API usage: View "
        "(newer releases: Usage insights: View), then run the company again.",
    ),
    _F.OBJECT_MISSING: Advice(
        "API usage not available in this company",
        "Intacct does not know the API usage object in this company.",
        "Ask the administrator of that company to have Web Services enabled and to check the subscription with Sage.",
    ),
    _F.FIELDS: Advice(
        "Fields not readable",
        "Intacct does not let the user read some of the fields this program needs.",
        "Ask the administrator of that company to check the permissions of the Web Services user. If they are "
        "complete, send the named fields to your administrator.",
    ),
    _F.FUNCTION_ERROR: Advice(
        "Request refused by Intacct",
        "Intacct signed the user in but refused the request, with words this program does not know.",
        "The next scheduled run tries again. If it happens again, send the error number and the Support ID to "
        "Sage Intacct support.",
    ),
    _F.REQUEST_REFUSED: Advice(
        "Request refused before the sign-in",
        "Intacct refused the request before the sign-in, with words this program does not know.",
        "Send the error number and the Support ID to Sage Intacct support. The next scheduled run tries again.",
    ),
    _F.DATA_LAYER: Advice(
        "Intacct could not process the request",
        "Intacct reported an error of its data layer. It often goes away by itself.",
        "The next scheduled run tries again. If it happens again, send the Support ID to Sage Intacct support.",
    ),
    _F.RATE_LIMIT: Advice(
        "Too many requests",
        "Intacct limits how fast requests may come, and the limit still held after waiting.",
        "Run the company again later. If it happens often, fetch fewer companies at once (FETCH_CONCURRENCY) or "
        "at another time of day.",
    ),
    _F.TOO_MANY_OPERATIONS: Advice(
        "Too many operations in this company",
        "Other programs use all the connections this company may open at once.",
        "Move the schedule to a time when the company's other integrations rest, or ask the company's "
        "administrator about its performance tier.",
    ),
    _F.OFFLINE: Advice(
        "Intacct temporarily off-line",
        "Intacct says that its service is temporarily off-line.",
        "Look at the Sage Intacct status page. The next scheduled run tries again.",
    ),
    _F.TRY_LATER: Advice(
        "Intacct asks to try again later",
        "Intacct could not answer now and asks to try again later.",
        "The next scheduled run tries again.",
    ),
    _F.SERVER: Advice(
        "Intacct server error",
        "Intacct answered with a server error instead of data.",
        "Look at the Sage Intacct status page. The next scheduled run tries again.",
    ),
    _F.CDN_TIMEOUT: Advice(
        "Intacct took too long",
        "The network in front of Intacct gave up waiting for the answer (524), also for smaller pages.",
        "The next scheduled run tries again. If it happens again, send the company ID to Sage Intacct support.",
    ),
    _F.CDN_BLOCK: Advice(
        "Blocked in front of Intacct",
        "The network in front of Intacct refuses requests from this server (403).",
        "Ask your network administrator whether the address of this server is blocked, and Sage Intacct support "
        "to allow it. Then start the run again.",
    ),
    _F.UNREADABLE_ANSWER: Advice(
        "Unreadable answer",
        "The answer is not XML of the Intacct gateway: it is empty, a web page, or damaged.",
        "Check that no proxy or filter answers in place of Intacct. The next scheduled run tries again.",
    ),
    _F.UNEXPECTED_ANSWER: Advice(
        "Unexpected answer",
        "The answer lacks something this program needs or contradicts itself, so nothing of it was kept.",
        "The next scheduled run tries again. If it happens again, send the log to your administrator.",
    ),
    _F.INCOMPLETE: Advice(
        "Incomplete answer",
        "The connection ended before the answer was complete, so nothing of it was kept.",
        "The next scheduled run tries again. If it happens again, ask your network administrator.",
    ),
    _F.TOO_LARGE: Advice(
        "Answer too large",
        "The answer is larger than this program accepts, so reading was stopped.",
        "Send the log to your administrator.",
    ),
    _F.UNREACHABLE: Advice(
        "Intacct cannot be reached",
        "No connection to the Intacct gateway could be made.",
        "Check the internet connection, the firewall and the proxy settings of this server.",
    ),
    _F.TIMED_OUT: Advice(
        "Intacct too slow",
        "Intacct did not answer completely within the time allowed.",
        "The next scheduled run tries again. If it happens again, check the network and HTTP_DEADLINE_SECONDS.",
    ),
    _F.TLS: Advice(
        "Secure connection failed",
        "The certificate of the other side could not be verified, so nothing was sent.",
        "If your network inspects TLS, put its CA certificate into the file named by EXTRA_CA_FILE.",
    ),
    _F.PROXY: Advice(
        "Proxy failed",
        "The proxy cannot be reached or refused to connect to Intacct.",
        "Check the proxy under Configuration, Proxy, and that it allows connections to api.intacct.com.",
    ),
    _F.PROXY_SIGN_IN: Advice(
        "Proxy sign-in refused",
        "The proxy wants a user name and password, and those stored are missing or wrong.",
        "Enter the proxy's user name and password under Configuration, Proxy, then start the run again.",
    ),
    _F.BLOCKED: Advice(
        "Address blocked",
        "The address is of a kind that this program does not connect to unless it is allowed by name.",
        "If it is meant, add it to OUTBOUND_ALLOW as host:port.",
    ),
    _F.DATA_CHANGED: Advice(
        "Data changed while reading",
        "Intacct's usage data changed during each of three reads, so nothing of them was kept.",
        "The next run reads the window again. If it happens again, schedule this company for a quieter hour.",
    ),
    _F.INTERRUPTED: Advice(
        "Interrupted three times",
        "The worker died each time while it fetched this company.",
        "Look into the server's log for the reason, often too little memory, then retry the company.",
    ),
    _F.INTERNAL: Advice(
        "Failure inside this program",
        "Something unexpected happened here, not at Intacct; the stored records were kept.",
        "Send the server's log to your administrator.",
    ),
    _F.INVALID_VALUE: Advice(
        "Value cannot be sent",
        "A company ID, user ID, sender ID or password holds something that no request can carry, so nothing was sent.",
        "Correct the named value under Configuration.",
    ),
}
