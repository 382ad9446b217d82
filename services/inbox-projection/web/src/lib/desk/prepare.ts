/** What the desk loads only when somebody wants it: fetched before, while nothing else is to do; a failure is said. */

import { Problem } from '#lib/api/client.ts';
import { i18n, t } from '#lib/i18n/index.ts';
import { feed } from '#lib/live/feed.svelte.ts';
import { later } from '#lib/ui/later.ts';
import { problems } from './problems.svelte.ts';

/** In the order in which they are likely to be wanted. */
const parts: (() => Promise<unknown>)[] = [
  ...Object.values(later),
  () => i18n.whole(),
  () => import('#lib/thread/Thread.svelte'),
  () => import('#lib/sidebar/Sidebar.svelte'),
  () => import('#lib/composer/Composer.svelte'),
  () => import('#lib/actions/AskAssign.svelte'),
  () => import('#lib/actions/AskLabel.svelte'),
  () => import('#lib/actions/AskSnooze.svelte'),
  () => import('#lib/actions/AskPlain.svelte'),
  () => import('#lib/actions/AskMerge.svelte'),
  () => import('#lib/actions/ConfirmAll.svelte'),
  () => import('#lib/composer/FirstMessage.svelte'),
  () => import('#lib/keys/CommandBar.svelte'),
  () => import('#lib/thread/Why.svelte'),
  () => import('#lib/keys/Sheet.svelte'),
];
let preparing = false;

/** Fetches all of it, one after the other: then it opens at once, also without a network. Never fails. */
export async function prepare(): Promise<void> {
  preparing = true;
  for (const part of parts) {
    try {
      await part();
    } catch {
      // It is fetched again, and its failure said, when somebody wants it.
    }
  }
  preparing = false;
}

/** Says at the head of the desk what could not be loaded when it was wanted; gives what ends that. */
export function sayUnloaded(): () => void {
  window.addEventListener('vite:preloadError', say);
  return () => window.removeEventListener('vite:preloadError', say);
}

function say(): void {
  if (preparing) return;
  const title = t('frame.part_not_loaded');
  if (feed.state === 'offline') problems.show(title, new Problem(0, 'network', 'No connection'));
  // With a connection it is gone: a newer version of the page took its place.
  else problems.show(title, new Problem(-1, 'newer-page', 'A newer page'), () => window.location.reload());
}
