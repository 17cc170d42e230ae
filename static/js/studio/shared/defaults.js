/** What marks begin with: the defaults of their label's attributes, and which of them nobody has touched. */

/**
 * @typedef {{key: string, default?: unknown}} Asked
 * @typedef {{id: string, label: string, attributes: Record<string, unknown>, provenance: any}} Mark
 */

/** A mark as its label has it begin: what a person said of it stays. @param {Mark} mark @param {Asked[]} asked */
function begun(mark, asked) {
  const { untouched = [], ...provenance } = mark.provenance;
  const said = Object.entries(mark.attributes ?? {}).filter(([key]) => !untouched.includes(key));
  const fresh = asked.filter((one) => one.default !== undefined && !said.some(([key]) => key === one.key));
  const attributes = Object.fromEntries([...said, ...fresh.map((one) => [one.key, one.default])]);
  return { ...mark, attributes, provenance: fresh.length ? { ...provenance, untouched: fresh.map(({ key }) => key) } : provenance };
}

/** A mark of which something else is said now: that was touched. @param {Mark} mark @param {Mark} before */
function touched(mark, before) {
  const { untouched, ...provenance } = mark.provenance;
  const left = (untouched ?? []).filter((key) => mark.attributes[key] === before.attributes[key]);
  if (left.length === (untouched ?? []).length) return mark;
  return { ...mark, provenance: left.length ? { ...provenance, untouched: left } : provenance };
}

/**
 * Marks after a step: new ones, and those whose label is another one, begin as their label says.
 * @param {any[]} marks @param {any[]} before @param {(label: string) => any} labelOf
 * @returns {any[]} the same list where there is nothing to do
 */
export function withDefaults(marks, before, labelOf) {
  if (marks === before) return marks;
  const there = new Set(before);
  const fresh = marks.filter((mark) => !there.has(mark));
  if (!fresh.some((mark) => mark.provenance?.untouched || labelOf(mark.label)?.attributes?.some((one) => one.default !== undefined))) return marks;
  const known = new Map(before.map((mark) => [mark.id, mark]));
  return marks.map((mark) => {
    if (there.has(mark)) return mark;
    const was = known.get(mark.id);
    return was && was.label === mark.label ? touched(mark, was) : begun(mark, labelOf(mark.label)?.attributes ?? []);
  });
}

/**
 * A history whose steps leave marks so.
 * @param {any} history @param {string} list where its states keep the marks
 * @param {(label: string) => any} labelOf
 */
export function keepDefaults(history, list, labelOf) {
  const push = history.push.bind(history);
  history.push = (state, name, run) => {
    const marks = withDefaults(state[list], history.present[list], labelOf);
    push(marks === state[list] ? state : { ...state, [list]: marks }, name, run);
  };
  return history;
}
