/**
 * Unsent work on this machine, in IndexedDB: written at every change, read after a reload or a crash,
 * removed once the server has the submit. Where the browser has no IndexedDB it lives as long as the page.
 * Several people may share a browser: what one of them left is never shown to another.
 */

const STORE = "work";
const KEPT = 3 * 24 * 3600 * 1000; // ms that work is kept which nobody took over

/** Where work lies that was begun before it was ours. */
export const early = ({ task }) => `task:${task.id}`;

/** @param {string} person whose work it is @param {IDBFactory|undefined} [factory] @returns {Promise<LocalStore>} */
export async function openLocalStore(person, factory = globalThis.indexedDB) {
  const base = factory ? await open(factory) : null;
  const store = base ? inBase(base) : inMemory();
  sweep(store, person).catch(() => {}); // without it the work goes on
  return ofPerson(store, person);
}

/** @param {LocalStore} store of everybody @param {string} person @returns {LocalStore} what this person left in it */
export function ofPerson(store, person) {
  const own = (key) => `@${person} ${key}`;
  return { read: (key) => store.read(own(key)), write: (key, value) => store.write(own(key), value), remove: (key) => store.remove(own(key)), keys: store.keys };
}

/** Remove what others began early; and after some days what was begun early and never taken over, or has no person. */
export async function sweep(store, person, now = Date.now()) {
  for (const key of await store.keys()) {
    const [, whose, what] = /^(?:@(\S+) )?(.*)$/.exec(key);
    const begun = what.startsWith("task:");
    if (whose && !begun) continue;
    const fresh = begun && whose !== person ? false : now - (await store.read(key))?.at < KEPT;
    if (!fresh) await store.remove(key);
  }
}

/**
 * @typedef {object} LocalStore
 * @property {(key: string) => Promise<any>} read null when there is nothing
 * @property {(key: string, value: any) => Promise<void>} write
 * @property {(key: string) => Promise<void>} remove with what lies beside it, under its key and " other"
 * @property {() => Promise<string[]>} keys of everybody
 */

/** @returns {Promise<IDBDatabase|null>} null where it is closed to us (private window, full disk) */
function open(factory) {
  return new Promise((resolve) => {
    const request = factory.open("tandem-studio", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
    request.onblocked = () => resolve(null);
  });
}

function inBase(base) {
  const run = (mode, work) =>
    new Promise((resolve, reject) => {
      const transaction = base.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result ?? null);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  return {
    read: async (key) => readable(await run("readonly", (store) => store.get(key))),
    write: (key, value) => run("readwrite", (store) => store.put({ ...value, answer: written(value.answer), sent: value.sent?.map(written) }, key)),
    remove: (key) => run("readwrite", (store) => (store.delete(beside(key)), store.delete(key))),
    keys: () => run("readonly", (store) => store.getAllKeys()),
  };
}

const beside = (key) => `${key} other`;

const known = new WeakMap(); // part of an answer → its text: parts are never changed in place

/**
 * An answer as text: a thousand parts are copied as one string, and only what is new is put into words.
 * @param {any|null|undefined} answer values of JSON
 */
export function written(answer) {
  const fields = Object.entries(answer ?? {}).map(([field, value]) => `"${field}":${Array.isArray(value) ? `[${value.map(textOf)}]` : textOf(value)}`);
  return answer && `{${fields}}`;
}

function textOf(part) {
  const text = known.get(part) ?? JSON.stringify(part) ?? "null";
  if (part instanceof Object) known.set(part, text);
  return text;
}

function readable(kept) {
  if (typeof kept?.answer === "string") kept.answer = JSON.parse(kept.answer);
  if (kept?.sent) kept.sent = [kept.sent].flat().map((one) => JSON.parse(one)); // one alone, before there were several
  return kept;
}

/** @returns {LocalStore} */
export function inMemory() {
  const kept = new Map();
  return {
    read: async (key) => kept.get(key) ?? null,
    write: async (key, value) => void kept.set(key, structuredClone(value)),
    remove: async (key) => void (kept.delete(beside(key)), kept.delete(key)),
    keys: async () => [...kept.keys()],
  };
}
