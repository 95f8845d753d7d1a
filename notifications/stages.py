"""The stages of a delivery as a list with marks: what was passed, where it failed, what was not reached."""

from collections.abc import Sequence
from dataclasses import dataclass

from notifications.models import DeliveryAttempt, EmailConfiguration, OutgoingEmail
from notifications.transports.base import Stage

SMTP_STAGES = (
    Stage.DNS,
    Stage.CONNECT,
    Stage.GREETING,
    Stage.TLS,
    Stage.SIGN_IN,
    Stage.SENDER,
    Stage.RECIPIENT,
    Stage.DATA,
)
GRAPH_STAGES = (Stage.CONNECT, Stage.TOKEN, Stage.PERMISSION, Stage.MAILBOX, Stage.SEND)
LABELS = {
    Stage.DNS: "Server found",
    Stage.PROXY: "Proxy passed",
    Stage.CONNECT: "Connected",
    Stage.GREETING: "Greeted",
    Stage.TLS: "Encrypted",
    Stage.SIGN_IN: "Signed in",
    Stage.SENDER: "Sender accepted",
    Stage.RECIPIENT: "Recipients accepted",
    Stage.DATA: "Message accepted",
    Stage.TOKEN: "Signed in to Microsoft",
    Stage.PERMISSION: "Allowed to send",
    Stage.MAILBOX: "Mailbox found",
    Stage.SEND: "Message accepted",
    Stage.PREPARE: "Prepared",
}
SENT = {DeliveryAttempt.Outcome.SENT, DeliveryAttempt.Outcome.PARTIAL}


@dataclass(frozen=True)
class StageMark:
    """`state` is "done", "failed" or "open" (not reached)."""

    label: str
    state: str


@dataclass(frozen=True)
class SendResult:
    """What became of one mail, for the person who waits for it."""

    email: OutgoingEmail
    marks: tuple[StageMark, ...]
    attempt: DeliveryAttempt | None

    @property
    def ok(self) -> bool:
        return self.email.state == OutgoingEmail.State.SENT

    @property
    def seconds(self) -> float | None:
        """From the wish to the end, signing in included."""
        return (self.email.finished_at - self.email.created_at).total_seconds() if self.email.finished_at else None

    @property
    def addresses(self) -> list[str]:
        return self.email.recipients_parsed().addresses


def send_result(email: OutgoingEmail, configuration: EmailConfiguration | None = None) -> SendResult:
    """The result of the last attempt. `configuration` tells the stages where the mail was sent with unsaved values."""
    attempt = email.delivery_attempts.order_by("pk").last()
    used = configuration or email.configuration
    stages = _stages_of(used) if used else ()
    return SendResult(email, _marks(stages, attempt), attempt)


def _stages_of(configuration: EmailConfiguration) -> tuple[Stage, ...]:
    if configuration.is_graph:
        return GRAPH_STAGES
    leave_out = set()
    if configuration.security == EmailConfiguration.Security.NONE:
        leave_out.add(Stage.TLS)
    if not configuration.username:
        leave_out.add(Stage.SIGN_IN)
    order = list(SMTP_STAGES)
    if configuration.security == EmailConfiguration.Security.SSL:  # encrypted from the start, greeted afterwards
        order.remove(Stage.TLS)
        order.insert(order.index(Stage.GREETING), Stage.TLS)
    return tuple(stage for stage in order if stage not in leave_out)


def _marks(stages: Sequence[Stage], attempt: DeliveryAttempt | None) -> tuple[StageMark, ...]:
    if attempt is None:
        return ()
    if attempt.outcome in SENT:
        return tuple(StageMark(LABELS[stage], "done") for stage in stages)
    failed = next((stage for stage in Stage if stage.value == attempt.stage), None)
    if failed not in stages:  # where the proxy refuses, or nothing could be prepared, nothing else was reached
        lead = (StageMark(LABELS[failed], "failed"),) if failed else ()
        return (*lead, *(StageMark(LABELS[stage], "open") for stage in stages))
    place = stages.index(failed)
    states = ["done"] * place + ["failed"] + ["open"] * (len(stages) - place - 1)
    return tuple(StageMark(LABELS[stage], state) for stage, state in zip(stages, states, strict=True))
