import assert from "node:assert/strict";
import test from "node:test";

/** A page with the form of loading, as far as its script asks of it. */
function page() {
  const heard = {};
  const said = { dataset: { most: "1000", packing: "Being read", tooMuch: "Too much", unreadable: "Gone" }, textContent: "" };
  const button = { disabled: false };
  const field = { files: [], dispatchEvent: () => heard.change({ target: field }), closest: () => form };
  const folder = { hidden: true };
  const form = { querySelector: (what) => ({ "[data-packing]": said, "button[type=submit]": button, "input[name=file]": field })[what] };
  globalThis.document = { addEventListener: (kind, listener) => (heard[kind] = listener), querySelectorAll: () => [folder] };
  globalThis.DataTransfer = class {
    files = [];
    items = { add: (file) => this.files.push(file) };
  };
  const input = (files, webkitdirectory = false) => ({ files, webkitdirectory, value: "chosen", closest: () => form });
  return { heard, said, button, field, folder, input };
}

const until = async (true_) => {
  while (!true_()) await new Promise((resolve) => setTimeout(resolve, 1));
};
const inFolder = (path, text) => Object.assign(new File([text], path.split("/").at(-1)), { webkitRelativePath: path });
/** A file of a folder that is read no sooner than somebody says. */
const slow = (path) => {
  let read = () => {};
  const waits = new Promise((resolve) => (read = resolve));
  const file = Object.assign(inFolder(path, "x"), { slice: () => ({ arrayBuffer: () => waits.then(() => new ArrayBuffer(1)) }) });
  return { file, read };
};
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 5));
/** The names in a zip, from the list at its end. */
const names = async (zip) => {
  const bytes = Buffer.from(await zip.arrayBuffer());
  const found = [];
  let at = bytes.readUInt32LE(bytes.length - 6);
  for (let left = bytes.readUInt16LE(bytes.length - 12); left; left -= 1) {
    const length = bytes.readUInt16LE(at + 28);
    found.push(bytes.toString("utf8", at + 46, at + 46 + length));
    at += 46 + length;
  }
  return found;
};

test("a folder and many files become one zip, a few go as they are", async () => {
  const { heard, said, button, field, folder, input } = page();
  await import("../../static/js/pages/upload.js");
  assert.equal(folder.hidden, false);

  const chosen = input([inFolder("photos/b.txt", "b"), inFolder("photos/cats/a.txt", "meow")], true);
  heard.change({ target: chosen });
  assert.deepEqual([button.disabled, said.textContent, chosen.value], [true, "Being read", ""]);
  await until(() => !button.disabled);
  assert.deepEqual([field.files.length, field.files[0].name, said.textContent], [1, "photos.zip", ""]);
  assert.deepEqual(await names(field.files[0]), ["b.txt", "cats/a.txt"]);

  heard.change({ target: input([inFolder("large/a.txt", "x".repeat(1000))], true) });
  await until(() => !button.disabled);
  assert.deepEqual([field.files.length, said.textContent], [0, "Too much"]);

  said.dataset.most = "10000";
  heard.change({ target: input(Array.from({ length: 60 }, (_none, at) => new File(["x"], `${at}.txt`))) });
  await until(() => !button.disabled);
  assert.deepEqual([field.files[0].name, (await names(field.files[0])).length], ["60.zip", 60]);

  heard.change({ target: input([new File(["x"], "one.txt")]) });
  assert.equal(button.disabled, false);
});

test("of two folders the one that was chosen last is sent, and nothing before it is ready", async () => {
  const { heard, said, button, field, input } = page();
  await import("../../static/js/pages/upload.js?folders");
  const [first, second] = [slow("first/a.txt"), slow("second/b.txt")];
  heard.change({ target: input([first.file], true) });
  heard.change({ target: input([second.file], true) });
  first.read();
  await aWhile();
  assert.deepEqual([button.disabled, said.textContent, field.files.length], [true, "Being read", 0]);
  second.read();
  await until(() => !button.disabled);
  assert.deepEqual([field.files[0].name, await names(field.files[0]), said.textContent], ["second.zip", ["b.txt"], ""]);
});

test("a folder that is ready too late takes no file's place", async () => {
  const { heard, said, button, field, input } = page();
  await import("../../static/js/pages/upload.js?files");
  const late = slow("late/a.txt");
  heard.change({ target: input([late.file], true) });
  field.files = [new File(["x"], "one.txt")];
  heard.change({ target: field });
  assert.deepEqual([button.disabled, said.textContent], [false, ""]);
  late.read();
  await aWhile();
  assert.deepEqual([field.files.map((file) => file.name), button.disabled, said.textContent], [["one.txt"], false, ""]);
});

test("what can't be read leaves nothing to be sent, and is said", async () => {
  const { heard, said, button, field, input } = page();
  await import("../../static/js/pages/upload.js?gone");
  field.files = [new File(["x"], "before.zip")];
  const gone = Object.assign(inFolder("gone/a.txt", "x"), { slice: () => ({ arrayBuffer: () => Promise.reject(new Error("gone")) }) });
  heard.change({ target: input([gone], true) });
  await until(() => !button.disabled);
  assert.deepEqual([field.files.length, said.textContent], [0, "Gone"]);
});
