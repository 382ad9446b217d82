import { redirect } from '@sveltejs/kit';
import type { PageLoad } from './$types';

/** What waits for us is where the work is. */
export const load: PageLoad = () => redirect(307, '/inbox/waiting_on_us');
