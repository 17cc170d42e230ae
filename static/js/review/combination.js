/**
 * One answer put together from parts of several. The server says which parts are about one thing (a match); for each a
 * reviewer takes what one of the answers says of it, or leaves it out. Pure.
 */
import { createHistory } from "../studio/shared/history.js";
import { sayingOf } from "./answers.js";

/** Nobody's part is taken: there is nothing here. */
export const NOTHING = -1;
const LETTERS = { regions: "r", spans: "s" };

/**
 * @param {{matches: number[][][], answers: {answer: any, agreement: number|null, changed: boolean}[], list: string,
 *   picks?: (number|null)[], blind?: boolean, onChange?: () => void}} work list: the field of an answer that holds its
 *   parts; picks: what was taken before, null where nothing was; blind: propose nothing
 */
export function createCombination({ matches, answers, list, picks, blind = false, onChange = () => {} }) {
  const counting = answers.map((_, i) => i).filter((i) => !answers[i].changed);
  const places = matches.map((match) => placeOf(new Map(match.map(([who, n]) => [who, answers[who].answer[list][n]]))));
  const begin = picks?.length === places.length ? picks : places.map(({ agreed, proposal }) => (agreed ? proposal : null));
  const history = createHistory({ picks: begin }, { onChange });
  let at = Math.max(0, places.findIndex((_, i) => begin[i] === null));

  function placeOf(said) {
    const groups = new Map();
    for (const who of counting) {
      const saying = said.has(who) ? sayingOf(said.get(who)) : "";
      groups.set(saying, [...(groups.get(saying) ?? []), who]);
    }
    const ordered = [...groups.entries()].sort(([, a], [, b]) => b.length - a.length);
    const [saying, most] = ordered[0] ?? ["", []];
    const tied = ordered.length > 1 && ordered[1][1].length === most.length;
    const agreed = ordered.length === 1;
    return { said, agreed, proposal: (tied || blind) && !agreed ? null : saying ? best(most) : NOTHING, groups: [...groups.values()] };
  }

  /** Of those who say the same, whom the others agree with most. */
  function best(some) {
    return some.reduce((first, one) => ((answers[one].agreement ?? 0) > (answers[first].agreement ?? 0) ? one : first));
  }

  const now = () => history.present.picks;

  function pick(place, who, name) {
    if (!places[place]) return false;
    const next = now().with(place, who);
    if (next[place] !== now()[place]) history.push({ picks: next }, name);
    return true;
  }

  function open() {
    return now().flatMap((one, i) => (one === null ? [i] : []));
  }

  const combination = {
    history,
    places,
    get at() {
      return at;
    },
    get picks() {
      return now();
    },
    /** The numbers of the matches that nobody has decided yet. */
    get open() {
      return open();
    },
    get differing() {
      return places.filter(({ agreed }) => !agreed).length;
    },
    /** The part that an answer has of a match, if any. */
    partOf: (place, who) => places[place]?.said.get(who) ?? null,
    go(place) {
      at = places.length ? (place + places.length) % places.length : 0;
      onChange();
      return true;
    },
    step: (by) => combination.go(at + by),
    /** To the next that is open, in this direction; the same if none is. */
    onward() {
      const left = open();
      if (left.length) at = left.find((i) => i > at) ?? left[0];
      onChange();
      return true;
    },
    /** What an answer says here, and on to the next that is open. Whoever has nothing here says so. */
    take(who) {
      if (!answers[who] || answers[who].changed || !places[at]) return false;
      pick(at, places[at].said.has(who) ? who : NOTHING, "take");
      return combination.onward();
    },
    leave() {
      return pick(at, NOTHING, "leave") && combination.onward();
    },
    /** What most say here; nothing happens where as many say something else. */
    agree() {
      const { proposal } = places[at] ?? {};
      return typeof proposal === "number" && pick(at, proposal, "agree") && combination.onward();
    },
    /** What most say of all that is open. @returns {number} how many that decided */
    agreeAll() {
      const next = now().map((one, i) => one ?? places[i].proposal);
      const decided = next.filter((one, i) => one !== now()[i]).length;
      if (decided) history.push({ picks: next }, "agree");
      combination.onward();
      return decided;
    },
    /** The answer so far: what was taken, under ids of its own. What is open is left out. */
    answer() {
      const parts = places.flatMap(({ said }, i) => said.get(now()[i] ?? NOTHING) ?? []);
      const own = list === "spans" ? withoutTwins(parts) : parts;
      const letter = LETTERS[list];
      const rest = Object.fromEntries(Object.entries(answers[counting[0]]?.answer ?? {}).filter(([key]) => key !== list));
      return { ...rest, [list]: letter ? own.map((part, i) => ({ ...part, id: `${letter}${i + 1}` })) : own };
    },
    /** The answer that all of it was taken from; -1 where there is no such one. */
    whole() {
      return counting.find((who) => places.every(({ said }, i) => (said.has(who) ? now()[i] === who : now()[i] === NOTHING))) ?? -1;
    },
  };
  return combination;
}

/** Two matches may give the same words the same label. */
function withoutTwins(spans) {
  return [...new Map(spans.map((span) => [`${span.start} ${span.end} ${span.label}`, span])).values()];
}
