/** Keys and what they do: one table that the dispatcher, the buttons and the list of shortcuts all read. */

const NAMED = {
  " ": "space",
  Escape: "esc",
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
  Delete: "delete",
  Backspace: "backspace",
};
const SHOWN = {
  enter: "Enter",
  esc: "Esc",
  space: "Space",
  tab: "Tab",
  left: "←",
  right: "→",
  up: "↑",
  down: "↓",
  delete: "Del",
  backspace: "⌫",
  shift: "Shift",
  ctrl: "Ctrl",
  alt: "Alt",
};

/** What a key that is held down does again and again: it moves, sizes, zooms, or goes back and forth in what was done. */
const REPEATED = /^(left|right|up|down|(reach|extend|also|start|end)-.*|(next|previous)(-.*)?|(smaller|larger)(-text)?|closer|further|undo|redo)$/;

/**
 * @typedef {{action: string, keys: string[], text: string, group: string, lost?: any, once?: boolean}} Binding
 * once: held down it does nothing more, whatever its action is called; keys: chords such as "a", "shift+a", "ctrl+z", "enter", "?", "left", or two after one another: "0 a". ctrl stands for
 * Command too.
 */

/** What the first of two keys does: the next one says which label. */
export const MORE = "more-labels";

/**
 * The chord of a keydown. Shift is named for letters and named keys only: "?" is "?" on every layout.
 * @param {{key: string, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean, shiftKey?: boolean}} event
 */
export function chordOf(event) {
  const named = NAMED[event.key] ?? event.key.toLowerCase();
  const bearsShift = named.length > 1 || named.toUpperCase() !== named.toLowerCase();
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("ctrl");
  if (event.altKey) parts.push("alt");
  if (event.shiftKey && bearsShift) parts.push("shift");
  return [...parts, named].join("+");
}

/** The digit on the top row whatever the layout prints there (AZERTY prints & on 1); "" for other keys. */
function digitOf(event) {
  const match = /^Digit([0-9])$/.exec(event.code ?? "");
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
  return match && plain ? match[1] : "";
}

/** Chords that two actions of one table claim. @param {Binding[]} bindings @returns {string[]} */
export function conflicts(bindings) {
  const owner = new Map();
  const found = [];
  for (const { action, keys } of bindings) {
    for (const key of keys) {
      if (owner.has(key) && owner.get(key) !== action) found.push(key);
      owner.set(key, action);
    }
  }
  return found;
}

/**
 * @param {Binding[]} bindings
 * @throws {Error} naming the chord that two actions claim.
 */
export function createKeymap(bindings) {
  const clash = conflicts(bindings);
  if (clash.length) throw new Error(`Two actions share the key ${clash.join(", ")}`);
  const byChord = new Map();
  const once = new Set(); // chords that do nothing more while they are held down
  for (const { action, keys, once: single } of bindings) {
    for (const key of keys) {
      byChord.set(key, action);
      if (single || !REPEATED.test(action)) once.add(key);
    }
  }
  let begun = ""; // the first of two keys
  return {
    bindings,
    /** @returns {string|null} the action of a keydown */
    find(event) {
      const found = [chordOf(event), digitOf(event)].map((key) => [byChord.get(begun + key), `${key} `]).find(([action]) => action);
      begun = found?.[0] === MORE ? found[1] : "";
      return found?.[0] ?? null;
    },
    /** Whether a keydown that comes of holding a key down may do again what it does. */
    repeats: (event) => ![chordOf(event), digitOf(event)].some((key) => once.has(key)),
    /** The first key of an action, as printed on a button; "" when it has none. */
    shown(action) {
      const binding = bindings.find((one) => one.action === action);
      return binding?.keys.length ? printed(binding.keys[0]) : "";
    },
  };
}

/** "ctrl+shift+z" → "Ctrl Shift Z", "0 a" → "0 A" @param {string} chord */
export function printed(chord) {
  return chord
    .split(/\+(?=.)| /)
    .map((part) => SHOWN[part] ?? (part.length === 1 || /^f[0-9]+$/.test(part) ? part.toUpperCase() : part))
    .join(" ");
}
