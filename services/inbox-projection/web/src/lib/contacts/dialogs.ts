/** Dialogs about contacts that may be opened from anywhere. */

import type { Contact } from '#lib/api/client.ts';
import { shown } from '#lib/people/show.ts';

/** Somebody who has not written yet; null: it was cancelled. */
export const newContactDialog = (): Promise<Contact | null> => shown(() => import('./NewContact.svelte'), {});
