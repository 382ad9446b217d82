import ShieldCheck from '@lucide/svelte/icons/shield-check';
import type { Entry } from '#lib/desk/entries.ts';
import { session } from '#lib/session/session.svelte.ts';

export default {
  id: 'checks',
  href: '/checks',
  label: 'areas.checks',
  icon: ShieldCheck,
  order: 60,
  keys: 'g h',
  when: () => session.manages,
} satisfies Entry;
