/** The agents' API: typed calls whose `data` is there, or a Problem is thrown. */

import createClient from 'openapi-fetch';
import type { CommandStatus, paths } from './schema.d.ts';
import { kindOf } from './kinds.ts';
import { Problem } from './problem.ts';
import { waiting } from './waiting.svelte.ts';
import { send, type Progress, type World } from './sending.ts';

export { asProblem, Problem, problemOf, wasAborted } from './problem.ts';
export { waiting } from './waiting.svelte.ts';
export type * from './schema.d.ts';

let logInAgain: (since: number) => Promise<void> = () =>
  Promise.reject(new Problem(401, 'not-authenticated', 'Unauthorized'));

/** Says how a session that ended is renewed; the session does that once. */
export function whenLoggedOut(renew: (since: number) => Promise<void>): void {
  logInAgain = renew;
}

let connected: () => Promise<boolean> = () => Promise.resolve(false);

/** Says how to wait for a connection, and to learn whether it was gone: the feed knows. */
export function whenDisconnected(back: () => Promise<boolean>): void {
  connected = back;
}

/** A write that is not answered for so long counts among those that wait. */
const LATE_MS = 3_000;

function fetched(request: Request): Promise<Response> {
  const answer = fetch(request);
  if (request.method === 'GET') return answer;
  const wait = () => void waiting.during(kindOf(request.url), answer).catch(() => undefined);
  const timer = setTimeout(wait, LATE_MS);
  return answer.finally(() => clearTimeout(timer));
}

const world: World = {
  fetch: fetched,
  wait,
  logInAgain: (since) => logInAgain(since),
  newKey,
  reconnected: ({ url, signal }) => waiting.during(kindOf(url), Promise.race([connected(), aborted(signal)])),
};

/**
 * `const { data } = await api.GET('/api/v1/conversations/{conversation_id}', { params: { path: { conversation_id } } })`.
 * Every call either gives its data or throws a Problem; a write carries an Idempotency-Key, an ended session is renewed
 * over the page, a pending write is followed to its end.
 */
export const api = createClient<paths>({
  baseUrl: globalThis.location?.origin,
  fetch: (request) => send(request, world),
});

/** For a call that may take long: `{ fetch: withProgress((p) => …) }`. */
export function withProgress(onProgress: (progress: Progress) => void): (request: Request) => Promise<Response> {
  return (request) => send(request, world, { onProgress });
}

/** The data of a call that has some: `const me = await got(api.GET('/api/v1/me'))`. */
export async function got<T>(call: Promise<{ data?: T }>): Promise<Exclude<T, CommandStatus>> {
  const { data } = await call;
  if (data === undefined) throw new Problem(-1, 'page-fault', 'An answer without content');
  return data as Exclude<T, CommandStatus>; // what is pending was followed to its end
}

/** A key for a write that the caller wants to repeat itself (a reply, say): `headers: { 'Idempotency-Key': key }`. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Sends a file, telling how far it is; there is no other way to watch an upload than XMLHttpRequest. */
export function upload<T>(path: string, form: FormData, on?: (sent: number, total: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const sentAt = performance.now();
    request.open('POST', path);
    request.responseType = 'json';
    request.timeout = 15 * 60_000;
    request.upload.onprogress = (event) => on?.(event.loaded, event.total);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        resolve(request.response as T);
        return;
      }
      const said = (request.response ?? {}) as { code?: string; title?: string; detail?: string };
      const problem = new Problem(request.status, said.code ?? 'refused', said.title ?? '', said.detail ?? '');
      if (request.status !== 401) {
        reject(problem);
        return;
      }
      logInAgain(sentAt).then(() => upload<T>(path, form, on).then(resolve, reject), reject);
    };
    request.onerror = () => reject(new Problem(0, 'network', 'No connection'));
    request.ontimeout = () => reject(new Problem(0, 'time-out', 'Time-out'));
    request.send(form);
  });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => (clearTimeout(timer), reject(signal.reason as Error)), { once: true });
  });
}
