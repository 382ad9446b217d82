import { loggedIn } from '#lib/session/entering.ts';
import type { PageLoad } from './$types';

/** A conversation on paper: a page of its own, without the desk around it. */
export const load: PageLoad = loggedIn;
