/**
 * The studio's requests to the server where a task of any type may come next: nobody fetches what no task of theirs needs,
 * so a type's editor and looks come with its first task, all at once, and are here before the session hears of it.
 */
import { loadEditors } from "./shell/editors.js";

/**
 * @param {any} api see api.js
 * @param {Record<string, Function>} editors by type; filled as they come
 * @param {(type: string) => Promise<Record<string, Function>>} [fetchEditor]
 */
export function createAnyApi(api, editors, fetchEditor = editorOf) {
  const bringing = (verb) => async (...given) => {
    const reply = await api[verb](...given);
    const type = (reply.assignment ?? reply.lookahead)?.project.task_type;
    if (type && !editors[type]) Object.assign(editors, await fetchEditor(type).catch(away));
    return reply;
  };
  const verbs = ["claim", "lookahead", "submit", "skip", "report"];
  return { ...api, ...Object.fromEntries(verbs.map((verb) => [verb, bringing(verb)])) };
}

/** As if the whole request had met no network: it is made again, and answered the same. */
function away(problem) {
  throw Object.assign(problem, { passing: true });
}

/** The page's links for a type lie in their places, without effect until they say what they are. */
async function editorOf(type) {
  await Promise.all(Array.from(document.querySelectorAll(`link[data-of~="${type}"]:not([rel])`), arrived));
  return loadEditors([type]);
}

function arrived(link) {
  return new Promise((/** @type {(event?: Event) => void} */ done) => {
    link.onload = link.onerror = done;
    link.rel = link.dataset.rel;
    if (link.rel !== "stylesheet") done();
  });
}
