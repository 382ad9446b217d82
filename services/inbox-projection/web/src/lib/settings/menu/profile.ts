import CircleUserRound from '@lucide/svelte/icons/circle-user-round';
import type { SettingsPage } from '../pages.ts';

export default {
  href: '/settings/profile',
  label: 'settings.profile',
  icon: CircleUserRound,
  group: 'personal',
  order: 10,
} satisfies SettingsPage;
