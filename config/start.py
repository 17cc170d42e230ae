"""The command that starts the whole: models, database, migrations, demo, then web, worker and runtime."""

import asyncio
import contextlib
import os
import shlex
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from config import database_owner, postgres, production, step_cache
from config.folder import ROOT, listen, make_writable, own
from config.limits import open_files
from config.log_output import Json, Plain
from config.metrics.place import place
from config.postgres import Holder
from config.problem import CannotStart
from config.step_cache import Stamps
from config.supervisor import Child, Stopped, Supervisor, sweep
from taskers.files.folders import data_folder

OLDEST_POSTGRES = 15
PARTS = ("web", "worker", "runtime")
OF_WORKER = 6  # connections a worker holds outside the pool: its jobs, and listening for new ones
ACCOUNTS = "demo-accounts.txt"  # written by `load_demo`
NOBODY = (
    "Nobody is here yet. Begin an organization:"
    ' `{data}.venv/bin/python manage.py create_organization "Bureau of Maps" olga@maps.gov`'
    " prints the link with which its owner sets a password."
)
FETCH = (sys.executable, "-m", "assist.adapters", "fetch", "--only")
LOOK_SECONDS = 2.0  # between two looks at the embedded server


@dataclass(frozen=True)
class Plan:
    """What one machine runs."""

    host: str
    port: int
    voice: Plain
    webs: int = 1
    workers: int = 1
    runtimes: int = 1
    demo: bool = False
    migrate: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)

    def connections(self, pool: int) -> int:
        """The most database connections that this machine may hold at once, with `pool` per process."""
        return pool * (self.webs + self.workers) + OF_WORKER * self.workers

    @property
    def address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def run(port: int, *, demo: bool = True) -> None:
    """Everything for one person on their own machine, with the demo or empty; returns when it was stopped."""
    execute(Plan("127.0.0.1", port, Plain(), demo=demo))


def serve() -> None:
    """The production start, as the environment says (docs/operate.md); returns when it was stopped."""
    production.check(os.environ)
    host, port = production.address()
    parts = os.environ.get("TANDEM_PARTS", ",".join(PARTS)).replace(" ", "").split(",")
    if unknown := set(parts) - set(PARTS):
        raise CannotStart(f"TANDEM_PARTS may name {', '.join(PARTS)}, not {', '.join(sorted(unknown))}.")
    plan = Plan(
        host,
        port,
        Json(),
        webs=production.count("TANDEM_WEB", 2) if "web" in parts else 0,
        workers=production.count("TANDEM_WORKERS", 1) if "worker" in parts else 0,
        runtimes=int("runtime" in parts),
        migrate=os.environ.get("TANDEM_MIGRATE", "yes").lower() not in production.NO,
        environment={"TANDEM_JSON_LOGS": "yes", "TANDEM_ACCESS_LOG": "yes"},
    )
    if plan.webs > 1 and not os.environ.get("REDIS_URL"):
        text = "REDIS_URL is not set: web processes can't push to each other's sockets"
        plan.voice.say("start", text, "warning")
    execute(plan)


def execute(plan: Plan) -> None:
    """Take the data folder and the port, then live until SIGINT, SIGTERM or SIGHUP. Raises CannotStart."""
    open_files()
    place(os.environ)  # said before anything is begun
    production.check_model_keys(os.environ)
    data = data_folder()
    make_writable(data)
    with own(data, plan.address):
        for name in sweep(data / "run" / "children.json"):
            plan.voice.say("start", f"ended {name}, left behind by a start that was killed")
        if not plan.webs:
            asyncio.run(_Life(plan, data, None).live())
            return
        with listen(plan.host, plan.port) as listener:
            asyncio.run(_Life(plan, data, listener).live())


