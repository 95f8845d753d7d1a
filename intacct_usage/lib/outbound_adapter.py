"""Makes requests and urllib3 open their connections through the guard, and never by themselves."""

from functools import partial
from typing import Any  # urllib3 and requests pass their own keyword arguments through these classes

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from intacct_usage.lib.outbound_guard import OutboundPolicy
from intacct_usage.lib.outbound_sockets import seconds_left, tls_context
from intacct_usage.lib.outbound_tunnel import ProxySettings, open_connection, open_proxy

HOSTS_KEPT = 64


class _Connector:
    """Opens what the connections of one session need."""

    def __init__(self, policy: OutboundPolicy, proxy: ProxySettings | None) -> None:
        self.policy = policy
        self.proxy = proxy

    def encrypted(self, host: str, port: int) -> Any:  # a socket; urllib3 annotates it by its own protocol
        """A connection for TLS: direct, or a tunnel through the proxy."""
        seconds = seconds_left(self.policy.connect_timeout_seconds)
        return open_connection(host, port, policy=self.policy, proxy=self.proxy, timeout_seconds=seconds)

    def plain(self, host: str, port: int) -> Any:  # as above
        """A connection for plain http: direct, or to the proxy, which is then sent the whole address."""
        return self.encrypted(host, port) if self.proxy is None else open_proxy(self.proxy, self.policy)


class _GuardedHTTPConnection(HTTPConnection):
    def __init__(self, *args: Any, connector: _Connector, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connector = connector

    def _new_conn(self) -> Any:
        return self._connector.plain(self.host, self.port)


class _GuardedHTTPSConnection(HTTPSConnection):
    def __init__(self, *args: Any, connector: _Connector, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connector = connector

    def _new_conn(self) -> Any:
        return self._connector.encrypted(self.host, self.port)


class _GuardedPools(PoolManager):
    """One pool of connections per host, all opened by the connector."""

    def __init__(self, connector: _Connector, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._connector = connector

    def _new_pool(
        self, scheme: str, host: str, port: int, request_context: dict[str, Any] | None = None
    ) -> HTTPConnectionPool:
        pool = super()._new_pool(scheme, host, port, request_context)
        connection = _GuardedHTTPSConnection if scheme == "https" else _GuardedHTTPConnection
        pool.ConnectionCls = partial(connection, connector=self._connector)  # type: ignore[assignment] # called, never inspected
        return pool


class GuardedAdapter(HTTPAdapter):
    """Sends over guarded connections, with TLS always verified and no second try."""

    def __init__(self, policy: OutboundPolicy, proxy: ProxySettings | None, pool_size: int) -> None:
        self._connector = _Connector(policy, proxy)
        super().__init__(pool_connections=HOSTS_KEPT, pool_maxsize=pool_size, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        """Give urllib3 one TLS context for all connections, so that the certificates are read once."""
        context = tls_context(self._connector.policy)
        self.poolmanager = _GuardedPools(
            self._connector, num_pools=connections, maxsize=maxsize, block=block, ssl_context=context, **kwargs
        )

    def cert_verify(self, conn: Any, url: str, verify: object, cert: object) -> None:
        """Leave everything to the TLS context; a request cannot ask for less."""
        conn.cert_reqs = "CERT_REQUIRED"

    def request_url(self, request: PreparedRequest, proxies: object) -> str:
        """What stands in the request line: the path, or the whole address where a proxy fetches plain http for us."""
        url = request.url or ""
        return url.partition("#")[0] if self._connector.proxy and url.startswith("http:") else request.path_url

    def add_headers(self, request: PreparedRequest, **kwargs: object) -> None:
        proxy = self._connector.proxy
        if proxy and proxy.authorization and (request.url or "").startswith("http:"):
            request.headers["Proxy-Authorization"] = proxy.authorization
