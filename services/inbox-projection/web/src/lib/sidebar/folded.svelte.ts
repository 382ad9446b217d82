/** Which sections of the sidebar are folded: the same on every device of the agent. */

import type { Preferences } from '#lib/api/client.ts';
import { attempt } from '#lib/desk/problems.svelte.ts';
import { t } from '#lib/i18n/index.ts';
import { preferences } from '#lib/notifications/preferences.svelte.ts';

export type SectionId = Preferences['sidebar_folded'][number];

export const sections = {
  isFolded: (id: SectionId): boolean => preferences.now?.sidebar_folded.includes(id) ?? false,

  /** Shows it at once; where it cannot be kept the desk says so. */
  async toggle(id: SectionId): Promise<void> {
    await attempt(t('frame.look_failed'), async () => {
      const { sidebar_folded: before } = preferences.now ?? (await preferences.read());
      const folded = before.includes(id) ? before.filter((one) => one !== id) : [...before, id];
      await preferences.change({ sidebar_folded: folded });
    });
  },
};
