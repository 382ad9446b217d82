import Bell from '@lucide/svelte/icons/bell';
import type { SettingsPage } from '../pages.ts';

export default {
  href: '/settings/notifications',
  label: 'notifications.title',
  icon: Bell,
  group: 'personal',
  order: 30,
} satisfies SettingsPage;
