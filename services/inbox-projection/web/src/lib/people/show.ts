/** Opens a dialog from anywhere: mounted beside the page, taken away when it is closed. */

import { mount, unmount, type Component } from 'svelte';
import { i18n } from '#lib/i18n/index.ts';

/** Resolves with what the dialog was closed with; null: it was cancelled. */
export async function shown<Props extends object, Result>(
  load: () => Promise<{ default: Component<Props & { done: (result: Result | null) => void }> }>,
  props: Props,
): Promise<Result | null> {
  const { default: Dialog } = await i18n.worded(load());
  return new Promise((resolve) => {
    const done = (result: Result | null) => {
      resolve(result);
      // The dialog gives the focus back before it goes.
      setTimeout(() => void unmount(mounted), 200);
    };
    const mounted = mount(Dialog, { target: document.body, props: { ...props, done } });
  });
}
