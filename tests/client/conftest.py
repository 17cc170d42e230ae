"""Nothing that whoever runs the tests is signed in at is ever asked."""

import pytest


@pytest.fixture(autouse=True)
def nobody_signed_in(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("TANDEM_SERVER", "TANDEM_TOKEN"):
        monkeypatch.delenv(name, raising=False)
