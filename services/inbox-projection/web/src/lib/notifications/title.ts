/** The number of unread notifications in the title of the tab, whatever page sets the title. */

import { titled } from './arrivals.ts';

/** Keeps it there until what it gives is called; `unread` is asked whenever the title changes. */
export function badge(unread: () => number): { update: () => void; end: () => void } {
  const update = () => {
    const wanted = titled(document.title, unread());
    if (wanted !== document.title) document.title = wanted;
  };
  const observer = new MutationObserver(update);
  observer.observe(document.head, { childList: true, subtree: true, characterData: true });
  update();
  return {
    update,
    end: () => {
      observer.disconnect();
      document.title = titled(document.title, 0);
    },
  };
}
