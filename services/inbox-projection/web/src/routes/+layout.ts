import { i18n } from '#lib/i18n/index.ts';
import type { LayoutLoad } from './$types';

/** Everything is rendered in the browser; the server gives one page for all addresses. */
export const ssr = false;
export const prerender = false;

/** The log-in and the lists of the inbox have their words first; a conversation, and every other page, has them all. */
const FIRST = /^\/(login|forgotten-password|inbox(\/[^/]+)?)?$/;

/** No page is shown before there are words for it. */
export const load: LayoutLoad = async ({ url }) => {
  await i18n.ready();
  if (!FIRST.test(url.pathname)) await i18n.whole();
};
