import Settings from '@lucide/svelte/icons/settings';
import type { Entry } from '#lib/desk/entries.ts';

export default {
  id: 'settings',
  href: '/settings',
  label: 'areas.settings',
  icon: Settings,
  order: 90,
  keys: 'g s',
} satisfies Entry;
