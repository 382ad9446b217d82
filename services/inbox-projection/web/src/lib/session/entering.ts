/** Who may come in: pages of the desk, and those on paper, are for who is logged in. */

import { error, redirect } from '@sveltejs/kit';
import { asProblem } from '#lib/api/client.ts';
import { said } from '#lib/ui/said.ts';
import { session } from './session.svelte.ts';

/** For a `load`: everybody who is not logged in does so first, and comes back to this address. */
export async function loggedIn({ url }: { url: URL }): Promise<void> {
  let found;
  try {
    found = await session.find();
  } catch (thrown) {
    const words = said(asProblem(thrown));
    error(503, `${words.what} ${words.next}`);
  }
  if (!found) redirect(307, `/login?after=${encodeURIComponent(url.pathname + url.search)}`);
}
