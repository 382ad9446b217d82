/** One request with all that the API's contract asks of a client: keys, time-outs, repeats, log-ins, pending writes. */

import { mayWait } from './kinds.ts';
import { asProblem, Problem, problemOf } from './problem.ts';

export interface Progress {
  handled: number;
  total: number;
}

/** What sending needs of the world, so that tests can give their own. */
export interface World {
  fetch: (request: Request) => Promise<Response>;
  wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Resolves when somebody has logged in since then (as `performance.now()` tells); rejects when nobody will. */
  logInAgain: (since: number) => Promise<void>;
  newKey: () => string;
  /**
   * Asked for a write that met no network: resolves when there is one, however long that takes, and gives whether it was
   * gone. Rejects when the caller gives the write up.
   */
  reconnected: (request: Request) => Promise<boolean>;
}

export interface Options {
  onProgress?: (progress: Progress) => void;
}

const READ_MS = 20_000;
const WRITE_MS = 30_000;
const UPLOAD_MS = 15 * 60_000;
const PENDING_MS = 500;
const PENDING_TURNS = 120;
const REPEAT_MS = 600;
/** What stands before the API says that it cannot be reached. */
export const UNREACHED = new Set([502, 504]);
const PUBLIC = /^\/api\/v1\/(session|password-resets|invitations)\b/;

/**
 * The answer to a request, once it is final: a 202 is followed until the command is done, and the same write repeated
 * with its key then gives what it would have given at once. A write that meets no network waits for it without limit: its
 * key makes sure that it happens once. Throws Problem for every answer that is no success.
 */
export async function send(request: Request, world: World, options: Options = {}): Promise<Response> {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const isUpload = request.headers.get('Content-Type')?.startsWith('multipart/') ?? false;
  const headers = new Headers(request.headers);
  if (!isRead && !headers.has('Idempotency-Key')) headers.set('Idempotency-Key', world.newKey());
  const limit = isUpload ? UPLOAD_MS : isRead ? READ_MS : WRITE_MS;
  const signal = () => AbortSignal.any([request.signal, AbortSignal.timeout(limit)]);
  // What shall outlive its page goes at once: once the page is going, nothing is waited for any more.
  let first = request.keepalive ? new Request(request.clone(), { headers, signal: signal() }) : null;
  const bytes = isRead ? null : request.arrayBuffer();
  const again = async () => {
    const body = await bytes;
    const asked = { method: request.method, headers, credentials: 'same-origin' as const, signal: signal() };
    return new Request(request.url, body && body.byteLength > 0 ? { ...asked, body } : asked);
  };

  const waits = !isRead && !isUpload && mayWait(request.url);
  let repeats = isUpload ? 0 : 1;
  /** After no answer: resolves when it is to be asked again, else throws. */
  const withoutAnswer = async (problem: Problem) => {
    const late = problem.code === 'time-out';
    if (!waits && (late || repeats-- <= 0)) throw problem;
    if (!late) await world.wait(REPEAT_MS, request.signal);
    if (!waits) return;
    if (await world.reconnected(request)) repeats = 1;
    else if (late || repeats-- <= 0) throw problem;
  };
  for (;;) {
    let response: Response;
    const sentAt = performance.now();
    try {
      response = await world.fetch(first ?? (await again()));
      first = null;
      if (response.status === 202) {
        await settled(response, world, request.signal, options);
        continue;
      }
    } catch (thrown) {
      first = null;
      request.signal.throwIfAborted();
      const problem = asProblem(thrown);
      if (!problem.offline) throw problem;
      await withoutAnswer(problem);
      continue;
    }
    if (response.ok) return response;
    if (response.status === 401 && !PUBLIC.test(new URL(request.url).pathname)) {
      await world.logInAgain(sentAt);
      continue;
    }
    if (response.status === 503 && repeats-- > 0) {
      await world.wait(REPEAT_MS, request.signal);
      continue;
    }
    if (waits && UNREACHED.has(response.status)) {
      await withoutAnswer(await problemOf(response));
      continue;
    }
    throw await problemOf(response);
  }
}

/** Waits until the command that a 202 names is done. Throws Problem when it was refused or takes too long. */
async function settled(response: Response, world: World, signal: AbortSignal, options: Options): Promise<void> {
  const place = response.headers.get('Location');
  if (!place) throw new Problem(202, 'still-pending', 'Not yet done');
  let last = -1;
  for (let turn = 0; turn < PENDING_TURNS; turn += 1) {
    await world.wait(PENDING_MS, signal);
    const asked = new Request(new URL(place, response.url || globalThis.location?.href), { signal });
    const answer = await send(asked, world);
    const command = (await answer.json()) as {
      state: string;
      reason: { code?: string; detail?: string } | null;
      progress: Progress | null;
    };
    if (command.state === 'done') return;
    if (command.state === 'refused') {
      throw new Problem(409, command.reason?.code ?? 'refused', 'Refused', command.reason?.detail ?? '');
    }
    if (command.progress) options.onProgress?.(command.progress);
    // What still moves has all the time it needs.
    if (command.progress && command.progress.handled !== last) {
      last = command.progress.handled;
      turn = 0;
    }
  }
  throw new Problem(202, 'still-pending', 'Not yet done');
}
