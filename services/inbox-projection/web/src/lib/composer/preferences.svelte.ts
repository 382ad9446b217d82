/** How long sending can be undone: the agent's own wish, the same on every device. */

import { api, got, type Preferences } from '#lib/api/client.ts';

const FRESH_MS = 60_000;
let known: Preferences | null = null;
let readAt = 0;

export const preferences = {
  /** Reads them when they are older than a minute. Throws Problem when they were never read. */
  async need(): Promise<Preferences> {
    if (known && Date.now() - readAt < FRESH_MS) return known;
    try {
      known = await got(api.GET('/api/v1/me/preferences'));
      readAt = Date.now();
    } catch (thrown) {
      if (!known) throw thrown;
    }
    return known;
  },
};
