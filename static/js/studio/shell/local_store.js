/**
 * Unsent work on this machine, in IndexedDB: written at every change, read after a reload or a crash,
 * removed once the server has the submit. Where the browser has no IndexedDB it lives as long as the page.
 */

const STORE = "work";

/** @param {IDBFactory|undefined} [factory] @returns {Promise<LocalStore>} */
export async function openLocalStore(factory = globalThis.indexedDB) {
  const base = factory ? await open(factory) : null;
  return base ? inBase(base) : inMemory();
}

/**
 * @typedef {object} LocalStore
 * @property {(key: string) => Promise<any>} read null when there is nothing
 * @property {(key: string, value: any) => Promise<void>} write
 * @property {(key: string) => Promise<void>} remove with what lies beside it, under its key and " other"
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
    write: (key, value) => run("readwrite", (store) => store.put({ ...value, answer: written(value.answer), sent: written(value.sent) }, key)),
    remove: (key) => run("readwrite", (store) => (store.delete(beside(key)), store.delete(key))),
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
  for (const field of ["answer", "sent"]) if (typeof kept?.[field] === "string") kept[field] = JSON.parse(kept[field]);
  return kept;
}

/** @returns {LocalStore} */
export function inMemory() {
  const kept = new Map();
  return {
    read: async (key) => kept.get(key) ?? null,
    write: async (key, value) => void kept.set(key, structuredClone(value)),
    remove: async (key) => void (kept.delete(beside(key)), kept.delete(key)),
  };
}
