/** Things by id, shared by every page that shows them; many that are wanted in one moment are read by one call. */

import { SvelteMap } from 'svelte/reactivity';
import { problems } from '#lib/desk/problems.svelte.ts';
import { t } from '#lib/i18n/index.ts';
import { coalesced } from '#lib/live/coalesced.ts';

const AT_ONCE = 100;
const KEPT = 5_000;

export interface Store<T extends { id: string }> {
  /** As it is known, reactive; undefined: not read yet, or not ours to see. */
  get(id: string): T | undefined;
  /** Takes in what a call answered. */
  put(those: Iterable<T>): void;
  /** It is no longer there. */
  drop(id: string): void;
  /** Sees to it that these are read, once; a failure is told at the head of the desk. */
  want(ids: Iterable<string | null | undefined>): void;
  /** Reads these anew. Throws Problem. */
  refresh(ids: Iterable<string>): Promise<void>;
  /** Which of them are known. */
  known(ids: Iterable<string>): string[];
}

/** `read` gives those of at most a hundred ids that there are. */
export function storeOf<T extends { id: string }>(read: (ids: string[]) => Promise<T[]>): Store<T> {
  const kept = new SvelteMap<string, T>();
  const asked = new Set<string>();

  const fetchThem = coalesced(async (ids) => {
    const found = await read(ids);
    const there = new Set(found.map((one) => one.id));
    for (const id of ids) if (!there.has(id)) kept.delete(id);
    store.put(found);
  }, AT_ONCE);

  function fetchOnce(ids: string[]): void {
    for (const id of ids) asked.add(id);
    fetchThem(ids).catch((thrown: unknown) => {
      for (const id of ids) asked.delete(id);
      problems.show(t('people.not_read'), thrown, () => fetchOnce(ids));
    });
  }

  const store: Store<T> = {
    get: (id) => kept.get(id),
    put(those) {
      for (const one of those) {
        asked.add(one.id);
        kept.set(one.id, one);
      }
      let surplus = kept.size - KEPT;
      for (const id of kept.keys()) {
        if (surplus-- <= 0) break;
        kept.delete(id);
        asked.delete(id);
      }
    },
    drop: (id) => kept.delete(id),
    want(ids) {
      const missing = [...new Set(ids)].filter((id): id is string => Boolean(id) && !asked.has(id as string));
      if (missing.length > 0) fetchOnce(missing);
    },
    refresh: (ids) => fetchThem(ids),
    known: (ids) => [...ids].filter((id) => kept.has(id)),
  };
  return store;
}
