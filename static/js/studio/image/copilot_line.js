/** What the copilot says of an image, and what it is asked for without a prompt: what was imported, what it detects. */
import { Detected } from "./detected.js";
import { say, sayCount } from "../shared/words.js";

export class CopilotLine {
  #work;
  #editor;
  #brought = null; // the id of the question for what was imported with the image

  /**
   * @param {any} work see image_regions.js
   * @param {object} editor
   * @param {() => any} editor.store
   * @param {() => boolean} editor.built whether it stands already
   * @param {(listens: boolean) => void} editor.hears
   * @param {() => boolean} editor.listens
   * @param {(shape: any) => void} editor.reveal
   * @param {(action: string) => string} editor.keyOf
   * @param {(key: string) => string} editor.nameOf a label
   * @param {(text: string) => void} editor.tell in the bar
   * @param {(action: string) => void} editor.act
   * @param {() => void} editor.changed
   * @param {() => HTMLElement} editor.beside where bars are put
   */
  constructor(work, editor) {
    this.#work = work;
    this.#editor = editor;
    this.detected = this.#watch();
    /** Words for attributes of what is marked: whether there may be any, and how they are asked for. */
    this.words = { there: false, ask: (wanted) => this.joined.askWords(wanted) };
    /** The line itself: its questions are asked by the store as well. */
    this.joined = work.join({
      onAnswer: (message) => this.#hear(message),
      onAvailable: (listens, state) => this.#available(listens, state),
    });
  }

  #watch() {
    const { announce, confidence, suggest } = this.#work;
    const { act, built, changed, keyOf, listens, nameOf, reveal, store, tell, beside } = this.#editor;
    return new Detected({
      waits: suggest === "asked",
      ask: () => this.joined.askBoxes(),
      askAll: () => this.joined.askEverything(),
      store, listens, reveal, keyOf, tell, announce, confidence,
      nameOf: (key) => nameOf(store().foundLabel(key)),
      changed: () => built() && changed(),
      build: (create) => create(beside(), { act, keyOf, confidence }),
    });
  }

  #hear(message) {
    const { keyOf, store } = this.#editor;
    if (message.type === "regions") return this.#bring(message);
    if (["boxes", "no-boxes", "progress"].includes(message.type)) return this.detected.hear(message);
    const first = store().state.proposal;
    if (!store().receive(message)) return;
    if (message.type === "masks" && first.sharper === message.id) {
      return first.suggestion === message.suggestion ? undefined : this.#work.announce(say("The mask is sharper now."));
    }
    if (message.type !== "masks") return this.#work.announce(message.text);
    this.#work.announce(sayCount(message.masks.length, "The copilot offers a mask. {accept} accepts, {reject} rejects.", "The copilot offers {count} masks. {next} shows the next, {accept} accepts, {reject} rejects.", { accept: keyOf("accept"), reject: keyOf("reject"), next: keyOf("next-mask") }));
  }

  #available(listens, state) {
    const { built, changed, hears } = this.#editor;
    hears(listens);
    this.words.there = listens && Boolean(state?.words);
    if (state?.imported && !this.#brought && !this.#work.answer?.regions.length) this.#brought = this.joined.askImported();
    if (state?.boxes) this.detected.there().catch(() => {}); // without a network the work goes on without it
    if (built() && listens) this.detected.ask();
    if (built()) changed();
  }

  /** What was imported lies there to be kept, changed or removed, unless somebody began already. */
  #bring({ regions, model }) {
    const count = this.#editor.store().bring(regions, model);
    if (count) this.#work.announce(sayCount(count, "One region was brought in: keep it, change it or remove it.", "{count} regions were brought in: keep, change or remove them.", {}));
  }

  /** Something that was taken. @param {number} count */
  took(count) {
    if (count) this.#work.announce(sayCount(count, "One suggestion accepted", "{count} suggestions accepted"));
  }

  close() {
    this.detected.close();
    this.joined.close();
  }
}
