/** What surrounds every page: the theme switch, menus that close, drop zones. */

const THEME = "tandem.theme";

/** @returns {"system"|"light"|"dark"} */
function currentTheme() {
  const set = document.documentElement.dataset.theme;
  return set === "light" || set === "dark" ? set : "system";
}

/** @param {string} theme */
function chooseTheme(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  try {
    localStorage.setItem(THEME, theme);
  } catch {
    // Not remembered where storage is closed; the page in hand still changes.
  }
  markTheme();
  document.dispatchEvent(new CustomEvent("tandem:theme"));
}

function markTheme() {
  for (const button of document.querySelectorAll("[data-theme-switch] button")) {
    button.setAttribute("aria-pressed", String(button.value === currentTheme()));
  }
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (menu !== except) menu.open = false;
  }
}

/** @param {HTMLElement} zone A .dropzone around a file input; shows what was chosen. */
function showFiles(zone) {
  const input = zone.querySelector("input[type=file]");
  const out = zone.querySelector(".dropzone__files");
  if (!input || !out) return;
  const names = Array.from(input.files ?? [], (file) => file.name);
  out.textContent = names.length > 3 ? `${names.slice(0, 3).join(", ")} + ${names.length - 3}` : names.join(", ");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-theme-switch] button");
  if (button) chooseTheme(button.value);
  closeMenus(event.target.closest?.("details[data-menu]"));
  const opener = event.target.closest?.("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  // Not a submit button: Enter in a dialog's field must press the one that does something.
  event.target.closest?.("[data-closes]")?.closest("dialog")?.close();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details[data-menu][open]");
  if (!open) return;
  closeMenus();
  open.querySelector("summary")?.focus();
});

for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    event.target.closest?.(".dropzone")?.setAttribute("data-over", "");
  });
}
for (const kind of ["dragleave", "drop", "dragend"]) {
  document.addEventListener(kind, (event) => {
    event.target.closest?.(".dropzone")?.removeAttribute("data-over");
  });
}
document.addEventListener("change", (event) => {
  const zone = event.target.closest?.(".dropzone");
  if (zone) showFiles(zone);
});

// On a narrow screen the tab of this page may lie outside the strip.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

markTheme();
