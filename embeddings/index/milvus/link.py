"""The way to Milvus: opened when first needed, left alone for a moment after it did not answer.

Whatever goes wrong there comes out as :class:`tianfu.model.errors.IndexUnavailable`, never as an error of the
client library, whose texts name addresses and channels.
"""

import importlib.util
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tianfu.model.errors import IndexUnavailable, InvalidSetting

if TYPE_CHECKING:
    from pymilvus import MilvusClient

LITE = ".db"
"""How the name of a file ends that Milvus Lite keeps everything in, inside this process."""
READ_S = 3.0
WRITE_S = 60.0
_REST_S = 5.0
"""After Milvus did not answer, for so long nobody waits for it again."""
_SILENT = "does not answer"
_DENIED = ("UNAUTHENTICATED", "PERMISSION_DENIED")
_FIRST_REFUSAL = 100
"""From here on Milvus numbers its own reasons, such as a collection that is not there."""
_SERVERS = ("http://", "https://", "tcp://", "unix:")


class MilvusLink:
    """One connection of this process.  Safe to use from many threads."""

    def __init__(
        self,
        uri: str,
        *,
        token: str = "",
        read_s: float = READ_S,
        write_s: float = WRITE_S,
        ticks_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Note the address; nothing is opened yet.

        Args:
            uri: ``http://HOST:PORT`` or ``http://HOST:PORT/DATABASE`` of a server, or a file whose name ends
                in ``.db`` for Milvus Lite.
            token: ``USER:PASSWORD`` or an API key; empty for none.
            read_s: How long an answer may take, in seconds.
            write_s: How long a write may take.
            ticks_s: A clock that never goes back, in seconds.

        Raises:
            InvalidSetting: The address is neither, or the client library is not installed.
        """
        check_address(uri)
        self.uri = uri
        self.read_s = read_s
        self.write_s = write_s
        self._token = token
        self._ticks_s = ticks_s
        self._lock = threading.Lock()
        self._client: MilvusClient | None = None
        self._away_until = float("-inf")
        self.fault: str | None = None

    @contextmanager
    def asked(self) -> Iterator["MilvusClient"]:
        """Ask Milvus something; opens the connection where there is none.

        Raises:
            IndexUnavailable: It does not answer, did not a moment ago, or refuses.
        """
        import grpc
        from pymilvus import MilvusException

        if self._ticks_s() < self._away_until:
            raise unavailable(self.fault or _SILENT)
        try:
            yield self._opened()
        except (MilvusException, grpc.RpcError, OSError) as bad:
            what = _what(bad)
            if what == _SILENT:
                raise self.rest(what) from bad
            self.fault = what
            raise unavailable(what) from bad
        self.fault = None

    def rest(self, why: str) -> IndexUnavailable:
        """Leave Milvus alone for a moment, in which all who ask are told why; returns what to raise."""
        self.fault = why
        self._away_until = self._ticks_s() + _REST_S
        return unavailable(why)

    def close(self) -> None:
        """Let go of the connection, and of the file where Milvus Lite keeps one."""
        with self._lock:
            client, self._client = self._client, None
            if client is not None:
                client.close()
                if self.uri.endswith(LITE):
                    from milvus_lite.server_manager import server_manager_instance

                    server_manager_instance.release_server(self.uri)

    def _opened(self) -> "MilvusClient":
        with self._lock:
            if self._client is None:
                from pymilvus import MilvusClient

                # Every error is told in our own words; the library would write it to standard error too.
                logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
                self._client = MilvusClient(self.uri, token=self._token, timeout=self.read_s, dedicated=True)
            return self._client


def check_address(uri: str) -> None:
    """See whether this can be an address of Milvus and whether its client library is installed.

    Raises:
        InvalidSetting: It cannot, or it is not.
    """
    field = "TIANFU_MILVUS_URI"
    if not uri.startswith(_SERVERS) and ("://" in uri or not uri.endswith(LITE)):
        raise InvalidSetting(
            field=field,
            why="is neither the address of a Milvus server nor a file of Milvus Lite",
            advice=f"Give http://HOST:19530, or a file whose name ends in {LITE}.",
        )
    if importlib.util.find_spec("pymilvus") is None:
        raise InvalidSetting(
            field=field,
            why="needs pymilvus, which is not installed",
            advice="Install tianfu[milvus], or leave TIANFU_INDEX_BACKEND at faiss.",
        )
    if uri.endswith(LITE) and importlib.util.find_spec("milvus_lite") is None:
        raise InvalidSetting(
            field=field,
            why="names a file, which needs Milvus Lite, which is not installed",
            advice="Install milvus-lite to try it out, or give the address of a server.",
        )


def unavailable(why: str) -> IndexUnavailable:
    """The error that callers see."""
    return IndexUnavailable(
        f"The archive of vectors {why}; recent stories are found as ever.", advice="Try again in a moment."
    )


def _what(bad: BaseException) -> str:
    """What went wrong, in words that hold no address and no text of the library."""
    code: Any = getattr(bad, "code", None)
    code = code() if callable(code) else code
    if getattr(code, "name", "") in _DENIED:
        return "refuses the token of this service"
    # Below stand the codes of connections that failed, and gRPC's own, which are no numbers.
    return f"refuses (code {code})" if isinstance(code, int) and code >= _FIRST_REFUSAL else _SILENT
