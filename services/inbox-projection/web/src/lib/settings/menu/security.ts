import LockKeyhole from '@lucide/svelte/icons/lock-keyhole';
import type { SettingsPage } from '../pages.ts';

export default {
  href: '/settings/security',
  label: 'settings.security',
  icon: LockKeyhole,
  group: 'personal',
  order: 20,
} satisfies SettingsPage;
