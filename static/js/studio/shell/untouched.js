/** Whether nothing in an editor is the person's, so that the task can be given back: no mark, step, word or thing begun. */
export function untouched(editor) {
  return editor.untouched?.() ?? (editor.isEmpty() && !editor.history.canUndo && !editor.rejected().length && !editor.unfinished?.());
}
