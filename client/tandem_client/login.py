"""Which server, and with which token: from the environment, else as `tandem login` kept it."""

import json
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

from tandem_client.errors import BadInput, NoLogin
from tandem_client.transport import root_of

SERVER, TOKEN = "TANDEM_SERVER", "TANDEM_TOKEN"


class Login(NamedTuple):
    """A server and a token for it."""

    server: str
    token: str

    def __repr__(self) -> str:
        return f"Login(server={self.server!r}, token=…)"


def place() -> Path:
    """The file that keeps it, under the user's configuration folder."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "tandem" / "login.json"


def found(server: str | None = None, token: str | None = None) -> Login:
    """What is said, else in the environment, else kept. A kept token goes to the server that it was kept for alone.
    Raises NoLogin."""
    server, token = server or os.environ.get(SERVER), token or os.environ.get(TOKEN)
    if server and token:
        return Login(server, token)
    kept = _kept()
    if kept is None or (server and root_of(server) != kept.server):
        raise NoLogin("Nobody is signed in." if not server else f"Nobody is signed in at {server}.")
    return Login(kept.server, token or kept.token)


def keep(login: Login) -> Path:
    """Keep it for later runs, readable to this user alone."""
    path = place()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)  # of mode 600 from the beginning
        with os.fdopen(handle, "w") as file:
            json.dump({"server": root_of(login.server), "token": login.token}, file)
        os.replace(name, path)
    except OSError as error:
        raise BadInput(f"{path} can't be written: {error.strerror}.") from None
    return path


def forget() -> bool:
    """Drop what was kept; whether there was anything."""
    try:
        place().unlink()
    except FileNotFoundError:
        return False
    return True


def _kept() -> Login | None:
    path = place()
    try:
        said = json.loads(path.read_text())
        return Login(str(said["server"]), str(said["token"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        raise BadInput(f"{path} can't be read. Sign in again with `tandem login`.") from None
