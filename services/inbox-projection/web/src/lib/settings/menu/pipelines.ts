import SquareKanban from '@lucide/svelte/icons/square-kanban';
import { session } from '#lib/session/session.svelte.ts';
import type { SettingsPage } from '../pages.ts';

export default {
  href: '/settings/pipelines',
  label: 'settings.pipelines',
  icon: SquareKanban,
  group: 'workspace',
  order: 90,
  when: () => session.manages,
} satisfies SettingsPage;
