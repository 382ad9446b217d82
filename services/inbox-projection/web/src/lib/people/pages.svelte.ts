/** A list that is read page by page, as far as somebody scrolls. */

import { untrack } from 'svelte';
import { asProblem, wasAborted, type Problem } from '#lib/api/client.ts';
import { merged } from './order.ts';

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface Pages<T extends { id: string }> {
  readonly items: readonly T[];
  /** Nothing was read yet. */
  readonly fresh: boolean;
  readonly busy: boolean;
  /** All of it is here. */
  readonly whole: boolean;
  readonly problem: Problem | null;
  /** Forgets what was read and begins again. */
  restart(): Promise<void>;
  /** The next page, unless it is on its way. */
  more(): Promise<void>;
  /** The first page anew: what is new in it joins, the rest stays. */
  lookAgain(): Promise<void>;
  /** What changed: `fitting` belong to the list now, `gone` do not. */
  change(fitting: readonly T[], gone?: Iterable<string>): void;
}

/** `before` says which of two stands first; `onread` is told of whatever was read. */
export function pagesOf<T extends { id: string }>(
  read: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
  before: (one: T, other: T) => boolean,
  onread: (items: T[]) => void = () => undefined,
): Pages<T> {
  let items = $state.raw<readonly T[]>([]);
  let cursor = $state.raw<string | null | undefined>(undefined);
  let busy = $state(false);
  let problem = $state.raw<Problem | null>(null);
  let call = new AbortController();

  async function page(): Promise<void> {
    busy = true;
    problem = null;
    call.abort();
    const mine = (call = new AbortController());
    try {
      const found = await read(cursor ?? undefined, mine.signal);
      if (mine.signal.aborted) return;
      onread(found.items);
      const known = new Set(items.map((one) => one.id));
      items = [...items, ...found.items.filter((one) => !known.has(one.id))];
      cursor = found.next_cursor;
    } catch (thrown) {
      if (!mine.signal.aborted && !wasAborted(thrown)) problem = asProblem(thrown);
    } finally {
      if (mine === call) busy = false;
    }
  }

  async function lookAgain(): Promise<void> {
    if (busy || cursor === undefined) return;
    const mine = call;
    try {
      const found = await read(undefined, mine.signal);
      if (mine !== call) return;
      onread(found.items);
      items = merged(items, found.items, new Set(), before, cursor === null);
    } catch (thrown) {
      // Without a connection the list stays as it is; the feed's return looks again.
      const found = asProblem(thrown);
      if (mine === call && !wasAborted(thrown) && !found.offline) problem = found;
    }
  }

  return {
    get items() {
      return items;
    },
    get fresh() {
      return cursor === undefined;
    },
    get busy() {
      return busy;
    },
    get whole() {
      return cursor === null;
    },
    get problem() {
      return problem;
    },
    // An effect that begins a call must not begin it again because of what the call itself changes.
    restart: () =>
      untrack(() => {
        items = [];
        cursor = undefined;
        return page();
      }),
    more: () => untrack(() => (!busy && cursor !== null ? page() : Promise.resolve())),
    lookAgain: () => untrack(lookAgain),
    change: (fitting, gone = []) =>
      untrack(() => {
        if (cursor !== undefined) items = merged(items, fitting, new Set(gone), before, cursor === null);
      }),
  };
}
