import assert from "node:assert/strict";
import { before, test } from "node:test";

const listens = () => {
  const heard = {};
  return { heard, addEventListener: (kind, listener) => (heard[kind] = listener) };
};
/** @type {any} */
const page = listens();
page.getElementById = () => page.part;
let isLast;
before(async () => {
  globalThis.document = page;
  ({ isLast } = await import("../../static/js/pages/polled.js"));
});

/** A link or a summary in a part that is fetched again and again. */
function node(tagName, words, more = {}) {
  const one = { tagName, textContent: words, closest: (name) => (name === "summary" && tagName === "SUMMARY" ? one : null), getAttribute: (name) => more[name] ?? null, parentElement: more.details, focus: () => (page.activeElement = one) };
  return one;
}
const part = (...nodes) => ({ id: "part", matches: () => true, contains: (one) => nodes.includes(one), querySelectorAll: (name) => (name === "details[open]" ? nodes.map((one) => one.parentElement).filter((one) => one?.open) : nodes) });
function poll(text, status = 200) {
  const detail = { elt: page.part, target: page.part, shouldSwap: true, xhr: { responseText: text, status } };
  page.heard["htmx:beforeSwap"]({ detail });
  return detail.shouldSwap;
}

test("the last reply is known by its status, or by a part that asks no more", () => {
  assert.equal(isLast(286, "<p>Done.</p>", "part"), true);
  assert.equal(isLast(200, "<p>12 of 40</p>", "part"), false);
  assert.equal(isLast(200, '<main><div class="stack" id="part" hx-get="/run/" hx-trigger="every 2s">', "part"), false);
  assert.equal(isLast(200, '<main><div class="stack" id="part"><p>Done.', "part"), true);
});

test("what a person opened stays open until there is nothing more to come", () => {
  const details = { open: false };
  page.part = part(node("SUMMARY", "Step by step", { details }));
  assert.equal(poll("<p>1</p>"), true);
  page.heard.click({ target: page.part.querySelectorAll("summary")[0] });
  details.open = true; // as the browser does on the click
  assert.equal(poll("<p>2</p>"), false);
  assert.equal(poll("<p>3</p>", 286), true);
  page.heard.click({ target: page.part.querySelectorAll("summary")[0] });
  details.open = false;
  assert.equal(poll("<p>4</p>"), true);
});

test("a part that says what it said is left alone, whatever its token, and the focus stays on the same link", () => {
  const form = (token, words) => `<form><input type="hidden" name="csrfmiddlewaretoken" value="${token}"></form>${words}`;
  const [one, two] = [node("A", "See them", { href: "/a/" }), node("A", "See them", { href: "/b/" })];
  page.part = part(one, two);
  page.activeElement = two;
  assert.equal(poll(form("abc", "1")), true);
  assert.equal(poll(form("def", "1")), false);
  assert.equal(poll(form("ghi", "2")), true);
  const again = node("A", "See them", { href: "/b/" });
  [page.part, page.activeElement] = [part(node("A", "See them", { href: "/a/" }), again), null];
  page.heard["htmx:afterSwap"]({});
  assert.equal(page.activeElement, again);
});
