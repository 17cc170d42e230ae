/**
 * Two copies of one piece of work: both are shown, the person says which one counts, and the other is kept on this
 * machine until the work is handed in. Fetched behind the first task.
 */
import { wordsOf } from "../../review/answers.js";
import * as dialogs from "./dialogs.js";
import { same } from "./draft_changes.js";
import { byId, element } from "../shared/elements.js";
import { drawMask } from "../shared/layers.js";
import { createOffsets } from "../shared/offsets.js";
import { drawOutline } from "../shared/outline_drawing.js";
import { quoted, say, sayCount } from "../shared/words.js";

const SIDE = 260; // of a picture, in pixels
const QUOTED = 3; // spans of a label that are quoted
const MOST = 4; // copies kept of a task

/** What there is in an answer: regions, spans, fields filled in, tiles with a label. @returns {any[]} */
export function marksIn(answer) {
  return answer.regions ?? answer.spans ?? answer.fields ?? Object.values(answer.tiles ?? {}).filter(({ fields }) => fields?.length);
}

/**
 * The copy that it costs least to go on with: the one with more in it, else the newer one.
 * @param {{answer: any, at: number}} mine @param {{answer: any, at: number}} theirs
 * @returns {"mine"|"theirs"}
 */
export function safer(mine, theirs) {
  const more = marksIn(mine.answer).length - marksIn(theirs.answer).length;
  return (more || mine.at - theirs.at) >= 0 ? "mine" : "theirs";
}

/**
 * An answer in a few lines.
 * @param {any} answer
 * @param {{task: any, project: {labels: any[], fields?: any[]}}} about
 * @returns {string[]}
 */
export function linesOf(answer, { task, project }) {
  const nameOf = (key) => project.labels.find((label) => label.key === key)?.name ?? key;
  const fieldOf = (key) => project.fields?.find((field) => field.key === key)?.name ?? key;
  if (answer.fields) return answer.fields.map((part) => say("{field}: {value}", { field: fieldOf(part.field), value: wordsOf(part, nameOf) }));
  const groups = new Map();
  for (const mark of marksIn(answer)) {
    const label = mark.label ?? mark.fields[0].value;
    groups.set(label, [...(groups.get(label) ?? []), mark]);
  }
  return [...groups].map(([label, marks]) => {
    const text = say("{label} × {count}", { label: nameOf(label), count: marks.length });
    return answer.spans ? say("{label}: {words}", { label: text, words: quotedSpans(marks, task.payload.text) }) : text;
  });
}

function quotedSpans(spans, text) {
  const offsets = createOffsets(text);
  const words = spans.slice(0, QUOTED).map(({ start, end }) => quoted(offsets.slice(start, end))).join(", ");
  return spans.length > QUOTED ? `${words}…` : words;
}

