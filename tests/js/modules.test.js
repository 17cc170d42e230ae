import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SCRIPTS = join(ROOT, "static/js");
const files = (folder, ending) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));
const importsOf = (file) =>
  Array.from(readFileSync(file, "utf8").matchAll(/^(?:import|export)[^"']*?from\s+"([^"]+)"|\bimport\("([^"]+)"\)/gms), ([, path, late]) => path ?? late);

const graph = new Map(
  files(SCRIPTS, ".js").map((file) => [file, importsOf(file).map((path) => resolve(dirname(file), path))]),
);

/** The first way round from a file back to itself, or null. */
function cycleFrom(file, way = []) {
  if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
  for (const next of graph.get(file) ?? []) {
    const found = cycleFrom(next, [...way, file]);
    if (found) return found;
  }
  return null;
}

test("no module imports itself by a detour", () => {
  const short = (way) => way.map((file) => relative(SCRIPTS, file)).join(" → ");
  for (const file of graph.keys()) {
    const cycle = cycleFrom(file);
    assert.equal(cycle, null, cycle && short(cycle));
  }
});

test("every import is a file of ours, named by its path", () => {
  for (const [file, imports] of graph) {
    for (const path of imports) assert.ok(graph.has(path), `${relative(SCRIPTS, file)} imports ${path}`);
  }
});

test("the copilot's line is not reached from what saves work", () => {
  const reached = new Set();
  const visit = (file) => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const next of graph.get(file)) visit(next);
  };
  for (const name of ["session", "drafts", "lease", "local_store", "api"]) visit(join(SCRIPTS, `studio/shell/${name}.js`));
  assert.deepEqual([...reached].map((file) => relative(SCRIPTS, file)).filter((file) => /assist|copilot/.test(file)), []);
});

test("no page carries a style or a handler that the content security policy would reject", () => {
  for (const file of files(join(ROOT, "templates"), ".html")) {
    if (file.includes(`${join("templates", "admin")}`)) continue;
    const text = readFileSync(file, "utf8");
    const name = relative(ROOT, file);
    assert.doesNotMatch(text, /\sstyle\s*=\s*["']/, name);
    assert.doesNotMatch(text, /<[^>]*\son[a-z]+\s*=\s*["']/, name);
    assert.doesNotMatch(text, /<style\b/, name);
    for (const [, attributes] of text.matchAll(/<script\b([^>]*)>/g)) {
      assert.match(attributes, /\bsrc=|type="application\/json"/, `${name}: <script${attributes}>`);
    }
  }
});
