"""Rate limits: requests of each key, and failed log-ins of each address."""

import ipaddress

from limits import RateLimitItemPerMinute

from tianfu.model.errors import RateLimited, TooManyFailedLogins
from tianfu.serving.services.counters import Allowance, Counters

_IPV6_PREFIX = 64
_EXPORTS = RateLimitItemPerMinute(2)
"""Of one reader, who needs one: thousands of rows are read and translated for it."""


class Throttle:
    """Counts over the last minute.

    Attributes:
        per_minute: Requests taken of one key; 0 switches the limit off.
        failed_per_minute: Failed log-ins taken of one address; 0 switches the limit off.
    """

    def __init__(
        self, per_minute: int, *, failed_per_minute: int = 0, counters: Counters | None = None
    ) -> None:
        self.per_minute = per_minute
        self.failed_per_minute = failed_per_minute
        self._counters = counters or Counters()

    def take(self, key_id: str) -> Allowance | None:
        """Count one request; returns what is left, ``None`` without a limit.

        Raises:
            RateLimited: The key has used up its minute.
        """
        if self.per_minute == 0:
            return None
        allowance = self._counters.hit(RateLimitItemPerMinute(self.per_minute), f"key/{key_id}")
        if not allowance.taken:
            raise RateLimited(retry_after_s=allowance.resets_s, limit=allowance.limit)
        return allowance

    def take_export(self, reader_key: str) -> None:
        """Count one export of everything kept of a reader; nothing is counted without a limit of requests.

        Raises:
            RateLimited: The reader has used up the minute, by whichever key or link.
        """
        if self.per_minute == 0:
            return
        allowance = self._counters.hit(_EXPORTS, f"export/{reader_key}")
        if not allowance.taken:
            raise RateLimited(retry_after_s=allowance.resets_s, what="Too many exports of this reader.")

    def fail(self, address: str) -> None:
        """Count one failed log-in.  A key that is right is never counted, wherever it comes from.

        Raises:
            TooManyFailedLogins: The address has used up its minute.
        """
        if self.failed_per_minute == 0:
            return
        limit = RateLimitItemPerMinute(self.failed_per_minute)
        allowance = self._counters.hit(limit, f"login/{network_of(address)}")
        if not allowance.taken:
            raise TooManyFailedLogins(retry_after_s=allowance.resets_s, limit=allowance.limit)


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 of an IPv6 one, which belongs to one line."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    mapped = found.ipv4_mapped
    return str(mapped or ipaddress.ip_network((int(found), _IPV6_PREFIX), strict=False).network_address)
