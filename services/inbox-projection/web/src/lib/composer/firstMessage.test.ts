import { answering, type Asked } from './testing.ts';
import { expect, it } from 'vitest';
import { preferences } from '#lib/notifications/preferences.svelte.ts';
import { recipientOf } from './addresses.ts';
import type { How } from './attempt.ts';
import { FirstMessage } from './first.svelte.ts';

/** A server that begins conversations so, one after the other, and in the end begins them; what it was asked. */
function server(...answers: number[]): () => Asked[] {
  const asked = answering(({ path, method }) => {
    if (path.endsWith('/preferences')) return { undo_seconds: 10 };
    if (path === '/conversations' && method === 'POST') return answers.shift() ?? { id: 'c1', number: 7 };
    return undefined;
  });
  return () => asked.filter((one) => one.path === '/conversations');
}

function written(): FirstMessage {
  const first = new FirstMessage();
  first.inboxId = 'inbox';
  first.to = [recipientOf('zofia@client.test')];
  first.subject = 'Your offer';
  first.setHtml('<div>Hello</div>', 'Hello');
  return first;
}

const LATER: How = { sendAt: '2031-01-02T08:00:00.000Z' };
const CLOSE: How = { then: { status: 'resolved' } };

it.each([
  [{}, 10, { undo_seconds: 10 }],
  [CLOSE, 10, { undo_seconds: 10, then: CLOSE.then }],
  [LATER, 0, { undo_seconds: 0, send_at: LATER.sendAt }],
])('a first message goes as it is wished: %o', async (how, seconds, said) => {
  const begun = server();
  await preferences.read();
  expect(await written().send(how)).toMatchObject({ made: { number: 7 }, seconds });
  expect(begun()[0]?.body).toMatchObject(said);
});

it('after an unclear end it is tried again in the same way by the same key, and forgotten once it went', async () => {
  const begun = server(500);
  const first = written();
  expect(await first.send({ ...LATER, ...CLOSE })).toBeNull();
  expect(first.problem?.status).toBe(500);
  expect(await first.send(first.how)).not.toBeNull();
  const [once, twice] = begun();
  expect(twice?.body).toEqual(once?.body);
  expect(twice?.key).toBe(once?.key);
  expect([first.how, first.isEmpty]).toEqual([{}, true]);
});

it('who is typed and no chip yet gets it', async () => {
  const begun = server();
  const first = written();
  first.typed.cc = 'fred@client.test';
  await first.send({});
  expect(begun()[0]?.body).toMatchObject({ cc: ['fred@client.test'] });
});
