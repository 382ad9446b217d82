import Tag from '@lucide/svelte/icons/tag';
import type { SettingsPage } from '../pages.ts';

export default {
  href: '/settings/labels',
  label: 'settings.labels',
  icon: Tag,
  group: 'workspace',
  order: 70,
} satisfies SettingsPage;
