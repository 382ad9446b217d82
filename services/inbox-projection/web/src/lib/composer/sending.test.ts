import { answering, type Asked } from './testing.ts';
import { describe, expect, it, vi } from 'vitest';
import { preferences } from '#lib/notifications/preferences.svelte.ts';
import { recipientOf } from './addresses.ts';
import type { How } from './attempt.ts';
import { obstacle, send } from './sending.ts';
import { Writing } from './writing.svelte.ts';

const ZOFIA = { name: 'Zofia', address: 'zofia@client.test' };

const ASKED = { to: [ZOFIA], cc: [], addresses: [], channel_id: 'a', subject: '' };
const EMPTY = {
  mode: 'reply',
  text: '',
  html: null,
  to: [],
  cc: [],
  bcc: [],
  attachments: [],
  message_ids: [],
  comment: '',
  channel_id: null,
  seen_sequence: null,
};

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

describe('who is typed and no chip yet', () => {
  it('gets it like those who are', async () => {
    const replies = server();
    const writing = written();
    writing.typed.cc = 'Fred Friend <fred@client.test>';
    expect(await send(writing, {}, [])).toBe(true);
    expect(replies()[0]?.body).toMatchObject({
      to: ['zofia@client.test'],
      cc: ['Fred Friend <fred@client.test>'],
    });
    expect(writing.typed.cc).toBe('');
  });

  it('stays in sight and keeps it from going where it is no address', async () => {
    const replies = server();
    const writing = written();
    writing.typed.bcc = 'zof';
    expect(await send(writing, {}, [])).toBe(false);
    expect(writing.bcc).toMatchObject([{ address: 'zof', valid: false }]);
    expect(obstacle(writing)).toBe('composer.wrong_recipient');
    expect(replies()).toEqual([]);
  });

  it('is forgotten with what is thrown away', async () => {
    server();
    const writing = written();
    writing.typed.to = 'fred@client.test';
    await writing.discard();
    writing.commit();
    expect(writing.to).toEqual([]);
  });
});

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

it('how long sending can be undone is as it was set a moment ago', async () => {
  let undo_seconds = 0;
  const asked = answering(({ path, method, body }) => {
    if (path.endsWith('/preferences')) {
      if (method === 'PATCH') undo_seconds = Number(body.undo_seconds);
      return { undo_seconds };
    }
    if (path.endsWith('/replies')) return { id: 'm1', conversation_id: 'c1', sequence: 9 };
    return undefined;
  });
  await preferences.change({ undo_seconds: 0 });
  await send(written(), {}, []);
  await preferences.change({ undo_seconds: 30 });
  await send(written(), {}, []);
  const said = asked.filter((one) => one.path.endsWith('/replies')).map((one) => one.body.undo_seconds);
  expect(said).toEqual([0, 30]);
});

describe('to whom a mail goes', () => {
  /** A conversation whose newest message was written by the last of these. */
  function conversation(...writers: { name: string; address: string }[]) {
    const asked = answering(({ path }) => {
      if (path.endsWith('/preferences')) return { undo_seconds: 5 };
      if (path.endsWith('/replies')) return { id: 'm1', conversation_id: 'c1', sequence: 9 };
      if (path.endsWith('/draft')) return { ...EMPTY, updated_at: null };
      if (!path.endsWith('/answering')) return undefined;
      const [first, ...others] = writers;
      return { to: [(others.length > 0 ? writers.shift() : first) ?? ZOFIA], cc: [], addresses: [], channel_id: 'a' };
    });
    return () => asked.filter((one) => one.path.endsWith('/replies')).at(-1)?.body;
  }

  it('is who is shown, also where nobody was chosen', async () => {
    const sent = conversation(ZOFIA);
    const writing = new Writing('c1');
    await writing.load();
    writing.setHtml('<div>Hello</div>', 'Hello');
    expect(writing.asProposed).toBe(true);
    await send(writing, {}, []);
    expect(sent()).toMatchObject({ to: ['Zofia <zofia@client.test>'], cc: [] });
  });

  it('is left to the server where an address can only be taken over', async () => {
    const sent = conversation({ name: '', address: '"zofia nowak"@client.test' });
    const writing = new Writing('c1');
    await writing.load();
    writing.setHtml('<div>Hello</div>', 'Hello');
    await send(writing, {}, []);
    expect(sent()).not.toHaveProperty('to');
  });

  it('follows who writes next, unless the agent chose', async () => {
    const jan = { name: 'Jan', address: 'jan@client.test' };
    for (const chosen of [false, true]) {
      conversation(ZOFIA, jan);
      const writing = new Writing('c1');
      writing.answer('m0');
      await writing.load();
      if (chosen) writing.to = [recipientOf('ann@client.test')];
      writing.answer('m1');
      await vi.waitFor(() => expect(writing.answering?.to).toEqual([jan]));
      expect(writing.to[0]?.address).toBe(chosen ? 'ann@client.test' : 'jan@client.test');
    }
  });
});

it('another page wrote the draft, too: nothing is sent before the agent has said which text stays', async () => {
  const asked = answering(({ path, method }) => {
    if (!path.endsWith('/draft')) return undefined;
    return method === 'PUT'
      ? { problem: 409, code: 'draft-changed' }
      : { ...EMPTY, text: 'theirs', updated_at: 'at 2' };
  });
  const writing = written();
  writing.touch(null);
  expect(await send(writing, {}, [])).toBe(false);
  expect(asked.some((one) => one.path.endsWith('/replies'))).toBe(false);
  expect([writing.text, writing.keeping.other?.draft.text]).toEqual(['Hello', 'theirs']);
  expect(obstacle(writing)).toBe('composer.elsewhere_first');
  writing.keepBoth();
  expect(writing.text).toBe('Hello\n\ntheirs');
  expect(obstacle(writing)).toBeNull();
});

it('a draft that is found knows what its writer had seen, so that nothing newer is answered unseen', async () => {
  answering(({ path }) =>
    path.endsWith('/draft') ? { ...EMPTY, text: 'Dear', updated_at: 'at 1', seen_sequence: 4, channel_id: 'b' } : ASKED,
  );
  const writing = new Writing('c1');
  await writing.load();
  expect([writing.seen, writing.channelId, writing.open]).toEqual([4, 'b', true]);
});

it.each([
  ['a comment that was just begun stays open when a draft that was never here ends', null, ['comment', true]],
  ['a mail that was just begun takes what another page writes', 'at 1', ['reply', true]],
] as const)('%s', async (_, updated_at, shown) => {
  const text = updated_at === null ? '' : 'Dear';
  let now: object = { ...EMPTY, updated_at: 'at 0' };
  answering(({ path }) => (path.endsWith('/draft') ? now : ASKED));
  const writing = new Writing('c1');
  await writing.load();
  writing.become(updated_at === null ? 'comment' : 'reply');
  now = { ...EMPTY, text, updated_at };
  await writing.heard(updated_at === null ? 'discarded' : 'kept');
  expect([writing.mode, writing.open]).toEqual(shown);
  expect(writing.text).toBe(text);
});

it('what another page sent leaves the composer empty and closed', async () => {
  let now: object = { ...EMPTY, text: 'Dear', updated_at: 'at 0' };
  answering(({ path }) => (path.endsWith('/draft') ? now : ASKED));
  const writing = new Writing('c1');
  await writing.load();
  expect(writing.open).toBe(true);
  now = { ...EMPTY, updated_at: null };
  await writing.heard('sent');
  expect([writing.open, writing.isEmpty]).toEqual([false, true]);
});
