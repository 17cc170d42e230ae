/**
 * All tests of JavaScript in one process: to start one for each file takes four times as long as what is tested there.
 * Each file is a suite of its own with its own hooks; what it puts into the global object goes with it.
 */
import { readdirSync } from "node:fs";
import { after, describe } from "node:test";

const here = new URL(".", import.meta.url);
const known = Object.getOwnPropertyDescriptors(globalThis);

function putBack() {
  for (const name of Object.getOwnPropertyNames(globalThis)) if (!(name in known)) delete globalThis[name];
  Object.defineProperties(globalThis, known);
}

for (const name of readdirSync(here).filter((one) => one.endsWith(".test.js")).sort()) {
  describe(name, async () => {
    after(putBack);
    await import(new URL(name, here).href);
  });
}
