"""Signing in: through the form once for each person at a site, afterwards by the cookies which that gave."""

import re
from typing import Any

from playwright.sync_api import Page

from tests.support.browser.site import Site

_kept: dict[tuple[str, str], Any] = {}


def by_form(page: Page, site: Site, email: str) -> None:
    """As a person does it."""
    page.goto(f"{site.url}/accounts/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", site.passwords[email])
    page.click("main button[type=submit]")
    page.wait_for_url(re.compile(r"^(?!.*/accounts/login).*$"))


def enter(page: Page, site: Site, email: str) -> None:
    """As somebody who has signed in before."""
    kept = _kept.get((site.url, email))
    if kept is None:
        by_form(page, site, email)
        _kept[site.url, email] = page.context.cookies()
    else:
        page.context.add_cookies(kept)
