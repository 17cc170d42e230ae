/** Files on their way in: a folder, or more files than a form takes, become one zip; and how much of it is sent is shown. */
import { zipOf } from "./zip.js";

const MANY = 50; // files that go as they are

/** @param {Document | Element} within Shows what only works with this script. */
function offer(within) {
  for (const one of within.querySelectorAll("[data-folder]")) /** @type {any} */ (one).hidden = false;
}

/**
 * Put these files into the form's own field, as one zip; what can't be is said.
 * @param {any} form
 * @param {Array<{name: string, file: File}>} entries
 * @param {string} name
 */
async function pack(form, entries, name) {
  const said = form.querySelector("[data-packing]");
  const button = form.querySelector("button[type=submit]");
  const field = form.querySelector("input[name=file]");
  said.textContent = said.dataset.packing;
  button.disabled = true;
  try {
    const zip = await zipOf(entries);
    said.textContent = zip ? "" : said.dataset.tooMuch;
    const held = new DataTransfer();
    if (zip) held.items.add(new File([zip], `${name}.zip`, { type: zip.type }));
    field.files = held.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  } catch {
    said.textContent = said.dataset.unreadable;
  } finally {
    button.disabled = false;
  }
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
