// A tasker's sitting before a server that answers from lists.
import { createClock } from "../../static/js/studio/shell/clock.js";
import { createSession } from "../../static/js/studio/shell/session.js";
import { inMemory } from "../../static/js/studio/shell/local_store.js";
import { WireProblem } from "../../static/js/studio/shell/wire.js";

export const task = (id, draft = null) => ({
  assignment: { id, token: `t-${id}`, lease_seconds: 900, draft, task: { id: `task-${id}`, after: 1 } },
});
export const NONE = { answer: { spans: [] }, refused: [] };
export const nothing = { nothing: { code: "all-done", text: "Done.", retry_seconds: null } };
export const problem = (status, code) => new WireProblem({ status, code, text: code });

/** A server that answers from lists, and notes what it was asked. */
export function sitting({ claim = [], submit = [], more = {}, stash = inMemory(), trial = false, clock = createClock({ now: () => 0 }) } = {}) {
  const asked = [];
  const answer = (name, list) => async (...given) => {
    asked.push([name, ...given]);
    const next = list.shift();
    if (next instanceof Error) throw next;
    return next;
  };
  const wire = {
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
  const view = new Proxy({}, { get: (_, name) => (...given) => shown.push([name, ...given]) });
  const session = createSession({
    wire, stash, view, project: "p1", trial, clock, pause: async () => {},
  });
  const names = () => shown.map(([name]) => name);
  return { session, asked, shown, names, stash };
}

export const PROJECT = { labels: ["a"], copilot: true };
export const held = (id, more = {}) => ({ assignment: { ...task(id).assignment, project: PROJECT, ...more } });
export const foreseen = (id) => ({ ahead: { ...task(id).assignment, id: null, token: null, seal: "s", project: PROJECT } });

/** A sitting whose next task is foreseen, and whose submit is answered when told to. */
export async function foreseeing(reply, { stash, more = {}, clock } = {}) {
  let answer;
  const wire = {
    ahead: async () => foreseen("a2"),
    submit: (...given) => (asked.push(given), new Promise((resolve, reject) => (answer = () => (reply instanceof Error ? reject(reply) : resolve(reply))))),
    ...more,
  };
  const asked = [];
  const found = sitting({ claim: [held("a1")], more: wire, stash, clock });
  await found.session.claim();
  await found.session.lookAhead();
  return { ...found, asked, answer: () => answer() };
}
export const shownTasks = (shown) => shown.filter(([name]) => name === "showTask").map(([, one]) => one.task.id);
export const soon = () => new Promise((resolve) => setTimeout(resolve, 5));
