/** What opens over the page comes after the first load: nobody opens it within the first second. */

export const later = {
  dialog: () => import('./DialogBox.svelte'),
  menu: () => import('./MenuBox.svelte'),
  popover: () => import('./PopoverBox.svelte'),
};
