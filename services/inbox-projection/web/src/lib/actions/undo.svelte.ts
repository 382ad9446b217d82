/** The last thing done can be taken back: by the button of its toast, or by a key. */

import { t } from '#lib/i18n/index.ts';
import { toasts } from '#lib/ui/toasts.svelte.ts';

const STAYS_MS = 8_000;
const KEPT_MS = 60_000;
const KEPT = 20;

interface Entry {
  run: () => void;
  close: () => void;
  at: number;
}
let entries: Entry[] = [];

export const undo = {
  /** Says what was done and offers to take it back, for so long; gives what withdraws the offer. */
  offer(text: string, run: () => void, milliseconds = STAYS_MS): () => void {
    const entry: Entry = { run, close: () => undefined, at: Date.now() };
    entry.close = toasts.show(text, {
      action: { label: t('frame.undo'), run: () => taken(entry) },
      milliseconds,
    });
    entries = [...entries, entry].slice(-KEPT);
    return () => {
      entries = entries.filter((one) => one !== entry);
      entry.close();
    };
  },

  /** Takes back the last one that is not older than a minute; gives whether there was one. */
  last(): boolean {
    const entry = entries.at(-1);
    if (!entry || Date.now() - entry.at > KEPT_MS) return false;
    taken(entry);
    return true;
  },
};

function taken(entry: Entry): void {
  if (!entries.includes(entry)) return;
  entries = entries.filter((one) => one !== entry);
  entry.close();
  entry.run();
}
