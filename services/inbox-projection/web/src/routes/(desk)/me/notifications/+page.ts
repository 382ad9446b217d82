import { redirect } from '@sveltejs/kit';
import type { PageLoad } from './$types';

/** Where notification mails lead whoever wants fewer of them. */
export const load: PageLoad = () => redirect(307, '/settings/notifications');
