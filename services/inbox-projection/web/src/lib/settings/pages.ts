/** The menu of settings: every `lib/settings/menu/<page>.ts` is a page of it. */

import type { Icon } from '#lib/ui/icon.ts';

export interface SettingsPage {
  href: string;
  /** As a key of the catalogue. */
  label: string;
  icon: Icon;
  /** Whose it is: the agent's own, or everybody's. */
  group: 'personal' | 'workspace' | 'operation';
  order: number;
  /** Who sees it; default: everybody. */
  when?: () => boolean;
}

const found = import.meta.glob<SettingsPage>('./menu/*.ts', { eager: true, import: 'default' });

/** The groups with the pages that the agent sees, in their order; read reactively. */
export function settingsMenu(): { group: SettingsPage['group']; pages: SettingsPage[] }[] {
  const seen = Object.values(found)
    .filter((page) => page.when?.() ?? true)
    .sort((one, other) => one.order - other.order);
  return (['personal', 'workspace', 'operation'] as const)
    .map((group) => ({ group, pages: seen.filter((page) => page.group === group) }))
    .filter(({ pages }) => pages.length > 0);
}
