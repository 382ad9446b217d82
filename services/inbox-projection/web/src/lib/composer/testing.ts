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

/** What it gives: content, a problem or its status; undefined: nothing in particular. */
export type Given = number | { problem: number; code: string } | object | undefined;

vi.stubGlobal('location', { origin: 'http://postroom.test', href: 'http://postroom.test/' });

/** Answers every call from now on; gives what was asked, as it comes. */
export function answering(gives: (asked: Asked) => Given): Asked[] {
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
    const given = gives(asked);
    if (typeof given === 'object' && !('problem' in given)) return Response.json(given);
    if (given === undefined) return Response.json({ items: [], next_cursor: null });
    const [status, code] = typeof given === 'number' ? [given, `code-${given}`] : [given.problem, given.code];
    const headers = { 'Content-Type': 'application/problem+json' };
    return Response.json({ type: 'about:blank', title: 'No', status, code }, { status: Number(status), headers });
  });
  return all;
}
