import { loggedIn } from '#lib/session/entering.ts';
import type { LayoutLoad } from './$types';

/** The desk is for who is logged in. */
export const load: LayoutLoad = loggedIn;