/** Regions over their picture, small. */
function pictureOf(regions, { task: { image }, project }) {
  const scale = SIDE / Math.max(image.width, image.height);
  const canvas = element("canvas", { class: "copy__picture", width: Math.ceil(image.width * scale), height: Math.ceil(image.height * scale), "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  const view = { scale, x: 0, y: 0 };
  const colourOf = (key) => project.labels.find((label) => label.key === key)?.colour ?? "#868e96";
  const draw = () => {
    for (const { shape, label } of regions) {
      if (shape.type === "mask") drawMask(context, view, shape, { colour: colourOf(label), edge: Math.ceil(1 / scale) });
      else drawOutline(context, view, shape, { colour: colourOf(label) });
    }
  };
  const photograph = new Image();
  photograph.src = image.url;
  photograph.decode().then(() => context.drawImage(photograph, 0, 0, canvas.width, canvas.height), () => {}).then(draw);
  return canvas;
}

/**
 * One copy in the dialog.
 * @param {string} title @param {{answer: any|null, at: number}} copy null where nothing is marked in it
 * @param {any} about see linesOf @param {{advised?: string|false, lines?: string[]}} [told] lines: of its own, said first
 */
export function copyNode(title, { answer, at }, about, { advised, lines = [] } = {}) {
  const count = answer && sayCount(marksIn(answer).length, "{count} mark", "{count} marks");
  const when = at && new Date(at).toLocaleString(document.documentElement.lang || [], { dateStyle: "medium", timeStyle: "medium" });
  return element("section", { class: "copy", "aria-label": title },
    element("h3", {}, title, advised && element("span", { class: "badge badge--info" }, advised)),
    ...lines.map((line) => element("p", { class: "small", dir: "auto" }, line)),
    element("p", { class: "small" }, !when ? count : count ? say("{count}, changed {when}", { count, when }) : say("Changed {when}", { when })),
    answer?.regions && about.task.image && pictureOf(answer.regions, about),
    element("ul", { class: "copy__lines small" }, ...(answer ? linesOf(answer, about) : []).map((line) => element("li", { dir: "auto" }, line))),
  );
}

/**
 * @param {object} page
 * @param {any} page.session @param {any} page.notes @param {import("./local_store.js").LocalStore} page.localStore
 * @param {() => any|null} page.editor
 */
export function createCopies({ session, notes, localStore, editor }) {
  let other = null; // the server's copy, while nobody has chosen
  const place = () => `${session.assignment?.id} other`;
  const here = async () => ({ answer: editor().answer(), rejected: editor().rejected(), at: (await localStore.read(session.assignment.id).catch(() => null))?.at ?? 0 });

  const kept = async () => (await localStore.read(place()).catch(() => null))?.copies ?? [];

  /** A copy for later; the newest few are kept. */
  async function setAside(copy) {
    const others = (await kept()).filter((one) => !same(one.answer, copy.answer));
    await localStore.write(place(), { copies: [copy, ...others].slice(0, MOST) }).catch(() => {});
  }

  /** What can be brought back: the newest copy with something in it that isn't what is seen. */
  async function offered() {
    const copies = await kept();
    return editor() && copies.find(({ answer }) => marksIn(answer).length && !same(answer, editor().answer()));
  }

  async function offer() {
    if (!(await offered())) return notes.clear("other");
    const text = say("Your other copy is kept on this machine until you submit.");
    notes.show("other", { kind: "info", text, verb: say("Bring it back"), onVerb: bring });
  }

  async function bring() {
    const copy = await offered();
    if (copy) await change(copy, await here());
  }

  /** Another copy in the place of this one, as one step that undo takes back. */
  async function change(copy, mine) {
    const taken = new Set(marksIn(copy.answer).map((part) => part.provenance?.suggestion));
    editor().take(copy.answer, (copy.rejected ?? mine.rejected).filter(({ suggestion }) => !taken.has(suggestion)));
    await setAside(mine);
    return offer();
  }

  async function conflict(theirs = other) {
    other = theirs;
    if (!theirs) return session.keepMine(0);
    const mine = await here();
    const server = { ...theirs, at: Date.parse(theirs.at ?? "") || 0 };
    await setAside(mine); // the other page may write where this one keeps its work
    const advice = safer(mine, server);
    const about = session.assignment;
    const why = marksIn(mine.answer).length === marksIn(server.answer).length ? say("Newer") : say("More in it");
    byId("copies").replaceChildren(copyNode(say("What I see here"), mine, about, { advised: advice === "mine" && why }), copyNode(say("The other copy"), server, about, { advised: advice === "theirs" && why }));
    for (const button of byId("conflict-dialog").querySelectorAll("[value]")) {
      button.autofocus = button.value === advice;
      button.classList.toggle("button--primary", button.value === advice);
    }
    const { answer } = await dialogs.ask("conflict-dialog");
    if (!answer) {
      const text = say("There are two copies of your work. Until you choose one, what you do is kept on this machine alone.");
      return notes.show("conflict", { kind: "warn", text, verb: say("Choose"), onVerb: () => conflict() });
    }
    notes.clear("conflict");
    if (answer === "mine") {
      session.keepMine(theirs.version);
      await setAside(server);
      return offer();
    }
    const latest = await here();
    session.takeTheirs(theirs.version, theirs.answer);
    return change(server, latest);
  }

  return {
    conflict,
    /** After a reload: whether a copy is kept of the task at hand. */
    recall: () => session.assignment?.id && offer(),
  };
}
