/** What the command bar offers on every page. */

import UserPlus from '@lucide/svelte/icons/user-plus';
import { goto } from '$app/navigation';
import { keys } from '#lib/keys/index.svelte.ts';
import { newContactDialog } from './dialogs.ts';

/** Opens what was made. */
export async function begin(): Promise<void> {
  const made = await newContactDialog();
  if (made) await goto(`/contacts/${made.id}`);
}

keys.register([
  { id: 'new-contact', label: 'contacts.new', group: 'areas.contacts', icon: UserPlus, run: () => void begin() },
]);
