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

/** Questions of which only the newest counts; each of the others has a place of its own. */
const NEWEST_COUNTS = ["ask", "askText", "askImported"];
const BESIDE = ["askBoxes", "askEverything"];

/**
 * The copilot of work that isn't held yet, with every method of the real one (shell/copilot.js): questions are stored, and
 * asked once it has come.
 * @param {() => any} join gives the real one @param {(message: any) => void} onAnswer hears it too where none came
 */
export function copilotToCome(join, onAnswer) {
  let real = null;
  let count = 0;
  let newest = null; // {verb, prompt, id}
  const beside = new Set(); // verbs

  function askNewest(verb, prompt, given) {
    if (real) return given ? real[verb](prompt, given) : real[verb](prompt);
    newest = { verb, prompt, id: given ?? `c${++count}` };
    return newest.id;
  }

  function askBeside(verb) {
    if (real) real[verb]();
    else beside.add(verb);
  }

  return {
    come() {
      real = join();
      for (const verb of beside) real[verb]();
      if (!newest) return;
      const { verb, prompt, id } = newest;
      const text = say("The copilot is not there. The tools of the hand work without it.");
      if (!real[verb](prompt, id)) onAnswer({ type: "error", id, text });
    },
    ...Object.fromEntries(NEWEST_COUNTS.map((verb) => [verb, (prompt, id) => askNewest(verb, prompt, id)])),
    ...Object.fromEntries(BESIDE.map((verb) => [verb, () => askBeside(verb)])),
    askWords: (wanted) => real?.askWords(wanted) ?? null,
    cancel() {
      newest = null;
      real?.cancel();
    },
    get listens() {
      return real?.listens ?? true;
    },
    close: () => real?.close(),
  };
}
