/**
 * The studio's requests to the server about a group: the same words as api.js, said once for all that is on the screen.
 * A group is one assignment to the session; its task holds `tiles`, and `at`, the one that a skip or report is about.
 */
import { sayCount } from "../shared/words.js";

/** @param {any} api see api.js */
export function createGridApi(api) {
  const sent = new Map(); // token → the tiles as the server's draft has them
  const post = (verb, body) => api.send("POST", `/studio/grid/${verb}`, body).then(named);

  async function draft(one, version, answer) {
    const known = sent.get(one.token) ?? {};
    // Tiles are never changed in place: another object is another answer.
    const changed = Object.entries(answer.tiles).filter(([id, tile]) => known[id] !== tile);
    const reply = await api.send("PUT", "/studio/grid/draft", { token: one.token, version, answer: { tiles: Object.fromEntries(changed) } });
    sent.set(one.token, answer.tiles);
    return reply;
  }

  async function submit(one, { answer, active_ms }) {
    const { results, ...next } = await post("submit", { token: one.token, answers: answer.tiles, active_ms });
    return { ...next, submitted: { results } };
  }

  return {
    ...api,
    lookahead: undefined, // a group is claimed anew each time
    claim: (project) => api.send("POST", `/studio/${project}/grid/claim`, {}).then(named),
    heartbeat: (one) => api.send("POST", "/studio/grid/heartbeat", { token: one.token }),
    draft,
    submit,
    skip: (one, reason, note) => post("skip", { token: one.token, id: one.task.at, reason, note }),
    report: (one, note) => post("report", { token: one.token, id: one.task.at, note }),
    release: (one) => api.send("POST", "/studio/grid/release", { token: one.token }),
  };
}

/** A group has no name of its own: it is called by how many there are. */
function named(reply) {
  const task = reply.assignment?.task;
  if (task) task.name = sayCount(task.tiles.length, "One image", "{count} images");
  return reply;
}
