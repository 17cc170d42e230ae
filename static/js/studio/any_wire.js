/**
 * The studio's talk with the server where a task of any type may come next: nobody fetches what no task of theirs needs,
 * so a type's room and looks come with its first task, all at once, and are here before the session hears of it.
 */
import { loadRooms } from "./shell/editors.js";

/**
 * @param {object} wire see wire.js
 * @param {Record<string, Function>} rooms by type; filled as they come
 * @param {(type: string) => Promise<Record<string, Function>>} [fetchRoom]
 */
export function createAnyWire(wire, rooms, fetchRoom = roomOf) {
  const bringing = (verb) => async (...given) => {
    const reply = await wire[verb](...given);
    const type = (reply.assignment ?? reply.ahead)?.project.task_type;
    if (type && !rooms[type]) Object.assign(rooms, await fetchRoom(type).catch(away));
    return reply;
  };
  const verbs = ["claim", "ahead", "submit", "skip", "report"];
  return { ...wire, ...Object.fromEntries(verbs.map((verb) => [verb, bringing(verb)])) };
}

/** As if the whole request had met no network: it is made again, and answered the same. */
function away(problem) {
  throw Object.assign(problem, { passing: true });
}

/** The page's links for a type lie in their places, without effect until they say what they are. */
async function roomOf(type) {
  await Promise.all(Array.from(document.querySelectorAll(`link[data-of~="${type}"]:not([rel])`), arrived));
  return loadRooms([type]);
}

function arrived(link) {
  return new Promise((done) => {
    link.onload = link.onerror = done;
    link.rel = link.dataset.rel;
    if (link.rel !== "stylesheet") done();
  });
}
