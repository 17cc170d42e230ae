// A tasker's sitting before a server that answers from lists.
import { createClock } from "../../static/js/studio/shell/clock.js";
import { createSession } from "../../static/js/studio/shell/session.js";
import { inMemory } from "../../static/js/studio/shell/local_store.js";
import { ApiProblem } from "../../static/js/studio/shell/api.js";

export const task = (id, draft = null) => ({
  assignment: { id, token: `t-${id}`, lease_seconds: 900, draft, task: { id: `task-${id}`, after: 1 } },
});
export const NONE = { answer: { spans: [] }, rejected: [] };
export const nothing = { nothing: { code: "all-done", text: "Done.", retry_seconds: null } };
export const problem = (status, code) => new ApiProblem({ status, code, text: code });

/** A server that answers from lists, and notes what it was asked. */
export function sitting({ claim = [], submit = [], more = {}, localStore = inMemory(), trial = false, clock = createClock({ now: () => 0 }), tabs = null, watch = (_name, _given) => {} } = {}) {
  const asked = [];
  const answer = (name, list) => async (...given) => {
    asked.push([name, ...given]);
    const next = list.shift();
    if (next instanceof Error) throw next;
    return next;
  };
  const api = {
    claim: answer("claim", claim),
    trial: answer("trial", claim),
    check: answer("check", submit),
    submit: answer("submit", submit),
    skip: answer("skip", submit),
    draft: async (one, version) => ({ version: version + 1 }),
    heartbeat: async () => ({}),
    release: answer("release", [{ released: true }]),
    ...more,
  };
  const shown = [];
  const view = new Proxy({}, { get: (_, name) => (...given) => (watch(name, given), shown.push([name, ...given])) });
  const session = createSession({
    api, localStore, view, project: "p1", trial, clock, tabs, pause: async () => {},
  });
  const names = () => shown.map(([name]) => name);
  return { session, asked, shown, names, localStore };
}

export const PROJECT = { labels: ["a"], copilot: true };
export const held = (id, more = {}) => ({ assignment: { ...task(id).assignment, project: PROJECT, ...more } });
export const prefetched = (id) => ({ lookahead: { ...task(id).assignment, id: null, token: null, signature: "s", project: PROJECT } });

/** A sitting whose next task is prefetched, and whose submit is answered when told to. */
export async function prefetching(reply, { localStore, more = {}, clock, watch } = {}) {
  let answer;
  const api = {
    lookahead: async () => prefetched("a2"),
    submit: (...given) => (asked.push(given), new Promise((resolve, reject) => (answer = () => (reply instanceof Error ? reject(reply) : resolve(reply))))),
    ...more,
  };
  const asked = [];
  const found = sitting({ claim: [held("a1")], more: api, localStore, clock, watch });
  await found.session.claim();
  await found.session.lookAhead();
  return { ...found, asked, answer: () => answer() };
}
export const shownTasks = (shown) => shown.filter(([name]) => name === "showTask").map(([, one]) => one.task.id);
export const soon = () => new Promise((resolve) => setTimeout(resolve, 5));
