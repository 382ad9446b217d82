import { answering, type Asked } from './testing.ts';
import { describe, expect, it } from 'vitest';
import { recipientOf } from './addresses.ts';
import type { How } from './attempt.ts';
import { send } from './sending.ts';
import { Writing } from './writing.svelte.ts';

/** A server that answers replies so, one after the other, and takes them in the end. */
function server(...replies: number[]): () => Asked[] {
  const asked = answering(({ path }) => {
    if (path.endsWith('/preferences')) return { undo_seconds: 5 };
    if (path.endsWith('/replies')) return replies.shift() ?? { id: 'm1', conversation_id: 'c1', sequence: 9 };
    return undefined;
  });
  return () => asked.filter((one) => one.path.endsWith('/replies'));
}

function written(): Writing {
  const writing = new Writing('c1');
  writing.setHtml('<div>Hello</div>', 'Hello');
  writing.to = [recipientOf('zofia@client.test')];
  writing.seen = 3;
  return writing;
}

const LATER: How = { sendAt: '2027-01-01T08:00:00.000Z' };
const CLOSE: How = { then: { status: 'resolved' } };

describe('what is sent again', () => {
  it.each([
    [LATER, { send_at: LATER.sendAt, undo_seconds: 0 }],
    [CLOSE, { then: CLOSE.then }],
  ])('after an unclear end is the same wish with the same key: %o', async (how, said) => {
    const replies = server(500);
    const writing = written();
    expect(await send(writing, how, [])).toBe(false);
    expect(writing.problem?.status).toBe(500);
    expect(await send(writing, writing.how, [])).toBe(true);
    const [first, second] = replies();
    expect(second?.body).toEqual(first?.body);
    expect(second?.body).toMatchObject(said);
    expect(second?.key).toBe(first?.key);
  });

  it('although somebody wrote meanwhile still goes when, and with what, it was to go', async () => {
    const replies = server(412);
    const writing = written();
    expect(await send(writing, { ...LATER, ...CLOSE }, [])).toBe(false);
    expect(writing.overtaken).toBe(true);
    writing.seen = 8;
    expect(await send(writing, writing.how, [])).toBe(true);
    const [first, second] = replies();
    expect([first?.seen, second?.seen]).toEqual(['"3"', '"8"']);
    expect(second?.body).toMatchObject({ send_at: LATER.sendAt, then: CLOSE.then });
  });

  it('is forgotten once it went: the next one goes at once', async () => {
    server();
    const writing = written();
    await send(writing, LATER, []);
    expect(writing.how).toEqual({});
  });
});
