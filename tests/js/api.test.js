import assert from "node:assert/strict";
import { test } from "node:test";
import { createLease } from "../../static/js/studio/shell/lease.js";
import { createApi, ApiProblem } from "../../static/js/studio/shell/api.js";

const json = (status, body, type = "application/json") =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": type } });

function apiTo(response) {
  const sent = [];
  const fetch = async (path, options) => {
    sent.push({ path, ...options, body: JSON.parse(options.body) });
    if (response instanceof Error) throw response;
    return response;
  };
  return { api: createApi({ fetch, csrf: () => "cookie-token" }), sent };
}

test("a request carries its token and the page's CSRF token", async () => {
  const { api, sent } = apiTo(json(200, { version: 2 }));
  assert.deepEqual(await api.draft({ id: "a1", token: "t1" }, 1, { spans: [] }), { version: 2 });
  const [{ path, method, headers, body }] = sent;
  assert.equal(`${method} ${path}`, "PUT /studio/assignments/a1/draft");
  assert.equal(headers["X-CSRFToken"], "cookie-token");
  assert.deepEqual(body, { token: "t1", version: 1, answer: { spans: [] } });
});

test("whoever came for any project says so whenever the next task comes with the answer", async () => {
  const sent = [];
  const fetch = async (path, options) => (sent.push(JSON.parse(options.body)), json(200, {}));
  for (const any of [true, false]) {
    const api = createApi({ fetch, csrf: () => "", any });
    const one = { id: "a1", token: "t1" };
    await api.submit(one, { answer: {}, any: undefined });
    await api.skip(one, "later", "");
    await api.report(one, "torn");
  }
  assert.deepEqual(sent.map((body) => body.any), [true, true, true, undefined, undefined, undefined]);
});

test("a problem keeps its code, its sentence and its place", async () => {
  const detail = { code: "unknown-label", detail: "No such label.", place: "spans[2].label" };
  const { api } = apiTo(json(422, detail, "application/problem+json"));
  await assert.rejects(api.claim("p1"), (problem) => {
    assert.ok(problem instanceof ApiProblem);
    assert.deepEqual([problem.code, problem.message, problem.place, problem.passing], [
      "unknown-label", "No such label.", "spans[2].label", false,
    ]);
    return true;
  });
});

test("no network, a gateway's page and a sign-in page are told apart", async () => {
  await assert.rejects(apiTo(new TypeError("fetch failed")).api.claim("p"), { code: "offline", passing: true });
  const gateway = new Response("<h1>Bad gateway</h1>", { status: 502, headers: { "Content-Type": "text/html" } });
  await assert.rejects(apiTo(gateway).api.claim("p"), { code: "server-error", passing: true });
  await assert.rejects(apiTo(json(401, { code: "signed-out" })).api.claim("p"), { signedOut: true });
  const broken = new Response("oops", { status: 500 });
  await assert.rejects(apiTo(broken).api.claim("p"), { code: "server-error", passing: false });
});

test("a token of an earlier sign-in is renewed, and the request sent once more", async () => {
  const seen = [];
  let token = "old";
  const fetch = async (path, { headers }) => {
    seen.push(headers["X-CSRFToken"]);
    if (token === "old") return new Response("<h1>Forbidden</h1>", { status: 403 });
    return json(200, { ok: true });
  };
  const api = createApi({ fetch, csrf: () => token, renew: async () => void (token = "new") });
  assert.deepEqual(await api.claim("p1"), { ok: true });
  assert.deepEqual(seen, ["old", "new"]);
});

test("a heartbeat that says whose it is now ends the lease; one that is lost or fails warns only when time runs out", async () => {
  const told = [];
  let time = 0;
  let reply = () => Promise.resolve({});
  const lease = createLease({
    beat: () => reply(),
    seconds: 100,
    onLost: (problem) => told.push(problem.code),
    onSoon: (soon) => told.push(soon),
    now: () => time,
  });
  await lease.beat();
  assert.deepEqual(told, []);
  reply = () => Promise.reject(new ApiProblem({ status: 0, code: "offline", text: "" }));
  time = 50_000;
  await lease.beat();
  assert.deepEqual(told, []);
  time = 80_000;
  await lease.beat();
  assert.deepEqual(told, [true]);
  reply = () => Promise.resolve({});
  await lease.beat();
  assert.deepEqual(told, [true, false]);
  for (const [status, code] of /** @type {[number, string][]} */ ([[500, "server-error"], [403, "forbidden"], [400, "unstorable"]])) {
    reply = () => Promise.reject(new ApiProblem({ status, code, text: "" }));
    await lease.beat();
  }
  assert.deepEqual(told, [true, false], "a slip of the server's says nothing of whose it is");
  reply = () => Promise.reject(new ApiProblem({ status: 409, code: "lease-lost", text: "" }));
  await lease.beat();
  await lease.beat();
  assert.deepEqual(told, [true, false, "lease-lost"]);
});
