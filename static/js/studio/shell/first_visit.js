/** Whether a person has seen a project's instructions on this machine, as they read now. */

const READ = "tandem.instructions.read";
const MAX_READ = 200; // projects

/** @param {any} project as it comes with a task; one without instructions has none to be seen */
export function isUnread(project) {
  try {
    return Boolean(project?.instructions_html) && !stored().includes(markOf(project));
  } catch {
    return false; // without leave to keep anything they would open again and again
  }
}

/** From now on they have been seen. */
export function markRead(project) {
  try {
    localStorage.setItem(READ, JSON.stringify([...stored(), markOf(project)].slice(-MAX_READ)));
  } catch {
    // Then they aren't opened by themselves.
  }
}

const stored = () => JSON.parse(localStorage.getItem(READ) ?? "[]");

function markOf({ id, instructions_html: html }) {
  const { person = "" } = document.querySelector("[data-person]")?.dataset ?? {};
  return `${person} ${id} ${digest(html)}`;
}

/** A number that changes with the words. @param {string} words */
function digest(words) {
  return [...words].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) | 0, 0);
}
