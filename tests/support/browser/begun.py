"""Work that was begun before: a draft on the server, from which the studio goes on."""

from playwright.sync_api import Page, Response

SAVE = """async ([assignment, answer]) => {
  const token = document.querySelector("meta[name=csrf-token]").content;
  const body = JSON.stringify({ token: assignment.token, version: 0, answer });
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  return (await fetch(`/studio/assignments/${assignment.id}/draft`, { method: "PUT", headers, body })).status;
}"""
COUNTED = "count => Number(document.querySelector('.panel-part__head .badge')?.textContent) >= count"


def go_on(page: Page, address: str, answer: dict[str, list[dict]]) -> None:
    """Take a task at this address, save an answer of one list as its draft, and open the studio with it."""
    (parts,) = answer.values()
    claims: list[Response] = []  # what is still being loaded is asked for again
    page.on("response", lambda one: claims.append(one) if one.url.endswith("/claim") else None)
    page.goto(address)
    page.locator("#workbench").wait_for()
    taken = next(found for one in claims if "assignment" in (found := one.json()))
    status = page.evaluate(SAVE, [taken["assignment"], answer])
    assert status == 200, f"the draft was not taken: {status}"
    page.reload()
    page.locator("#workbench").wait_for()
    page.wait_for_function(COUNTED, arg=len(parts))
