/** The page without a task on it: why, and what can be done. It looks again and again; what it says already it doesn't say anew. */

/**
 * @param {{host: any, template: any, onAgain: () => void, announce: (text: string) => void}} page
 * @returns {(told: {title?: string, text: string, waits?: boolean}) => void}
 */
export function createRest({ host, template, onAgain, announce }) {
  let again = null; // the button, while it is shown
  let shown = "";
  let asked = false; // by the person, who waits for a word

  return ({ title, text, waits = false }) => {
    const now = JSON.stringify([title, text, waits]);
    const fresh = now !== shown || host.hidden || !again?.isConnected;
    if (fresh || asked) announce(text);
    asked = false;
    if (!fresh) return;
    shown = now;
    const part = template.content.cloneNode(true);
    if (title) part.querySelector("[data-title]").textContent = title;
    part.querySelector("[data-text]").textContent = text;
    again = part.querySelector("[data-again]");
    again.addEventListener("click", () => ((asked = true), onAgain()));
    part.querySelector("[data-waiting]").hidden = !waits;
    host.hidden = false;
    host.replaceChildren(part);
  };
}
