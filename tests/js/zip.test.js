import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";

import { checksum, zipOf, MOST_FILES } from "../../static/js/pages/zip.js";

const file = (text) => new Blob([text]);

test("a file's checksum is the one that every zip has", async () => {
  assert.equal(await checksum(file("123456789")), 0xcbf43926);
  assert.equal(await checksum(file("")), 0);
});

test("a folder comes out of its zip as it was", async () => {
  const entries = [
    { name: "cats/Zoë.txt", file: file("meow") },
    { name: "empty.txt", file: file("") },
    { name: "cats/large.bin", file: new Blob([new Uint8Array(5_000_000).fill(7)]) },
  ];
  const zip = await zipOf(entries);
  const folder = mkdtempSync(join(tmpdir(), "zip-"));
  try {
    writeFileSync(join(folder, "made.zip"), Buffer.from(await zip.arrayBuffer()));
    const script = `import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as made:
    assert made.testzip() is None
    print(json.dumps([[one.filename, one.file_size, one.compress_type] for one in made.infolist()]))`;
    const told = JSON.parse(execFileSync("python3", ["-c", script, join(folder, "made.zip")], { encoding: "utf8" }));
    assert.deepEqual(told, [["cats/Zoë.txt", 4, 0], ["empty.txt", 0, 0], ["cats/large.bin", 5_000_000, 0]]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("more files than a plain zip takes are none", async () => {
  assert.equal(await zipOf(Array.from({ length: MOST_FILES + 1 }, (_none, at) => ({ name: `${at}`, file: file("") }))), null);
});

test("more bytes than the server takes are none, and none of them is read", async () => {
  const entries = [{ name: "cats/Zoë.txt", file: file("meow") }, { name: "empty.txt", file: file("") }];
  const { size } = await zipOf(entries);
  assert.equal((await zipOf(entries, size)).size, size);
  const unread = Object.assign(file("meow"), { slice: () => assert.fail("it was read") });
  assert.equal(await zipOf([{ name: "cats/Zoë.txt", file: unread }, entries[1]], size - 1), null);
});
