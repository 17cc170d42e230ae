"""Where figures are told on a port of their own."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from config.problem import CannotStart
from config.production import LOOPBACK


@dataclass(frozen=True)
class Place:
    """An address of this machine."""

    host: str
    port: int

    @property
    def is_ours_alone(self) -> bool:
        """Whether other machines can't reach it."""
        return self.host in LOOPBACK

    def is_meant_by(self, host: str) -> bool:
        """Whether a `Host` names it as those do who know it: by a number, or as this machine."""
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        try:
            return name in LOOPBACK or bool(ipaddress.ip_address(name.strip("[]")))
        except ValueError:
            return False


def place(environment: Mapping[str, str]) -> Place | None:
    """What TANDEM_METRICS_PORT says: `9464` on this machine alone, or `10.0.0.5:9464`; None where it isn't set.

    Raises CannotStart for what is no port, and for one that others reach without a token.
    """
    said = environment.get("TANDEM_METRICS_PORT", "").strip()
    if not said:
        return None
    host, _, port = said.rpartition(":")
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise CannotStart(f"TANDEM_METRICS_PORT must be a port, or address:port, not {said!r}.")
    at = Place(host.strip("[]") or "127.0.0.1", int(port))
    if not at.is_ours_alone and not environment.get("TANDEM_METRICS_TOKEN"):
        raise CannotStart(
            "TANDEM_METRICS_PORT can be reached from other machines: set TANDEM_METRICS_TOKEN, which Prometheus sends."
        )
    return at
