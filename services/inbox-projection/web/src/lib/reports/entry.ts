import ChartColumn from '@lucide/svelte/icons/chart-column';
import type { Entry } from '#lib/desk/entries.ts';

export default {
  id: 'reports',
  href: '/reports',
  label: 'areas.reports',
  icon: ChartColumn,
  order: 50,
  keys: 'g r',
} satisfies Entry;
