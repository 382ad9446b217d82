import TextQuote from '@lucide/svelte/icons/text-quote';
import type { SettingsPage } from '../pages.ts';

export default {
  href: '/settings/snippets',
  label: 'settings.snippets',
  icon: TextQuote,
  group: 'workspace',
  order: 60,
} satisfies SettingsPage;
