"""tandem login, logout, whoami: which server, as whom."""

import argparse
import getpass
import ipaddress
import sys
from typing import Any
from urllib.parse import urlsplit

from tandem_client import login
from tandem_client.client import Tandem
from tandem_client.codec import encoded
from tandem_client.command.output import Output
from tandem_client.errors import BadInput
from tandem_client.transport import root_of


def add(commands: Any, everywhere: argparse.ArgumentParser) -> None:
    """The commands and what they take."""
    one = commands.add_parser("login", parents=[everywhere], help="keep a server's address and a token for it")
    one.add_argument("server", help="its address, as in the browser: https://tandem.example.com")
    one.set_defaults(run=sign_in)
    commands.add_parser("logout", parents=[everywhere], help="forget them").set_defaults(run=sign_out)
    commands.add_parser("whoami", parents=[everywhere], help="which server, as whom").set_defaults(run=who)


def sign_in(asked: argparse.Namespace, output: Output) -> None:
    """Ask for the token without showing it, or take the first line of a pipe; see whether it opens; keep it."""
    server = root_of(asked.server)
    token = _typed(server) if sys.stdin.isatty() else sys.stdin.readline().strip()
    if not token:
        raise BadInput("No token was given: type it, or send it through a pipe.")
    with Tandem(server, token) as tandem:
        tandem.me()
    if _in_the_open(server):
        output.note("Whoever is on the way can read what you send: this address is http, not https.")
    path = login.keep(login.Login(server, token))
    output.show({"server": server, "kept_in": str(path)}, f"Signed in at {server}. The token is kept in {path}.")


def sign_out(_asked: argparse.Namespace, output: Output) -> None:
    """Forget the token here; it stays good until it is revoked."""
    if login.forget():
        output.show({"forgotten": True}, "Signed out here. The token is good until you revoke it on your profile page.")
    else:
        output.show({"forgotten": False}, "Nobody was signed in here.")


def who(_asked: argparse.Namespace, output: Output) -> None:
    """Whose token it is, where, in which roles, what it opens and until when."""
    found = login.found()
    with Tandem(found.server, found.token) as tandem:
        me = tandem.me()
    said: dict[str, Any] = {"server": found.server, "token": f"{me.token.prefix}…", "email": me.token.email}
    said |= {"name": me.token.name, "person": me.name, "kind": me.kind, "organization": me.organization}
    said |= {"roles": encoded(me.roles), "scopes": me.token.scopes, "expires_at": encoded(me.token.expires_at)}
    until = f"until {me.token.expires_at:%Y-%m-%d %H:%M} UTC" if me.token.expires_at else "until it is revoked"
    roles = ", ".join(dict.fromkeys(f"{one.role}{' of a project' if one.project else ''}" for one in me.roles))
    lines = [
        f"{me.name} <{me.token.email}>, by the token “{me.token.name}” ({said['token']}) at {found.server}",
        f"  in     {me.organization}: {roles or 'no role'}",
        f"  opens  {', '.join(me.token.scopes)}, {until}",
    ]
    output.show(said, "\n".join(lines))


def _typed(server: str) -> str:
    try:
        return getpass.getpass(f"Token for {server}: ").strip()
    except EOFError:
        return ""


def _in_the_open(server: str) -> bool:
    parts = urlsplit(server)
    host = parts.hostname or ""
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    return parts.scheme == "http" and not here
