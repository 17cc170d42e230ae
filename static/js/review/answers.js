/** What can be said of several answers to one task without showing them. Pure. */

/** Colours told apart with any colour vision (after Okabe and Ito), darkened to stand on white and on photographs. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#b3589a", "#8a7400", "#5b4fc4", "#7a5230", "#00809e"];

/** @param {number} index @returns {string} */
export function colourOf(index) {
  return COLOURS[index % COLOURS.length];
}

/** "Answer C" → "C" @param {string} name */
export function letterOf(name) {
  return name.trim().split(/\s+/).at(-1);
}

/** What a part says, but for its id, where it came from, and the hand that drew it. */
export function sayingOf({ id: _id, provenance: _from, shape, ...said }) {
  return JSON.stringify([shape?.type ?? "", Object.entries(said).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** @param {{answer?: any}} one */
const sayingsOf = ({ answer }) => JSON.stringify((answer?.fields ?? marksOf(answer ?? {})).map(sayingOf).sort());

/**
 * The answer that the others agree with most is chosen to begin with; -1 where there is none to choose, or as many agree
 * with one that says something else: nobody decides by a hasty Enter whatever happened to be first.
 * @param {{agreement: number|null, changed: boolean, answer?: any}[]} answers one that other hands changed can't be
 *   chosen
 * @returns {number}
 */
export function bestOf(answers) {
  const free = answers.flatMap((one, i) => (one.changed ? [] : [i]));
  const most = Math.max(...free.map((i) => answers[i].agreement ?? 0));
  const [first = -1, ...others] = free.filter((i) => (answers[i].agreement ?? 0) === most);
  return others.some((i) => sayingsOf(answers[i]) !== sayingsOf(answers[first])) ? -1 : first;
}

/** The next answer that can be chosen, in this direction and around; -1 where there is none. */
export function nextOf(answers, from, step) {
  const number = answers.length;
  const start = from < 0 && step > 0 ? -1 : Math.max(from, 0); // where none is chosen yet, the first comes next
  const turns = answers.map((_, turn) => (start + step * (turn + 1) + number * number) % number);
  return turns.find((i) => !answers[i].changed) ?? -1;
}

/** The labels that a filled in field tells by; numbers and words tell none. */
const TOLD = { choice: (value) => [value], multiple: (value) => value, tree: (value) => value.slice(-1) };

/** A field's value in words. @param {{kind: string, value: any}} part @param {(label: string) => string} nameOf */
export function wordsOf({ kind, value }, nameOf) {
  if (kind === "choice") return nameOf(value);
  if (kind === "multiple") return value.map(nameOf).join(", ");
  if (kind === "tree") return value.map(nameOf).join(" › ");
  return String(value);
}

/** The regions or spans of an answer. */
export function marksOf(answer) {
  return answer.regions ?? answer.spans ?? [];
}

/**
 * How often each label was given, in the order of the project's labels; labels unknown to it come last.
 * @param {{key: string, name: string}[]} labels
 * @returns {{name: string, count: number}[]}
 */
export function labelCounts(answer, labels) {
  const counts = new Map();
  for (const mark of marksOf(answer)) counts.set(mark.label, (counts.get(mark.label) ?? 0) + 1);
  for (const { kind, value } of answer.fields ?? []) if (TOLD[kind]) for (const key of TOLD[kind](value)) counts.set(key, 1);
  const known = labels.filter((label) => counts.has(label.key));
  const rest = [...counts.keys()].filter((key) => !known.some((label) => label.key === key));
  return [...known, ...rest.map((key) => ({ key, name: key }))].map(({ key, name }) => ({ name, count: counts.get(key) }));
}

/**
 * Spans of several answers, the same words with the same label as one mark that names who gave it.
 * @param {{letter: string, index: number, spans: any[]}[]} answers the ones in sight
 * @returns {{id: string, start: number, end: number, label: string, letters: string[], indexes: number[], all: boolean}[]}
 */
export function sharedSpans(answers) {
  const found = new Map();
  for (const { letter, index, spans } of answers) {
    for (const { start, end, label } of spans) {
      const id = `${start}-${end}-${label}`;
      const mark = found.get(id) ?? { id, start, end, label, letters: [], indexes: [] };
      mark.letters.push(letter);
      mark.indexes.push(index);
      found.set(id, mark);
    }
  }
  return [...found.values()].map((mark) => ({ ...mark, all: answers.length > 1 && mark.letters.length === answers.length }));
}

/** Words for an agreement in 0..1; null when there is no other answer to agree with. */
export function standingOf(agreement) {
  if (agreement === null || agreement === undefined) return null;
  const kind = agreement >= 0.8 ? "good" : agreement >= 0.5 ? "warn" : "bad";
  return { kind, percent: Math.round(agreement * 100) };
}
