/** The studio's dialogs: asking, and telling what can't be told in passing. */
import { byId, element } from "./elements.js";
import { printed } from "./keys.js";

/** Whether any dialog is open: keys then belong to it. */
export function dialogOpen() {
  return document.querySelector("dialog[open]") !== null;
}

/**
 * Open a dialog and wait for its answer.
 * @param {string} id
 * @returns {Promise<{answer: string, fields: Record<string, string>}>} answer "" when it was closed
 */
export function ask(id) {
  const dialog = byId(id);
  const form = dialog.querySelector("form");
  if (dialog.open) return new Promise(() => {});
  form.reset();
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    const done = () => resolve({ answer: dialog.returnValue, fields: Object.fromEntries(new FormData(form)) });
    dialog.addEventListener("close", done, { once: true });
  });
}

export function close(id) {
  byId(id).close();
}

/** Safe HTML of the server (rendered and cleaned Markdown), as it came. */
export function showInstructions(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  byId("instructions").replaceChildren(...parsed.body.childNodes);
  byId("instructions-dialog").showModal();
}

/** @param {import("./keys.js").Binding[]} bindings */
export function showKeys(bindings) {
  const groups = Map.groupBy?.(bindings, (one) => one.group) ?? grouped(bindings);
  const parts = [...groups].map(([group, rows]) =>
    element(
      "section",
      { class: "cheat-sheet__group" },
      element("h3", {}, group),
      element("dl", {}, ...rows.filter((row) => row.keys.length).map(keyRow)),
    ),
  );
  byId("cheat-sheet").replaceChildren(...parts);
  byId("keys-dialog").showModal();
}

function grouped(bindings) {
  const groups = new Map();
  for (const one of bindings) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return groups;
}

function keyRow({ keys, text }) {
  const names = keys.map((key) => element("kbd", { class: "key" }, printed(key)));
  return element("div", {}, element("dt", {}, ...names), element("dd", {}, text));
}
