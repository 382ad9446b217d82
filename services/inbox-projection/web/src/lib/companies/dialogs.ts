/** Dialogs about companies that may be opened from anywhere. */

import type { Company } from '#lib/api/client.ts';
import { shown } from '#lib/people/show.ts';

/** A new company, with this name to begin with; null: it was cancelled. */
export const newCompanyDialog = (name = ''): Promise<Company | null> =>
  shown(() => import('./NewCompany.svelte'), { name });
