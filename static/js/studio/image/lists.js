/**
 * Where there are many: the list of regions with its filter, several regions selected together and what is done with
 * them, copies, and the search for a label. Fetched behind the first edit.
 */
import { fitting, MOST, relabelled, withCopies } from "./region_groups.js";
import { linkHover } from "../shared/hover_links.js";
import { createRows } from "./rows.js";
import { createLabelSearch } from "../shared/label_search.js";
import { createListTools } from "../shared/list_tools.js";
import { createGroup } from "../shared/mark_group.js";
import { say, sayCount } from "../shared/words.js";

const SHIFT = 12; // pixels of an image of 1000 by which a copy lies beside what it is a copy of
let clip = null; // {regions, size}: what was copied, in whatever task
let last = null; // the same of the task before
const scores = new Map(); // of suggestions that were on offer in this sitting

/**
 * @param {HTMLElement} panel
 * @param {{store: any, scored: boolean, size: {width: number, height: number}, labels: any[], palette: any, canvas: HTMLElement,
 *   nameOf: (label: string) => string, lookOf: (label: string) => any, keyOf: (action: string) => string,
 *   choose: (id: string|null) => void, chooseLabel: (key: string) => void, changed: () => void, act: (action: string) => void,
 *   idAt: (event: PointerEvent) => string|null, glow: (id: string|null) => void, announce: (text: string) => void,
 *   focus: () => void}} editor
 */
