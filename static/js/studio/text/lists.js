/**
 * Where there are many: the filter of the list of spans, several of them selected together and what is done with them,
 * and the search for a label. Fetched behind the first edit.
 */
import { linkHover } from "../shared/hover_links.js";
import { createLabelSearch } from "../shared/label_search.js";
import { createListTools } from "../shared/list_tools.js";
import { createGroup } from "../shared/mark_group.js";
import { say, sayCount } from "../shared/words.js";

/**
 * @param {{store: any, list: any, labels: any[], palette: any, host: HTMLElement, scored: boolean,
 *   nameOf: (label: string) => string, wordsOf: (item: any) => string, keyOf: (action: string) => string,
 *   choose: (id: string|null) => void, changed: () => void, act: (action: string) => void, announce: (text: string) => void,
 *   onOpen: () => void, focus: () => void}} editor list: see text/list.js; host: the text
 */
export function createTextLists(editor) {
  const { store, list, labels, host, keyOf, announce } = editor;
  const order = () => tools.arrange(store.items()).map(({ id }) => id);
  const group = createGroup({ lead: () => store.current, choose: (id) => store.select(id), order, onChange: () => (editor.changed(), tellSelected()) });
  const tools = createListTools(list, {
    labels, keyOf, readOf, sources: ["human", "suggestion", "edited", "offer"], scored: editor.scored, onChange: editor.changed, onDone: editor.focus, act: editor.act,
    verbs: [["accept", say("Accept")], ["delete", say("Delete")]],
  });
  const search = createLabelSearch(editor.palette, labels, { keyOf, announce, onPick: (key) => editor.act(`label:${key}`), onOpen: editor.onOpen, onDone: editor.focus });
  const spans = (number) => sayCount(number, "{count} span", "{count} spans");
  let drawn = false; // whether any span of the text is shown as one of several

  list.take({ arrange: tools.arrange, has: group.has, reach: group.reach, toggle: group.toggle });
  linkHover(list, host, { idAt: ({ target }) => target.closest(".span")?.dataset.id ?? null, show: glow });

  function readOf(item) {
    const name = editor.nameOf(item.label);
    const words = [editor.wordsOf(item), name, ...Object.values(item.attributes ?? {})].join(" ").toLowerCase();
    return { words, label: item.label, name, size: item.end - item.start, score: store.scoreOf(item), source: item.offer ? "offer" : item.provenance.source };
  }

  function glow(id) {
    for (const node of host.querySelectorAll("[data-glow]")) node.removeAttribute("data-glow");
    if (id !== null) for (const node of host.querySelectorAll(`.span[data-id="${CSS.escape(id)}"]`)) node.setAttribute("data-glow", "");
  }

  /** Behind whatever was drawn. */
  function show() {
    group.keep((id) => store.item(id) !== null);
    const ids = group.now();
    tools.selected(ids.size);
    if (ids.size < 2 && !drawn) return;
    drawn = ids.size > 1;
    for (const node of host.querySelectorAll(".span")) node.toggleAttribute("data-group", drawn && ids.has(node.dataset.id));
  }

  function tellSelected() {
    const { size } = group.now();
    if (size !== 1) announce(sayCount(size, "{count} selected", "{count} selected"));
  }

  /** The list's next, as it is filtered and sorted. */
  function step(by, reaches) {
    const ids = order();
    if (!ids.length) return;
    const at = ids.indexOf(store.current);
    const next = ids[at < 0 ? (by > 0 ? 0 : ids.length - 1) : (at + by + ids.length) % ids.length];
    if (!reaches) return editor.choose(next);
    if (at >= 0 && (at + by < 0 || at + by >= ids.length)) return;
    group.reach(next);
  }

  const verbs = {
    "find-label": () => search.focus(),
    filter: () => tools.focus(),
    "select-all": () => group.take(order()),
    "also-next": () => step(1, true),
    "also-previous": () => step(-1, true),
  };
  const bulk = {
    delete: () => announce(say("{spans} deleted", { spans: spans(store.removeMany(group.now())) })),
    accept: () => announce(say("{spans} accepted", { spans: spans(store.acceptMany(group.now())) })),
    reject: () => announce(say("{spans} deleted", { spans: spans(store.removeMany(group.now())) })),
  };

  return {
    show,
    /** A row was pressed. @returns {boolean} whether it was about several */
    pressed(id, event) {
      if (event.shiftKey) return group.reach(id), true;
      if (event.ctrlKey || event.metaKey) return group.toggle(id), true;
      return group.several && store.current === id && (group.take([id]), true);
    },
    /** @returns {boolean} whether an action was about many */
    act(action) {
      if (verbs[action]) return verbs[action](), true;
      if (tools.on && (action === "next" || action === "previous")) return step(action === "next" ? 1 : -1), true;
      if (!group.several) return false;
      if (bulk[action]) return bulk[action](), true;
      if (!action.startsWith("label:")) return false;
      const key = action.slice(6);
      announce(say("{spans} labelled {label}", { spans: spans(store.relabelMany(group.now(), key)), label: editor.nameOf(key) }));
      return true;
    },
  };
}
