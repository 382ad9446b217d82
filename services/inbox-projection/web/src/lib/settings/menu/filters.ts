import Funnel from '@lucide/svelte/icons/funnel';
import { session } from '#lib/session/session.svelte.ts';
import type { SettingsPage } from '../pages.ts';

export default {
  href: '/settings/filters',
  label: 'settings.filters',
  icon: Funnel,
  group: 'workspace',
  order: 50,
  when: () => session.manages,
} satisfies SettingsPage;
