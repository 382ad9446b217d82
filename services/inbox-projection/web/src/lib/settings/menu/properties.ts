import ListPlus from '@lucide/svelte/icons/list-plus';
import { session } from '#lib/session/session.svelte.ts';
import type { SettingsPage } from '../pages.ts';

export default {
  href: '/settings/properties',
  label: 'settings.properties',
  icon: ListPlus,
  group: 'workspace',
  order: 80,
  when: () => session.manages,
} satisfies SettingsPage;
