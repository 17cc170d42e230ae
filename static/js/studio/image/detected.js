/** What a detector sees in the whole image: asked for once, beside the clicks, and taken or left by key in a bar of its own. */
import { sureness } from "../shared/confidence.js";
import { say, sayCount } from "../shared/words.js";

export class Detected {
  #ways;
  #state = "none"; // none | there: may be asked | asked | told
  #bar = null; // fetched where a detector answers, and not before
  #closed = false;

  /**
   * @param {object} ways
   * @param {boolean} ways.waits whether it waits to be asked for
   * @param {() => void} ways.ask the copilot
   * @param {() => void} ways.askAll the same, for all that stands apart
   * @param {() => any} ways.store where what was found lies
   * @param {() => boolean} ways.listens whether the copilot does
   * @param {(shape: any) => void} ways.reveal brings a shape into sight
   * @param {(action: string) => string} ways.keyOf
   * @param {(key: string) => string} ways.nameOf a label
   * @param {"hidden"|"band"|"number"} ways.confidence how it is shown
   * @param {(text: string) => void} ways.tell in the bar
   * @param {(text: string) => void} ways.announce for screen readers
   * @param {() => void} ways.changed
   * @param {(create: (host: HTMLElement, terms: any) => any) => any} ways.build makes the bar
   */
  constructor(ways) {
    this.#ways = ways;
  }

  /** Take what is known to be sure; where nothing is, say so. @returns {number} how many were taken */
  acceptSure() {
    const { store, announce, confidence } = this.#ways;
    const bands = this.#bar?.bands ?? [];
    if (bands.length) return store().acceptAllFound(bands);
    if (store().found().length && confidence !== "hidden") announce(say("No suggestion here is known to be sure: look at each."));
    return 0;
  }

  /** What is suggested, and how sure that is where the project shows it. */
  #named({ label, score, band }) {
    const sure = label ? sureness({ score, band }, this.#ways.confidence) : "";
    const name = this.#ways.nameOf(label);
    return sure ? say("{label}, {sure}", { label: name, sure }) : name;
  }

  /** A detector answers here. */
  async there() {
    if (this.#state !== "none") return;
    this.#state = "there";
    await this.#furnish();
  }

  async #furnish() {
    if (this.#bar) return;
    const { createTextOffers } = await import("../text/offers.js");
    if (this.#closed || this.#bar) return;
    this.#bar = this.#ways.build(createTextOffers);
    this.#ways.changed();
  }

  /** Have it look, unless it did or has to be asked. @param {boolean} [wanted] somebody asks */
  ask(wanted = false) {
    if (this.#state !== "there" || (this.#ways.waits && !wanted)) return;
    this.#state = "asked";
    this.#ways.ask();
    this.#ways.changed();
  }

  /** Have all that stands apart found, detector or not: each thing takes the label in hand. */
  askAll() {
    const text = this.#ways.listens() ? say("Looking for everything in the image…") : say("The copilot is not there. The tools of the hand work without it.");
    this.#ways.tell(text);
    this.#ways.announce(text);
    if (!this.#ways.listens()) return;
    this.#ways.askAll();
    this.#furnish().catch(() => {}); // without a network it is tried again once there is something to show
  }

  #tellProgress({ found, done, of }) {
    const text = of ? sayCount(found, "{count} found so far: {done} of {of} places looked at…", "{count} found so far: {done} of {of} places looked at…", { done, of }) : say("Looking for everything in the image…");
    this.#ways.tell(text);
  }

  /** What came of it. */
  hear(message) {
    const { store, tell, announce, keyOf, changed } = this.#ways;
    if (message.type === "progress") return this.#tellProgress(message);
    this.#furnish().catch(() => {});
    if (this.#state === "asked") this.#state = "told";
    if (message.type === "boxes") store().receiveBoxes(message);
    const count = store().found().length;
    const said = message.type === "boxes" ? message.note : message.text;
    tell(said);
    const offered = count ? sayCount(count, "The copilot suggests one region. {accept} accepts, {reject} rejects.", "The copilot suggests {count} regions. {accept} accepts, {reject} rejects.", { accept: keyOf("accept"), reject: keyOf("reject") }) : "";
    announce([said, offered].filter(Boolean).join(" "));
    changed();
  }

  /** Something that was found is what it is about now. @returns {boolean} whether there is one */
  about(one) {
    const now = this.#ways.store().foundNow();
    if (one && now) {
      const [x, y, width, height] = now.box;
      this.#ways.reveal({ type: "box", x, y, width, height });
      this.#ways.announce(say("Suggested: {label}", { label: this.#named(now) }));
    }
    return Boolean(one);
  }

  /** Draw the bar, unless a mask is on offer: one thing at a time. @param {any} proposal */
  show(proposal) {
    const unasked = this.#state === "there" && this.#ways.waits && this.#ways.listens();
    if (proposal) return this.#bar?.show({ pending: [], unasked: false });
    const now = this.#ways.store().foundNow();
    this.#bar?.show({ pending: this.#ways.store().found(), unasked, current: now ? this.#named(now) : "" });
  }

  close() {
    this.#closed = true;
  }
}
