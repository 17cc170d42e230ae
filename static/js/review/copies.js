/** Two copies of one review: the person says which one counts, and the other is kept on this machine until the decision. */
import { same } from "../studio/shell/draft_changes.js";
import { say } from "../studio/shared/words.js";

/**
 * @param {object} page
 * @param {(id: string) => Promise<{answer: string}>} page.ask see dialogs.js
 * @param {(mine: {work: any, at: number}, theirs: {work: any, at: number}) => void} page.preview shows both in the dialog
 * @param {any} page.notes @param {import("../studio/shell/local_store.js").LocalStore} page.localStore
 * @param {string} page.key where the work lies on this machine
 * @param {() => any} page.drafts @param {() => any} page.work what is seen now, as drafts keep it
 * @param {(work: any) => void} page.open puts another copy in its place
 */
export function createCopies({ ask, preview, notes, localStore, key, drafts, work, open }) {
  const place = `${key} other`;
  let other = null; // the server's copy, while nobody has chosen

  async function setAside(copy) {
    if (same(copy, work())) return notes.clear("other");
    await localStore.write(place, { copies: [copy] }).catch(() => {});
    const text = say("Your other copy is kept on this machine until you submit.");
    notes.show("other", { kind: "info", text, verb: say("Bring it back"), onVerb: () => bring(copy) });
  }

  function bring(copy) {
    const mine = work();
    open(copy);
    drafts().change({ answer: copy });
    return setAside(mine);
  }

  async function conflict(theirs = other) {
    other = theirs;
    if (!theirs) return drafts().keepMine(0);
    const at = (await localStore.read(key).catch(() => null))?.at ?? 0;
    preview({ work: work(), at }, { work: theirs.answer, at: Date.parse(theirs.at ?? "") || 0 });
    const { answer } = await ask("conflict-dialog");
    if (!answer) {
      const text = say("There are two copies of your work. Until you choose one, what you do is kept on this machine alone.");
      return notes.show("conflict", { kind: "warn", text, verb: say("Choose"), onVerb: () => conflict() });
    }
    notes.clear("conflict");
    const mine = work();
    if (answer === "mine") drafts().keepMine(theirs.version);
    else {
      drafts().takeTheirs(theirs.version);
      open(theirs.answer);
    }
    return setAside(answer === "mine" ? theirs.answer : mine);
  }

  return {
    conflict,
    /** After a reload: the copy that is kept. */
    async recall() {
      const [copy] = (await localStore.read(place).catch(() => null))?.copies ?? [];
      if (copy) await setAside(copy);
    },
  };
}