class _Life:
    """One start, from the first check to the last child's end."""

    def __init__(self, plan: Plan, data: Path, listener: socket.socket | None) -> None:
        self.plan = plan
        self.data = data
        self.listener = listener
        self.say = plan.voice.say
        self.supervisor = Supervisor(plan.voice, data / "run" / "children.json")
        self.stamps = Stamps(data / "run" / "stamps")
        self.holder: Holder | None = None
        self.url = os.environ.get("DATABASE_URL") or postgres.url(data)

    async def live(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.supervisor.stop)
        try:
            await self._fetch_models()
            await self._open_database()
            await self._prepare()
            await self._keep()
        except Stopped:
            pass
        finally:
            if self.holder:
                await asyncio.to_thread(self.holder.release)
            self.say("start", "stopped")

    async def _fetch_models(self) -> None:
        if not self.plan.runtimes:
            return
        if await self.supervisor.step(Child("models", [*FETCH, "usual"])):
            self.say("start", "The copilot's models are missing, so Tandem starts with the copilot off.", "error")

    async def _fetch_more(self) -> None:
        """What comes along, beside everything else: nobody waits for it."""
        with contextlib.suppress(Stopped, OSError):
            if self.plan.runtimes and await self.supervisor.step(Child("models", [*FETCH, "more"])):
                self.say("start", "Some of the models that come along are missing; the rest works.", "warning")

    async def _open_database(self) -> None:
        if not os.environ.get("DATABASE_URL"):
            self.say("postgres", f"embedded server, data in {postgres.place(self.data).home}")
            self.holder = await asyncio.to_thread(postgres.start, self.data)
        room = await asyncio.to_thread(check_database, self.url)
        needed = self.plan.connections(production.count("TANDEM_POOL", 8))
        if needed > room:
            text = f"up to {needed} database connections are needed here, and the server has {room}: lower TANDEM_POOL"
            self.say("start", text, "warning")
        if self.supervisor.stopping.is_set():
            raise Stopped

    async def _prepare(self) -> None:
        """Static files, and beside them the migrations and the demo: each in a process of its own, and only where it is
        due. All end before a fault of one is raised."""
        for fault in await asyncio.gather(self._fill_database(), self._collect_static(), return_exceptions=True):
            if fault:
                raise fault

    async def _fill_database(self) -> None:
        database = await asyncio.to_thread(step_cache.database_key, self.url)
        if self.plan.migrate:
            key = database and f"{database} {step_cache.migrations_key()}"
            await self._once("migrate", key, ["migrate", "--no-input", "--verbosity", "1"], owner=True)
        if self.plan.demo:
            await self._once("demo", database, ["load_demo", "--verbosity", "0"], owner=True)

    async def _collect_static(self) -> None:
        if self.plan.webs:
            collect = ["collectstatic", "--no-input", "--clear", "--verbosity", "0"]
            await self._once("static", step_cache.static_key(), collect)

    async def _once(self, step: str, key: str | None, arguments: list[str], *, owner: bool = False) -> None:
        """Run a command of manage.py unless it was done under this key; without a key, run it each time. One for the
        database's owner is given the owner's address, where the operator named one.

        Django's checks, for which each would load every page first, are of the code: tests run them.
        """
        if key and self.stamps.done(step, key):
            return
        self.say("start", f"{arguments[0]} ...")
        command = [sys.executable, str(ROOT / "manage.py"), *arguments, "--skip-checks"]
        given = os.environ.get(database_owner.VARIABLE) if owner else None
        address = {database_owner.VARIABLE: given} if given else {}
        child = Child(step, command, {**self.plan.environment, **address})
        if code := await self.supervisor.step(child):
            raise CannotStart(f"`manage.py {arguments[0]}` failed (exit code {code}): its last lines say why.")
        if key:
            self.stamps.mark(step, key)

    async def _keep(self) -> None:
        beside, more = [asyncio.create_task(self._announce())], asyncio.create_task(self._fetch_more())
        if self.holder:
            beside.append(asyncio.create_task(self._watch_postgres()))
        await self.supervisor.keep(self._stages())
        await more  # which has ended, or is being ended
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)

    def _stages(self) -> list[list[Child]]:
        """In the order of starting; they stop the other way round, so that nobody works for the departed."""
        plan = self.plan
        python, environment = sys.executable, plan.environment
        runtime = [Child("runtime", [python, "-m", "assist.runtime.server"], environment, grace=5.0)] * plan.runtimes
        worker = [python, str(ROOT / "manage.py"), "work", "--skip-checks"]
        workers = [Child(_numbered("worker", at, plan.workers), worker, environment) for at in range(plan.workers)]
        if place(os.environ):
            workers.append(Child("metrics", [python, "-m", "config.metrics"], environment))
        webs = []
        if self.listener:
            descriptor = self.listener.fileno()
            web = [python, "-m", "config.web", str(descriptor)]
            webs = [Child(_numbered("web", at, plan.webs), web, environment, (descriptor,)) for at in range(plan.webs)]
        return [stage for stage in (runtime, workers, webs) if stage]

    async def _watch_postgres(self) -> None:
        while not self.supervisor.stopping.is_set():
            await asyncio.sleep(LOOK_SECONDS)
            assert self.holder is not None
            if postgres.server_pid(self.data):
                continue
            self.say("postgres", "the server died; starting it again", "error")
            try:
                fresh = await asyncio.to_thread(postgres.start, self.data)
            except CannotStart as problem:
                self.say("postgres", str(problem), "error")
                continue
            self.holder, old = fresh, self.holder
            await asyncio.to_thread(old.release)

    async def _announce(self) -> None:
        if self.listener is None:
            self.say("start", "running, without web processes on this machine")
            return
        while not await _answers(self.listener.getsockname()):
            await asyncio.sleep(0.2)
        self.say("start", f"Tandem is at {self.plan.address}")
        accounts = self.data / ACCOUNTS
        if self.plan.demo and accounts.exists():
            # On a terminal of the one person who runs this; the file is theirs alone, and git ignores it.
            for line in accounts.read_text().splitlines():
                self.say("start", line)
            self.say("start", f"These demo accounts and passwords are kept in {accounts}")
        elif not self.plan.demo and await asyncio.to_thread(is_empty, self.url):
            # Elsewhere the command would look for another database, and wait for it.
            data = os.environ.get("TANDEM_DATA")
            self.say("start", NOBODY.format(data=f"TANDEM_DATA={shlex.quote(data)} " if data else ""))
        self.say("start", "Ctrl-C stops everything.")


