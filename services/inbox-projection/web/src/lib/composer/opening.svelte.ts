/** Whether the dialog for a new conversation is open. */

import { recipientOf } from './addresses.ts';

let open = $state(false);
let asked = $state.raw<{ to: string | null; inboxId: string | null }>({ to: null, inboxId: null });

export const newConversation = {
  get open(): boolean {
    return open;
  },
  set open(now: boolean) {
    open = now;
  },
  /** Whom it was begun for. */
  get asked() {
    return { ...asked, to: asked.to === null ? null : recipientOf(asked.to) };
  },
  /** Opens it: to an address (`Name <a@b.example>`), in an inbox. */
  begin(to: string | null = null, inboxId: string | null = null): void {
    asked = { to, inboxId };
    open = true;
  },
};
