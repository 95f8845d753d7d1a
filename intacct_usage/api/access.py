"""Who may call an operation: the holder of a token whose scope and whose owner's role both allow it."""

from django.core.cache import cache
from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security import HttpBearer
from ninja.throttling import BaseThrottle

from intacct_usage.api.models import ApiToken
from intacct_usage.api.tokens import find_token
from intacct_usage.lib import clock
from intacct_usage.lib.access import Right, may


class TokenAccess(HttpBearer):
    """`Authorization: Bearer iau_…`. No cookie opens the API, so no other site can make a browser use it."""

    def __init__(self, right: Right) -> None:
        super().__init__()
        self.right = right

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        found = find_token(token)
        if found is None:
            return None
        if self.right not in found.rights:
            raise HttpError(403, f"The scope of this token does not include: {self.right.label}.")
        if not may(found.owner, self.right):
            raise HttpError(403, f"The owner of this token lacks the right “{self.right.label}”.")
        request.user = found.owner
        return found


class TokenLimit(BaseThrottle):
    """So many calls with one token in each period; each web process counts for itself."""

    def __init__(self, kind: str, most: int, *, seconds: int) -> None:
        self.kind, self.most, self.seconds = kind, most, seconds

    def allow_request(self, request: HttpRequest) -> bool:
        key = f"api-{self.kind}-{token_of(request).pk}-{int(clock.now().timestamp()) // self.seconds}"
        cache.add(key, 0, timeout=2 * self.seconds)
        return cache.incr(key) <= self.most

    def wait(self) -> float:
        """Until the next period begins."""
        return self.seconds - clock.now().timestamp() % self.seconds


def token_of(request: HttpRequest) -> ApiToken:
    """The token of a call that was let in."""
    token: ApiToken = getattr(request, "auth")  # noqa: B009  # django-ninja adds it to the request
    return token


MAY_READ = TokenAccess(Right.VIEW_REPORTS)
MAY_RUN = TokenAccess(Right.OPERATE_RUNS)
READ_LIMIT = TokenLimit("read", 120, seconds=60)
RUN_LIMIT = TokenLimit("run", 20, seconds=3600)
