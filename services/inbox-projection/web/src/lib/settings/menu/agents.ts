import UserCog from '@lucide/svelte/icons/user-cog';
import { session } from '#lib/session/session.svelte.ts';
import type { SettingsPage } from '../pages.ts';

export default {
  href: '/settings/agents',
  label: 'settings.agents',
  icon: UserCog,
  group: 'workspace',
  order: 30,
  when: () => session.isAdministrator,
} satisfies SettingsPage;
