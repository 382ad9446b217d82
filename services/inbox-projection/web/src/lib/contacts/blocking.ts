/** Blocks a person, or no longer: done at once, said, and taken back where it was a slip. */

import { undo } from '#lib/actions/undo.svelte.ts';
import type { Contact } from '#lib/api/client.ts';
import { attempt } from '#lib/desk/problems.svelte.ts';
import { t } from '#lib/i18n/index.ts';
import { blockContact, calledBy } from './contacts.svelte.ts';

/** Gives whether it went well; where not, the desk says so. */
export function changeBlock(contact: Contact): Promise<boolean> {
  const { id, blocked } = contact;
  const set = (to: boolean) => attempt(t('contacts.block_failed'), () => blockContact(id, to));
  return set(!blocked).then((done) => {
    const said = t(blocked ? 'contacts.unblocked_done' : 'contacts.blocked_done', { name: calledBy(contact) });
    if (done) undo.offer(said, () => void set(blocked));
    return done;
  });
}
