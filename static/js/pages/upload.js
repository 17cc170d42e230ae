/** Files on their way in: a folder, or more files than a form takes, become one zip; and how much of it is sent is shown. */
import { zipOf } from "./zip.js";

const MANY = 50; // files that go as they are

/** @param {Document | Element} within Shows what only works with this script. */
function offer(within) {
  for (const one of within.querySelectorAll("[data-folder]")) /** @type {any} */ (one).hidden = false;
}

/** @type {WeakMap<object, number>} How often something was chosen in a form: only what was chosen last counts. */
const choices = new WeakMap();

/**
 * Count that something is chosen; what comes back says whether it still is what was chosen last.
 * @param {object} form
 */
function chosenAnew(form) {
  const number = (choices.get(form) ?? 0) + 1;
  choices.set(form, number);
  return () => choices.get(form) === number;
}

/**
 * Put these files into the form's own field, as one zip, unless something else is chosen meanwhile; what can't be is said.
 * @param {any} form
 * @param {Array<{name: string, file: File}>} entries
 * @param {string} name
 */
async function pack(form, entries, name) {
  const said = form.querySelector("[data-packing]");
  const button = form.querySelector("button[type=submit]");
  const field = form.querySelector("input[name=file]");
  const newest = chosenAnew(form);
  said.textContent = said.dataset.packing;
  button.disabled = true;
  let zip = null;
  let word = said.dataset.unreadable;
  try {
    zip = await zipOf(entries, Number(said.dataset.most));
    word = zip ? "" : said.dataset.tooMuch;
  } catch {
    // that is said
  }
  if (!newest()) return;
  said.textContent = word;
  button.disabled = false;
  const held = new DataTransfer();
  if (zip) held.items.add(new File([zip], `${name}.zip`, { type: zip.type }));
  field.files = held.files;
  field.dispatchEvent(new Event("change", { bubbles: true })); // heard below, as of a file that goes as it is
}

/**
 * A few files go as they are, whatever was being packed.
 * @param {any} form
 */
function leave(form) {
  chosenAnew(form);
  form.querySelector("[data-packing]").textContent = "";
  form.querySelector("button[type=submit]").disabled = false;
}

document.addEventListener("change", (event) => {
  const input = /** @type {any} */ (event.target);
  const form = input.closest?.("form[data-upload]");
  const files = /** @type {File[]} */ (Array.from(input.files ?? []));
  if (!form || !files.length) return;
  if (input.webkitdirectory) {
    const [folder] = files[0].webkitRelativePath.split("/");
    pack(form, files.map((file) => ({ name: file.webkitRelativePath.split("/").slice(1).join("/"), file })), folder);
    input.value = "";
  } else if (files.length > MANY) {
    pack(form, files.map((file) => ({ name: file.name, file })), String(files.length));
  } else {
    leave(form);
  }
});

document.addEventListener("htmx:xhr:progress", (event) => {
  const bar = /** @type {any} */ (event.target).querySelector?.("[data-sent]");
  if (!bar || !event.detail.lengthComputable) return;
  bar.hidden = false;
  bar.value = (100 * event.detail.loaded) / event.detail.total;
});

document.addEventListener("htmx:afterSettle", (event) => offer(/** @type {any} */ (event.target)));
offer(document);
