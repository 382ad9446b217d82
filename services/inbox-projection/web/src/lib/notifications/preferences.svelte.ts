/** The agent's own wishes, of news, of looks and of how long sending can be undone: the same on every device. */

import { api, got, type Preferences, type PreferencesChange } from '#lib/api/client.ts';
import { feed } from '#lib/live/feed.svelte.ts';
import { soon } from '#lib/live/soon.ts';

let known = $state.raw<Preferences | null>(null);
/** Changes of this page: what was read before the last of them is old. */
let changes = 0;

export const preferences = {
  /** Null until they were read. */
  get now(): Preferences | null {
    return known;
  },
  /** Throws Problem when they cannot be read. */
  async read(): Promise<Preferences> {
    known = await got(api.GET('/api/v1/me/preferences'));
    return known;
  },
  /** As they are known, or read now. Throws Problem when they never could be read. */
  async need(): Promise<Preferences> {
    return known ?? this.read();
  },
  /** Shows the change at once, sends it even if the page goes, and takes it back when it is refused (throws Problem). */
  async change(change: PreferencesChange): Promise<void> {
    const before = known;
    changes += 1;
    if (known) known = { ...known, ...(change as Partial<Preferences>) };
    try {
      known = await got(api.PATCH('/api/v1/me/preferences', { body: change, keepalive: true }));
      changes += 1;
    } catch (thrown) {
      known = before;
      throw thrown;
    }
  },
};

async function readAgain(): Promise<void> {
  if (!known) return;
  const asked = changes;
  try {
    const found = await got(api.GET('/api/v1/me/preferences'));
    if (asked === changes) known = found;
  } catch {
    // They stay as they are; the feed's return reads them again.
  }
}

const again = soon(() => void readAgain());
feed.on('preferences', again.ask);
feed.on('reset', again.ask);
feed.onReturn(again.ask);
