/**
 * A tree of labels to choose from: arrows walk it, Enter or Space chooses; a real tree to a screen reader. Letters jump
 * once somebody has gone into it (Tab, an arrow, a slash), until they have chosen; before that they are the studio's keys.
 */
import { element, swatch } from "../shared/elements.js";

const PATIENCE = 800; // ms between two letters that are typed as one word

/**
 * @param {{field: any, labels: {key: string, name: string, colour: string, parent?: string|null}[],
 *   onChoose: (label: string) => void}} options
 */
export function createChoiceTree({ field, labels, onChoose }) {
  const keys = new Set(labels.map((label) => label.key));
  const under = (parent) => labels.filter((label) => (keys.has(label.parent) ? label.parent : null) === parent);
  const nodes = new Map();
  const open = new Set();
  let active = labels[0]?.key ?? null;
  let chosen = null;
  let typed = "";
  let typedAt = 0;
  let searches = false; // letters jump
  const host = element("ul", { class: "tree", role: "tree", tabindex: "0", "aria-label": field.name, id: `tree-${field.key}`, onkeydown: pressed, onkeyup: (event) => (searches ||= event.key === "Tab" && !event.altKey), onblur: () => (searches = false), onclick: clicked, onfocus: () => show() });
  host.append(...under(null).map((label) => build(label, 1)));

  function build(label, level) {
    const children = under(label.key);
    const group = children.length ? element("ul", { role: "group" }, ...children.map((one) => build(one, level + 1))) : null;
    const line = element("span", { class: "tree__line" }, element("span", { class: "tree__turn", "aria-hidden": "true" }), swatch(label.colour, label.pattern), element("span", { class: "clip" }, label.name));
    const node = element("li", { role: "treeitem", id: `tree-${field.key}-${label.key}`, class: "tree__item", "aria-level": level, "aria-selected": "false", "aria-label": label.name, "aria-expanded": group ? "false" : null, "data-key": label.key }, line, group);
    nodes.set(label.key, node);
    return node;
  }

  /** What is in sight, from top to bottom. */
  function visible(parent = null) {
    return under(parent).flatMap((label) => [label, ...(open.has(label.key) ? visible(label.key) : [])]);
  }

  function show() {
    for (const [key, node] of nodes) {
      node.setAttribute("aria-selected", String(key === chosen));
      if (node.hasAttribute("aria-expanded")) node.setAttribute("aria-expanded", String(open.has(key)));
      node.toggleAttribute("data-active", key === active);
    }
    if (active) host.setAttribute("aria-activedescendant", nodes.get(active).id);
    if (document.activeElement === host) nodes.get(active)?.querySelector(".tree__line").scrollIntoView({ block: "nearest" });
  }

  function go(key) {
    if (key) active = key;
    show();
  }

  function step(by) {
    const all = visible();
    const at = all.findIndex((label) => label.key === active);
    go(all[Math.min(Math.max(at + by, 0), all.length - 1)]?.key);
  }

  function parentOf(key) {
    const parent = labels.find((label) => label.key === key)?.parent;
    return keys.has(parent) ? parent : null;
  }

  function openUp() {
    if (!under(active).length) return;
    if (open.has(active)) return step(1);
    open.add(active);
    show();
  }

  function closeUp() {
    if (open.delete(active)) return show();
    go(parentOf(active));
  }

  /** Jump to the next label that begins with what is typed, wherever it lies; the way to it opens. */
  function jump(letter) {
    const now = Date.now();
    typed = now - typedAt < PATIENCE ? typed + letter : letter;
    typedAt = now;
    const at = labels.findIndex((label) => label.key === active);
    const from = typed.length > 1 ? at : at + 1;
    const order = [...labels.slice(from), ...labels.slice(0, from)];
    const found = order.find((label) => label.name.toLowerCase().startsWith(typed.toLowerCase()));
    if (!found) return;
    for (let up = parentOf(found.key); up; up = parentOf(up)) open.add(up);
    go(found.key);
  }

  const KEYS = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    ArrowRight: openUp,
    ArrowLeft: closeUp,
    Home: () => go(visible()[0]?.key),
    End: () => go(visible().at(-1)?.key),
    " ": choose,
    Enter: choose,
  };

  function choose() {
    searches = false;
    onChoose(active);
  }

  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // Enter on what is chosen already is the studio's: it submits.
    if (event.key === "Enter" && active === chosen) return;
    if (KEYS[event.key]) {
      searches = true; // a choice ends that
      KEYS[event.key]();
    } else if (searches && [...event.key].length === 1 && /\p{L}|\p{N}/u.test(event.key)) jump(event.key);
    else return;
    event.preventDefault();
  }

  function clicked(event) {
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (!key) return;
    go(key);
    if (event.target.closest(".tree__turn") && under(key).length) {
      if (!open.delete(key)) open.add(key);
      return show();
    }
    onChoose(key);
  }

  return {
    host,
    /** From now on letters jump. */
    search() {
      host.focus();
      [searches, typed] = [true, ""];
    },
    /** @param {string[]|undefined} path what is chosen */
    mark(path) {
      const now = path?.at(-1) ?? null;
      if (now !== chosen && now) {
        active = now;
        for (const key of path.slice(0, -1)) open.add(key);
      }
      chosen = now;
      show();
    },
  };
}
