import KeyRound from '@lucide/svelte/icons/key-round';
import type { SettingsPage } from '../pages.ts';

export default {
  href: '/settings/tokens',
  label: 'settings.tokens',
  icon: KeyRound,
  group: 'personal',
  order: 95,
} satisfies SettingsPage;
