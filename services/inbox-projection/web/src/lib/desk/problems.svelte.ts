/** Problems of actions that have no place of their own on the page: shown at the head of the desk until put away. */

import { asProblem, wasAborted, type Problem } from '#lib/api/client.ts';

let shown = $state.raw<{ id: number; title: string; problem: Problem; retry?: () => void }[]>([]);
let last = 0;

export const problems = {
  get shown() {
    return shown;
  },
  /** `title` says what could not be done, as a sentence. */
  show(title: string, thrown: unknown, retry?: () => void): void {
    if (wasAborted(thrown)) return;
    const one = { id: ++last, title, problem: asProblem(thrown), ...(retry ? { retry } : {}) };
    shown = [...shown.filter((before) => before.title !== title), one].slice(-3);
  },
  close(id: number): void {
    shown = shown.filter((one) => one.id !== id);
  },
};

/** Runs an action; when it fails it says so at the head of the desk. Gives whether it went well. */
export async function attempt(title: string, action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (thrown) {
    problems.show(title, thrown, () => void attempt(title, action));
    return false;
  }
}
