/** The own components, to be imported one by one: `import Button from '#lib/ui/Button.svelte'`; and what is no component. */

export { announce, toasts } from './toasts.svelte.ts';
export { said } from './said.ts';
export type { ComboItem } from './Combobox.svelte';
export type { MenuGroup, MenuItem } from './Menu.svelte';
