/** Words that a model has for an attribute: asked for by a button, since they cost, and filled in once somebody takes them. */
import { element } from "./elements.js";
import { say } from "./words.js";

/**
 * @typedef {{there: (key: string) => boolean, ask: (key: string) => Promise<{words: string}|null>|null}} Wording
 * @param {{key: string, name: string}} attribute
 * @param {{words: Wording, isShown: () => boolean, onTake: (words: string) => void}} ways isShown: whether it is still about the
 *   same mark
 */
export function createAttributeWords({ key, name }, { words, isShown, onTake }) {
  const said = element("span", { class: "small attributes__said", dir: "auto", role: "status" });
  const verb = (text, onclick) => element("button", { type: "button", class: "button button--small", "aria-label": `${text}: ${name}`, onclick }, text);
  const take = verb(say("Take these words"), () => {
    onTake(String(said.textContent));
    tell("");
  });
  const ask = verb(say("Suggest words"), () => void wanted());
  const host = element("div", { class: "attributes__words cluster" }, ask, said, take);

  function tell(text, offered = false) {
    said.textContent = text;
    take.hidden = !offered;
  }

  async function wanted() {
    tell(say("Asking for words…"));
    try {
      const answer = await words.ask(key);
      if (isShown()) tell(answer?.words ?? "", Boolean(answer?.words));
    } catch (problem) {
      if (isShown()) tell(problem.message);
    }
  }

  tell("");
  return {
    host,
    /** @param {boolean} fixed locked */
    show(fixed) {
      host.hidden = fixed || !words.there(key);
    },
  };
}
