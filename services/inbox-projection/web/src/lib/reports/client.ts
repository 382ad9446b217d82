/** The reports API: calls typed by its own description, at its own address, with the log-in of this page. */

import createClient from 'openapi-fetch';
import { api, got, newKey } from '#lib/api/client.ts';
import type { paths } from '#lib/api/reports.d.ts';
import { send, type World } from '#lib/api/sending.ts';
import { session } from '#lib/session/session.svelte.ts';

export type { Answer, Definition, Fact, ReportDescribed } from '#lib/api/reports.d.ts';

let origin: Promise<string> | null = null;

/** Where reports are: during development behind this page's own address. */
function originOfReports(): Promise<string> {
  if (import.meta.env.DEV) return Promise.resolve(location.origin);
  origin ??= got(api.GET('/api/v1/workspace'))
    .then((workspace) => workspace.reports_url)
    .catch((thrown: unknown) => {
      origin = null;
      throw thrown;
    });
  return origin;
}

const world: World = {
  fetch: async (request) => {
    const { pathname, search } = new URL(request.url);
    return fetch((await originOfReports()) + pathname + search, {
      headers: { Accept: 'application/json' },
      credentials: 'include',
      signal: request.signal,
    });
  },
  wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  logInAgain: (since) => session.ended(since),
  // What follows is of writes, and reports are only read.
  newKey,
  reconnected: () => Promise.resolve(false),
};

/** Like `api`: every call gives its data or throws a Problem. */
export const reports = createClient<paths>({
  baseUrl: globalThis.location?.origin,
  fetch: (request) => send(request, world),
});
