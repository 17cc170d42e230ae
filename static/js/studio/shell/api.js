/** The studio's requests to the server: JSON over fetch, every failure as one kind of error with a code. */

import { say } from "../shared/words.js";

/** What went wrong, told by the server (problem+json) or by the network. */
export class ApiProblem extends Error {
  /** @param {{status: number, code: string, text: string, place?: string, body?: any}} problem */
  constructor({ status, code, text, place = "", body = {} }) {
    super(text);
    this.status = status;
    this.code = code;
    this.place = place;
    this.body = body;
  }

  /** The same request may be sent again later: nothing was decided. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }

  get signedOut() {
    return this.code === "signed-out";
  }
}

const SLOWEST = 50; // characters a millisecond: a large answer on a poor line gets its time

/**
 * @param {{fetch: typeof globalThis.fetch, csrf: () => string, renew?: () => Promise<unknown>, patience?: number, any?: boolean}} options
 *   renew: fetch a new CSRF token; patience: ms until a request without an answer counts as "no network"; any: what comes next may be of any project
 */
export function createApi({ fetch, csrf, renew = async () => {}, patience = 20_000, any = false }) {
  function request(method, path, content) {
    return answered(
      fetch(path, {
        method,
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf() },
        body: content,
        signal: AbortSignal.timeout(patience + Math.round(content.length / SLOWEST)),
        credentials: "same-origin",
      }),
    );
  }

  /** @throws {ApiProblem} */
  async function send(method, path, body) {
    const text = JSON.stringify(body);
    let response = await request(method, path, text);
    // A page instead of a problem: the token is of an earlier sign-in. Once more with a new one.
    if (response.status === 403 && !isJson(response)) {
      await renew();
      response = await request(method, path, text);
    }
    if (response.redirected && !isJson(response)) throw signedOut();
    const content = isJson(response) ? await answered(response.json()) : {};
    if (response.ok && isJson(response)) return content;
    throw problemOf(response, content);
  }

  const onward = any ? { any } : {};
  const of = (assignment, verb) => `/studio/assignments/${assignment.id}/${verb}`;

  return {
    send,
    /** The next piece of work. @param {string} [read] the lesson that the person goes on from */
    claim: (project, read) => send("POST", `/studio/${project}/claim`, read ? { read } : {}),
    /** A task to try, after the one tried before; nothing is held. */
    trial: (project, after) => send("POST", `/studio/${project}/try`, { after }),
    /** Check a tried answer; nothing is kept. */
    check: (project, task, answer) => send("POST", `/studio/${project}/try/submit`, { task, answer }),
    /** Keep a tried answer as a known one. */
    keep: (project, task, answer, terms) => send("POST", `/studio/${project}/try/keep`, { task, answer, ...terms }),
    heartbeat: (one) => send("POST", of(one, "heartbeat"), { token: one.token }),
    /** The whole answer, or where they are known only the changes since that version. */
    draft: (one, version, answer, changes = null) => send("PUT", of(one, "draft"), { token: one.token, version, ...(changes ? { changes } : { answer }) }),
    /** What will probably come next; nothing is held. */
    lookahead: (one) => send("POST", of(one, "lookahead"), { ...onward }),
    /** @param {{task: string, signature: string}} [requested] what was prefetched, to be had next if it can be */
    submit: (one, work, requested) => send("POST", of(one, "submit"), { token: one.token, ...work, ...onward, ...(requested && { requested }) }),
    skip: (one, reason, note) => send("POST", of(one, "skip"), { token: one.token, reason, note, ...onward }),
    report: (one, note) => send("POST", of(one, "report"), { token: one.token, note, ...onward }),
    release: (one) => send("POST", of(one, "release"), { token: one.token }),
  };
}

function isJson(response) {
  return /\bjson\b/.test(response.headers.get("Content-Type") ?? "");
}

function signedOut() {
  return new ApiProblem({ status: 401, code: "signed-out", text: say("You are signed out.") });
}

async function answered(promise) {
  try {
    return await promise;
  } catch (error) {
    throw new ApiProblem({ status: 0, code: "offline", text: say("No answer from the server ({error}).", { error: error.name }) });
  }
}

function problemOf(response, body) {
  if (response.status === 401 || body.code === "signed-out" || body.code === "not-authenticated") {
    return signedOut();
  }
  const text = body.detail ?? body.title ?? say("The server answered {status}.", { status: response.status });
  const code = body.code ?? (response.status === 403 ? "forbidden" : "server-error");
  return new ApiProblem({ status: response.status, code, text, place: body.place, body });
}