def check_database(url: str) -> int:
    """How many connections the server has for us. Raises CannotStart unless it answers and is new enough."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            found = connection.info.server_version // 10_000
            row = connection.execute(
                "SELECT current_setting('max_connections')::int"
                " - current_setting('superuser_reserved_connections')::int"
            ).fetchone()
    except psycopg.Error as problem:
        parts = conninfo_to_dict(url)
        where = f"{parts.get('host') or 'the local socket'}, database {parts.get('dbname')}"
        reason = str(problem).strip().splitlines()[-1]
        raise CannotStart(f"The database ({where}) can't be reached: {reason} Check DATABASE_URL.") from None
    if found < OLDEST_POSTGRES:
        raise CannotStart(f"The database server is PostgreSQL {found}, and Tandem needs {OLDEST_POSTGRES} or newer.")
    return row[0] if row else 0


def is_empty(url: str) -> bool:
    """Whether no organization has begun here, so that nobody can sign in."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        return connection.execute("SELECT FROM taskers_organization LIMIT 1").fetchone() is None


async def _answers(where: tuple) -> bool:
    """True once a web process answers anything at all to a request for its health."""
    host = where[0].replace("0.0.0.0", "127.0.0.1")
    try:
        reader, writer = await asyncio.open_connection("::1" if host == "::" else host, where[1])
    except OSError:
        return False
    try:
        name = os.environ.get("TANDEM_HOSTS", "localhost").split(",")[0].strip(" .")
        writer.write(f"GET /healthz HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        async with asyncio.timeout(30):
            return (await reader.readline()).startswith(b"HTTP/1.1")
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _numbered(name: str, at: int, among: int) -> str:
    return name if among == 1 else f"{name}.{at + 1}"
