/** Saves the newest state a while after the last change, one save at a time, again and again until it is kept. */

import { stayFor } from '#lib/desk/leaving.ts';
import { feed } from '#lib/live/feed.svelte.ts';

export type Saved = 'unsaved' | 'saving' | 'saved' | 'failed';

export interface Saver {
  /** Something changed: it is saved soon. */
  touch(): void;
  /** Saves now what was not saved yet; resolves when it is kept, or could not be. */
  flush(): Promise<void>;
  /** Resolves when the save that runs is over; begins none. */
  settled(): Promise<void>;
  /** Nothing is saved any more: what was written is gone by the agent's wish. */
  forget(): void;
}

interface Work {
  save: () => Promise<void>;
  said: (state: Saved) => void;
  wait?: number;
  again?: number;
}

/** What is not saved yet, to be saved when the page goes away or out of sight. */
const unsaved = new Set<() => void>();
/** What could not be saved when that was tried last. */
const failed = new Set<() => void>();
// Without a connection nothing outlives its page.
stayFor(() => failed.size > 0 || (unsaved.size > 0 && feed.state === 'offline'));

/** Saves at once all that is not saved. */
export function leave(): void {
  for (const save of [...unsaved]) save();
}
globalThis.window?.addEventListener('pagehide', leave);
globalThis.document?.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') leave();
});

const OUTLIVES_BYTES = 60_000;

/** How a draft is sent so that it arrives even when the page goes away meanwhile; browsers do so up to 64 KiB. */
export function outliving<T>(body: T): { body: T; keepalive: boolean } {
  return { body, keepalive: new TextEncoder().encode(JSON.stringify(body)).length < OUTLIVES_BYTES };
}

/** `save` throws when it could not; then it is tried again, later each time. */
export function saver({ save, said, wait = 800, again = 4_000 }: Work): Saver {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | null = null;
  let dirty = false;
  let parting = false;
  let failures = 0;

  async function run(): Promise<void> {
    clearTimeout(timer);
    while (dirty) {
      dirty = false;
      said('saving');
      try {
        await save();
        failures = 0;
        failed.delete(now);
        if (!dirty) {
          unsaved.delete(now);
          said('saved');
        }
      } catch {
        // What could not be kept is still on the page, and said; it is tried again.
        dirty = true;
        failures += 1;
        failed.add(now);
        said('failed');
        timer = setTimeout(start, Math.min(again * failures, 30_000));
        return;
      }
    }
  }

  function start(): void {
    running ??= run().finally(() => (running = null));
  }

  /** Saves without waiting for a save that runs, once: there may be no time after it. */
  function now(): void {
    if (!running) start();
    else if (dirty && !parting) {
      parting = true;
      const over = () => void (parting = false);
      save().then(over, over); // it is still dirty, and saved again if the page stays
    }
  }

  return {
    touch() {
      dirty = true;
      unsaved.add(now);
      said('unsaved');
      if (running || failures > 0) return;
      clearTimeout(timer);
      timer = setTimeout(start, wait);
    },
    async flush() {
      if (running) await running;
      if (dirty) start();
      if (running) await running;
    },
    async settled() {
      if (running) await running;
    },
    forget() {
      dirty = false;
      unsaved.delete(now);
      failed.delete(now);
      failures = 0;
      clearTimeout(timer);
    },
  };
}
