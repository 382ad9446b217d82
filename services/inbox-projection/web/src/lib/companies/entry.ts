import Building2 from '@lucide/svelte/icons/building-2';
import type { Entry } from '#lib/desk/entries.ts';
import './commands.ts';

export default {
  id: 'companies',
  href: '/companies',
  label: 'areas.companies',
  icon: Building2,
  order: 30,
  keys: 'g b',
} satisfies Entry;
