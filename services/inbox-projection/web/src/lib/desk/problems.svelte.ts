/** Problems of actions that have no place of their own on the page: shown at the head of the desk until put away. */

import { asProblem, wasAborted, type Problem } from '#lib/api/client.ts';

/** What could not be done, as a sentence: with the number of things, where it has one for them. */
type Title = string | { title: (count: number) => string; count: number };

interface Shown {
  id: number;
  /** The sentence for one, by which it is known again. */
  key: string;
  title: string;
  problem: Problem;
  /** How many things it is about. */
  count: number;
  retries: (() => unknown)[];
}

let shown = $state.raw<Shown[]>([]);
let last = 0;

export const problems = {
  get shown(): readonly Shown[] {
    return shown;
  },
  /** The same that failed for the same reason is told once, with how often; to try again is to try all of it. */
  show(title: Title, thrown: unknown, retry?: () => unknown): void {
    if (wasAborted(thrown)) return;
    const problem = asProblem(thrown);
    const { title: say, count: more } = typeof title === 'string' ? once(title) : title;
    const key = say(1);
    const before = shown.find((one) => one.key === key && one.problem.code === problem.code);
    const count = (before?.count ?? 0) + more;
    const retries = [...(before?.retries ?? []), ...(retry ? [retry] : [])];
    const one = { id: ++last, key, title: say(count), problem, count, retries };
    shown = [...shown.filter((other) => other !== before), one];
  },
  close(id: number): void {
    shown = shown.filter((one) => one.id !== id);
  },
  /** Puts it away and tries all of it again, in the order in which it was first tried. */
  async retry(id: number): Promise<void> {
    const one = shown.find((other) => other.id === id);
    problems.close(id);
    for (const retry of one?.retries ?? []) await retry();
  },
};

function once(sentence: string): Exclude<Title, string> {
  return { title: (count) => (count === 1 ? sentence : `${sentence} (${count}×)`), count: 1 };
}

/** Runs an action; when it fails it says so at the head of the desk. Gives whether it went well. */
export async function attempt(title: string, action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (thrown) {
    problems.show(title, thrown, () => attempt(title, action));
    return false;
  }
}
