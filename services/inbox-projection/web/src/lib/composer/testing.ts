/** A pretended API for tests of what is written and sent; import it before anything that calls. */

import { vi } from 'vitest';

export interface Asked {
  path: string;
  method: string;
  /** Its Idempotency-Key and If-Match. */
  key: string | null;
  seen: string | null;
  body: Record<string, unknown>;
}

/** What it gives: a status of a problem, or content; undefined: nothing in particular. */
export type Gives = (asked: Asked) => number | object | undefined | Promise<number | object | undefined>;

vi.stubGlobal('location', { origin: 'http://postroom.test', href: 'http://postroom.test/' });

/** Answers every call from now on; gives what was asked, as it comes. */
export function answering(gives: Gives): Asked[] {
  const all: Asked[] = [];
  vi.stubGlobal('fetch', async (input: Request) => {
    const request = new Request(input);
    const text = await request.text();
    const asked: Asked = {
      path: new URL(request.url).pathname.replace('/api/v1', ''),
      method: request.method,
      key: request.headers.get('Idempotency-Key'),
      seen: request.headers.get('If-Match'),
      body: (text ? JSON.parse(text) : {}) as Record<string, unknown>,
    };
    all.push(asked);
    const given = await gives(asked);
    if (typeof given !== 'number') return Response.json(given ?? { items: [], next_cursor: null });
    if (given < 400) return new Response(null, { status: given });
    const problem = { type: 'about:blank', title: 'No', status: given, code: `code-${given}` };
    return Response.json(problem, { status: given, headers: { 'Content-Type': 'application/problem+json' } });
  });
  return all;
}
