import { redirect } from '@sveltejs/kit';
import type { PageLoad } from './$types';

/** Where our mails lead: the conversation, in whatever view it is. */
export const load: PageLoad = ({ params }) => redirect(307, `/inbox/all_open/${encodeURIComponent(params.id)}`);
