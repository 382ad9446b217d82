/** Where each step of the set-up is done; pure. */

import type { Step } from '#lib/api/client.ts';

/** `inbox_id`: the first inbox; without one, steps of an inbox lead to the list of them. */
export function placeOf(step: Step['name'], inbox_id: string | undefined): string {
  const inbox = inbox_id ? `/settings/inboxes/${inbox_id}` : '/settings/inboxes';
  switch (step) {
    case 'name_inbox':
      return inbox;
    case 'invite':
      return '/settings/agents';
    case 'connect':
      return inbox_id ? `${inbox}/connect` : inbox;
    case 'receive':
      return inbox;
    case 'answer':
      return '/inbox/all_open';
  }
}
