"""The receiver of docs/webhooks.md, run as it stands there."""

import os
import re
import subprocess
import sys

import pytest

from projects.webhooks import subscriptions
from tests.support import cast as people
from tests.support import make
from tests.support.config.ports import free_port, listens
from tests.support.projects.hooks import delivered, hurried, subscribed, told
from tests.support.projects.judging import said
from tests.support.waiting import until
from tests.support.walls import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


def script() -> str:
    (found,) = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs" / "webhooks.md").read_text(), re.M | re.S)
    return found


def test_the_receiver_of_the_guide_checks_signatures_and_tells_once(tmp_path, settings) -> None:
    settings.OUTBOUND, settings.OUTBOUND_PRIVATE = ["http://127.0.0.1"], ["127.0.0.1"]
    cast, port = people.assemble(), free_port()
    project = make.project(cast.riverside, wanted=1)
    mine, secret = subscribed(project, f"http://127.0.0.1:{port}/", cast.mina)
    forged, _other = subscribed(project, f"http://127.0.0.1:{port}/", cast.mina, name="Of somebody else")
    (tmp_path / "receive.py").write_text(script())
    command = [sys.executable, str(tmp_path / "receive.py"), str(port)]
    environment = os.environ | {"WEBHOOK_SECRET": secret}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as receiver:
        try:
            until(lambda: listens(port))
            said(cast.alice, make.task(make.batch(project)), make.MARIA)
            told()
            delivered()
            mine.deliveries.update(state="waiting")  # its outcome was not written: it comes again
            hurried()
            delivered()
            subscriptions.ping(mine, by=cast.mina)
            delivered()
        finally:
            receiver.kill()
        assert receiver.stdout is not None
        lines = receiver.stdout.read().decode().splitlines()
    assert [one.strip() for one in lines] == ["task.decided First-0", "ping"]
    assert set(mine.deliveries.values_list("status", flat=True)) == {204}
    assert set(forged.deliveries.values_list("status", flat=True)) == {401}
