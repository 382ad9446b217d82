import { redirect } from '@sveltejs/kit';
import { home } from '#lib/desk/entries.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = () => redirect(307, home());
