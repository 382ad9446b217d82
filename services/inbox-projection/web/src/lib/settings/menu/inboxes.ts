import Inbox from '@lucide/svelte/icons/inbox';
import { session } from '#lib/session/session.svelte.ts';
import type { SettingsPage } from '../pages.ts';

export default {
  href: '/settings/inboxes',
  label: 'settings.inboxes',
  icon: Inbox,
  group: 'workspace',
  order: 10,
  when: () => session.manages,
} satisfies SettingsPage;
