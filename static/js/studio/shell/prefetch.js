/** What a task needs that is shown before it is ours. Fetched behind the first task, with the first that is prefetched. */
import { say } from "../shared/words.js";

let _prepared = []; // held, so that what was decoded stays

/** Its pictures are decoded before they are needed. @param {{image: {url: string}|null, images?: any}} task */
export function prepare({ image, images = {} }) {
  _prepared = [image, ...Object.values(images)].filter(Boolean).map(({ url }) => {
    const picture = new Image();
    picture.src = url;
    picture.decode().catch(() => {});
    return picture;
  });
}

/**
 * The copilot of work that isn't held yet: the newest question is kept, and asked once it has come.
 * @param {() => any} join gives the real one @param {(message: any) => void} onAnswer hears it too where none came
 */
export function copilotToCome(join, onAnswer) {
  let real = null;
  let count = 0;
  let kept = null; // [verb, prompt, id]

  function keep(verb, prompt) {
    if (real) return real[verb](prompt);
    kept = [verb, prompt, `c${++count}`];
    return kept[2];
  }

  return {
    come() {
      real = join();
      if (!kept) return;
      const [verb, prompt, id] = kept;
      const text = say("The copilot is not there. The tools of the hand work without it.");
      if (!real[verb](prompt, id)) onAnswer({ type: "error", id, text });
    },
    ask: (prompt) => keep("ask", prompt),
    askText: () => keep("askText"),
    askBoxes: () => real?.askBoxes(),
    askWords: (wanted) => real?.askWords(wanted) ?? null,
    cancel() {
      kept = null;
      real?.cancel();
    },
    get listens() {
      return real?.listens ?? true;
    },
    close: () => real?.close(),
  };
}
