/** How the agent wants to hear of news: the same on every device, but for what each browser must allow itself. */

import { api, got, type Preferences, type PreferencesChange } from '#lib/api/client.ts';

let known = $state.raw<Preferences | null>(null);

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
  /** Shows the change at once, sends it even if the page goes, and takes it back when it is refused (throws Problem). */
  async change(change: PreferencesChange): Promise<void> {
    const before = known;
    if (known) known = { ...known, ...(change as Partial<Preferences>) };
    try {
      known = await got(api.PATCH('/api/v1/me/preferences', { body: change, keepalive: true }));
    } catch (thrown) {
      known = before;
      throw thrown;
    }
  },
};
