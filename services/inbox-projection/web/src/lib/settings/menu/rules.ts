import Workflow from '@lucide/svelte/icons/workflow';
import { session } from '#lib/session/session.svelte.ts';
import type { SettingsPage } from '../pages.ts';

export default {
  href: '/settings/rules',
  label: 'settings.rules',
  icon: Workflow,
  group: 'workspace',
  order: 40,
  when: () => session.manages,
} satisfies SettingsPage;
