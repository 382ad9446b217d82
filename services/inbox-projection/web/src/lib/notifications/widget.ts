import type { Widget } from '#lib/desk/entries.ts';

export default { id: 'notifications', order: 10, load: () => import('./Bell.svelte') } satisfies Widget;
