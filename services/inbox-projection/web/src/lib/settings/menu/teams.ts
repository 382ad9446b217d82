import Users from '@lucide/svelte/icons/users';
import { session } from '#lib/session/session.svelte.ts';
import type { SettingsPage } from '../pages.ts';

export default {
  href: '/settings/teams',
  label: 'settings.teams',
  icon: Users,
  group: 'workspace',
  order: 20,
  when: () => session.manages,
} satisfies SettingsPage;
