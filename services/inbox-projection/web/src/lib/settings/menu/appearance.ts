import Palette from '@lucide/svelte/icons/palette';
import type { SettingsPage } from '../pages.ts';

export default {
  href: '/settings/appearance',
  label: 'settings.appearance',
  icon: Palette,
  group: 'personal',
  order: 90,
} satisfies SettingsPage;
