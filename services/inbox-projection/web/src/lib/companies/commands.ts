/** What the command bar offers on every page. */

import Building2 from '@lucide/svelte/icons/building-2';
import { goto } from '$app/navigation';
import { keys } from '#lib/keys/index.svelte.ts';
import { newCompanyDialog } from './dialogs.ts';

/** Opens what was made. */
export async function begin(): Promise<void> {
  const made = await newCompanyDialog();
  if (made) await goto(`/companies/${made.id}`);
}

keys.register([
  { id: 'new-company', label: 'companies.new', group: 'areas.companies', icon: Building2, run: () => void begin() },
]);