export function createImageLists(panel, editor) {
  const { store, size, labels, keyOf, announce } = editor;
  const order = () => rows && shown().map(({ id }) => id);
  const group = createGroup({ lead: () => store.selected, choose: (id) => store.select(id), order, onChange: () => (editor.changed(), tellSelected()) });
  const rows = createRows(panel, { ...editor, group, scoreOf: (suggestion) => scores.get(suggestion) ?? null, onSelect: selected });
  const tools = createListTools(rows, {
    labels, keyOf, readOf: rows.readOf, sources: ["human", "suggestion", "edited"], scored: editor.scored, onChange: show, onDone: editor.focus, act: editor.act,
    verbs: [["hide", say("Hide")], ["lock", say("Lock")], ["duplicate", say("Duplicate")], ["delete", say("Delete")]],
  });
  const search = createLabelSearch(editor.palette, labels, { keyOf, announce, onPick: (key) => editor.act(`label:${key}`), onDone: editor.focus });
  linkHover(rows, editor.canvas, { idAt: editor.idAt, show: editor.glow });

  const shown = () => tools.arrange(store.state.regions.toReversed()); // the one in front at the top
  const free = (ids) => store.state.regions.filter(({ id }) => ids.has(id) && !store.locked.has(id));
  const count = (number) => sayCount(number, "{count} region", "{count} regions");

  function show() {
    const { regions, proposal } = store.state;
    if (proposal?.masks.length) scores.set(proposal.suggestion, proposal.masks[proposal.chosen].score);
    group.keep((id) => regions.some((one) => one.id === id));
    rows.show(regions, store.selected, shown());
    tools.selected(group.now().size);
  }

  function selected(id, event) {
    if (event?.shiftKey) return group.reach(id);
    if (event?.ctrlKey || event?.metaKey) return group.toggle(id);
    editor.choose(id === store.selected && !group.several ? null : id);
    if (group.several) group.take([id]);
  }

  function tellSelected() {
    const { size: number } = group.now();
    if (number !== 1) announce(sayCount(number, "{count} selected", "{count} selected"));
  }

  /** The next one down the list, as it is filtered and sorted. */
  function step(by, reaches) {
    const ids = shown().map(({ id }) => id);
    if (!ids.length) return;
    const at = ids.indexOf(store.selected);
    const next = ids[at < 0 ? (by > 0 ? 0 : ids.length - 1) : (at + by + ids.length) % ids.length];
    if (!reaches) return editor.choose(next);
    if (at >= 0 && (at + by < 0 || at + by >= ids.length)) return;
    group.reach(next);
  }

  function relabel(key) {
    const mine = new Set(free(group.now()).filter(({ shape }) => store.takes(key, shape.type)).map(({ id }) => id));
    const left = group.now().size - mine.size;
    store.revise(relabelled(store.state.regions, key, ({ id }) => mine.has(id)), say("Label"));
    const words = say("{regions} labelled {label}", { regions: count(mine.size), label: editor.nameOf(key) });
    announce(left ? say("{words}; {left} not: locked, or of another shape", { words, left }) : words);
  }

  function remove() {
    const gone = new Set(free(group.now()).map(({ id }) => id));
    store.revise(store.state.regions.filter(({ id }) => !gone.has(id)), say("Delete"));
    announce(say("{regions} deleted", { regions: count(gone.size) }));
  }

  /** Hide or lock all, unless all are so already. */
  function turn(set, words) {
    const ids = [...group.now()];
    const on = ids.some((id) => !set.has(id));
    for (const id of ids) set[on ? "add" : "delete"](id);
    editor.changed();
    announce(say(words[on ? 0 : 1], { regions: count(ids.length) }));
  }

  function copied() {
    const ids = group.now();
    return { regions: store.state.regions.filter(({ id }) => ids.has(id)), size };
  }

  function copy() {
    if (!group.now().size) return announce(say("Select a region first."));
    clip = copied();
    announce(say("{regions} copied", { regions: count(clip.regions.length) }));
  }

  /** Copies under labels that this project has, in one step; beside their originals where these are in sight. */
  function paste(from, name) {
    const { regions } = store.state;
    if (!from?.regions.length) return announce(say("Nothing was copied."));
    const fit = fitting(from.regions, from.size, size).filter(({ label, shape }) => store.takes(label, shape.type) && labels.some(({ key }) => key === label));
    const good = fit.slice(0, Math.max(0, MOST - regions.length));
    if (!good.length) return announce(say("None of what was copied fits this image and its labels."));
    const there = new Set(regions.map(saying));
    const beside = good.some((one) => there.has(saying(one)));
    const shift = beside ? Math.max(1, Math.round((SHIFT * Math.max(size.width, size.height)) / 1000)) : 0;
    const made = withCopies(regions, good, { size, shift });
    store.revise(made.regions, name, made.ids.at(-1));
    group.take(made.ids);
    const left = from.regions.length - good.length;
    const words = say("{regions} pasted", { regions: count(good.length) });
    announce(left ? say("{words}; {left} don't fit here", { words, left }) : words);
  }

  const verbs = {
    "find-label": () => search.focus(),
    filter: () => tools.focus(),
    "select-all": () => group.take(order()),
    "also-next": () => step(1, true),
    "also-previous": () => step(-1, true),
    copy,
    paste: () => paste(clip, say("Paste")),
    "paste-previous": () => paste(last, say("Paste")),
    duplicate: () => (group.now().size ? paste(copied(), say("Duplicate")) : announce(say("Select a region first."))),
  };
  const bulk = {
    delete: remove,
    hide: () => turn(store.hidden, [say("{regions} hidden"), say("{regions} shown")]),
    lock: () => turn(store.locked, [say("{regions} locked"), say("{regions} unlocked")]),
  };

  /** @returns {boolean} whether an action was about many */
  function act(action) {
    if (action === "copy" && String(getSelection())) return false; // words of the page
    if (verbs[action]) return verbs[action](), true;
    if (tools.on && (action === "next" || action === "previous")) return step(action === "next" ? 1 : -1), true;
    if (!group.several || store.state.outline || store.state.proposal) return false;
    if (bulk[action]) return bulk[action](), true;
    if (action.startsWith("label:")) return relabel(action.slice(6)), true;
    return false;
  }

  show();
  return {
    show, act, group,
    bring: rows.bring,
    kindOf: rows.kindOf,
    /** The task is left: what is marked in it may be wanted in the next one. */
    close: () => (last = { regions: store.state.regions, size }),
  };
}

const saying = ({ label, shape }) => JSON.stringify([label, shape]);
