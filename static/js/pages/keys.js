/** The page of a person's keys: every action with its own, changed by pressing another, rejected in words where it can't be. */
import { byId, element, pageData } from "../studio/shared/elements.js";
import { keyTables, whyNot } from "../studio/shell/key_tables.js";
import { chordOf, printed } from "../studio/shared/keys.js";
import { nameOf, ownKeys } from "../studio/shell/own_keys.js";
import { say } from "../studio/shared/words.js";

const MODIFIERS = ["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock", "Dead"];
const tables = keyTables();
const form = byId("keys-form");
const dialog = byId("press");
const channel = new BroadcastChannel("tandem.keys");
let chosen = pageData("chosen");
let target = null; // the action whose key is being pressed

/** The tables as they stand under what is chosen. */
function now() {
  const own = ownKeys(chosen);
  return tables.map((one) => ({ ...one, bindings: own(one.table, one.bindings) }));
}

function show() {
  byId("tables").replaceChildren(...now().map(section));
  form.elements.keys.value = JSON.stringify(chosen);
}

function section({ table, title, bindings }) {
  const rows = [];
  let group = title;
  for (const one of bindings) {
    if (one.group !== group && one.group !== title) rows.push(element("h3", { class: "keys__group" }, one.group));
    group = one.group;
    rows.push(row(table, one));
  }
  const heading = `keys-of-${table}`;
  return element(
    "section",
    { class: "card", "aria-labelledby": heading },
    element("div", { class: "card__header" }, element("h2", { id: heading }, title)),
    element("div", { class: "card__body" }, ...rows),
  );
}

function row(table, { action, keys, text }) {
  const name = nameOf(table, action);
  const names = keys.map((key) => element("kbd", { class: "key" }, printed(key)));
  const words = keys.length ? keys.map(printed).join(say(" or ")) : say("no key");
  const change = element(
    "button",
    { class: "button button--small keys__change", type: "button", id: name, "aria-label": say("{action}: {keys}. Change it", { action: text, keys: words }), onclick: () => ask(table, action, text) },
    ...(names.length ? names : ["–"]),
  );
  const back = name in chosen && element("button", { class: "button button--small button--quiet", type: "button", "aria-label": say("{action}: back to its own key", { action: text }), onclick: () => giveBack(table, action) }, say("Back"));
  return element("div", { class: "keys__row" }, element("span", {}, text), element("span", { class: "cluster" }, back, change));
}

function ask(table, action, text) {
  target = { table, action };
  byId("press-action").textContent = text;
  byId("press-key").textContent = "";
  dialog.showModal();
}

function giveBack(table, action) {
  const { [nameOf(table, action)]: _gone, ...rest } = chosen;
  const { keys } = tables.find((one) => one.table === table).bindings.find((one) => one.action === action);
  const fault = keys.map((key) => whyNot(key, { table, action }, under(rest))).find(Boolean);
  if (!fault) chosen = rest;
  show();
  byId(nameOf(table, action)).focus();
  if (fault) reject(table, action, fault);
}

const under = (keys) => tables.map((one) => ({ ...one, bindings: ownKeys(keys)(one.table, one.bindings) }));

function reject(table, action, fault) {
  const { text } = tables.find((one) => one.table === table).bindings.find((one) => one.action === action);
  ask(table, action, text);
  byId("press-key").textContent = fault;
}

dialog.addEventListener("keydown", (event) => {
  if (event.key === "Escape" || event.key === "Tab" || MODIFIERS.includes(event.key) || event.isComposing) return;
  if (event.target.closest("[data-closes]") && [" ", "Enter"].includes(event.key)) return;
  event.preventDefault();
  const chord = chordOf(event);
  const fault = whyNot(chord, target, now());
  if (fault) return void (byId("press-key").textContent = `${printed(chord)}: ${fault}`);
  chosen = { ...chosen, [nameOf(target.table, target.action)]: [chord] };
  dialog.close();
  show();
  byId(nameOf(target.table, target.action)).focus();
});

form.querySelector("[data-reset]").addEventListener("click", () => {
  chosen = {};
  show();
});

show();
channel.postMessage(chosen); // what is saved: studios that are open take it with their next task
