import { describe, expect, it } from 'vitest';
import { Problem } from './problem.ts';
import { send, type World } from './sending.ts';

const URL_ = 'http://postroom.test/api/v1/things';

interface Sent {
  method: string;
  url: string;
  key: string | null;
  body: string;
}

/** A world that answers in turn; what was sent is kept. */
function worldOf(answers: (Response | Error)[], over: Partial<World> = {}) {
  const sent: Sent[] = [];
  const events: string[] = [];
  const world: World = {
    fetch: async (request) => {
      const { method, url } = request;
      sent.push({ method, url, key: request.headers.get('Idempotency-Key'), body: await request.text() });
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      if (!answer) throw new Error('nothing more was expected');
      return answer;
    },
    wait: async () => void events.push('wait'),
    logInAgain: async () => void events.push('log in'),
    newKey: () => 'key-1',
    reconnected: async () => (events.push('reconnected'), false),
    ...over,
  };
  return { world, sent, events };
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/problem+json', ...headers } });
const write = (body = '{"a":1}') => new Request(URL_, { method: 'POST', body });

describe('a write', () => {
  it('carries a key, and keeps it when it is repeated after the network was lost', async () => {
    const { world, sent, events } = worldOf([new TypeError('Failed to fetch'), json(200, { ok: true })]);
    expect(await (await send(write(), world)).json()).toEqual({ ok: true });
    expect(sent.map(({ key, body }) => [key, body])).toEqual([
      ['key-1', '{"a":1}'],
      ['key-1', '{"a":1}'],
    ]);
    expect(events).toEqual(['wait', 'reconnected']);
  });

  it('that shall outlive its page is on its way before anything is waited for, and can still be repeated', async () => {
    const { world, sent } = worldOf([new TypeError('Failed to fetch'), json(200, {})]);
    let asked: Request | null = null;
    const fetch = (request: Request) => ((asked ??= request), world.fetch(request));
    const sending = send(new Request(URL_, { method: 'PUT', body: 'kept', keepalive: true }), { ...world, fetch });
    expect(asked).not.toBeNull();
    expect((asked as Request | null)?.keepalive).toBe(true);
    await sending;
    expect(sent.map(({ key, body }) => [key, body])).toEqual([
      ['key-1', 'kept'],
      ['key-1', 'kept'],
    ]);
  });

  it('keeps a key that the caller gave', async () => {
    const { world, sent } = worldOf([json(200, {})]);
    await send(new Request(URL_, { method: 'PUT', headers: { 'Idempotency-Key': 'mine' } }), world);
    expect(sent[0]?.key).toBe('mine');
  });

  it('that is still pending is followed, and then asked again for its answer', async () => {
    const progress: number[] = [];
    const { world, sent } = worldOf([
      json(202, {}, { Location: '/api/v1/commands/7' }),
      json(200, { state: 'pending', reason: null, progress: { handled: 3, total: 9 } }),
      json(200, { state: 'done', reason: null, progress: null }),
      json(201, { id: 'made' }),
    ]);
    world.fetch = at(world.fetch);
    const answer = await send(write(), world, { onProgress: ({ handled }) => progress.push(handled) });
    expect(answer.status).toBe(201);
    expect(progress).toEqual([3]);
    expect(sent.map(({ method, key }) => [method, key])).toEqual([
      ['POST', 'key-1'],
      ['GET', null],
      ['GET', null],
      ['POST', 'key-1'],
    ]);
  });

  it('that is refused later is a problem', async () => {
    const { world } = worldOf([
      json(202, {}, { Location: '/api/v1/commands/7' }),
      json(200, { state: 'refused', reason: { code: 'already-sent', detail: 'Too late.' }, progress: null }),
    ]);
    world.fetch = at(world.fetch);
    await expect(send(write(), world)).rejects.toMatchObject({ code: 'already-sent', detail: 'Too late.' });
  });

  it('waits for somebody to log in again and is then done once', async () => {
    const { world, sent, events } = worldOf([json(401, {}), json(200, {})]);
    await send(write(), world);
    expect(events).toEqual(['log in']);
    expect(sent[0]?.key).toBe(sent[1]?.key);
  });
});

describe('a write that meets no network', () => {
  const lost = () => new TypeError('Failed to fetch');
  const late = () => new DOMException('', 'TimeoutError');

  it('waits for it as often and as long as it takes, and is then done once', async () => {
    const { world, sent, events } = worldOf([lost(), lost(), late(), lost(), json(200, { ok: true })]);
    world.reconnected = async () => (events.push('back'), true);
    expect(await (await send(write(), world)).json()).toEqual({ ok: true });
    expect(new Set(sent.map(({ key }) => key))).toEqual(new Set(['key-1']));
    expect(events.filter((one) => one === 'back')).toHaveLength(4);
  });

  it('though everything else does is a problem after two tries', async () => {
    const { world, sent } = worldOf([lost(), lost()]);
    await expect(send(write(), world)).rejects.toMatchObject({ code: 'network' });
    expect(sent).toHaveLength(2);
  });

  it('waits, too, when what stands before the API cannot reach it', async () => {
    const { world, sent, events } = worldOf([new Response('', { status: 502 }), json(200, {})]);
    world.reconnected = async () => (events.push('back'), true);
    await send(write(), world);
    expect([sent.length, events.at(-1)]).toEqual([2, 'back']);
  });

  it('while it is still pending is asked for again, not given up', async () => {
    const pending = json(202, {}, { Location: '/api/v1/commands/7' });
    const done = json(200, { state: 'done', reason: null, progress: null });
    const again = json(202, {}, { Location: '/api/v1/commands/7' });
    const { world, sent } = worldOf([pending, lost(), lost(), again, done, json(201, {})]);
    world.fetch = at(world.fetch);
    world.reconnected = async () => true;
    expect((await send(write(), world)).status).toBe(201);
    expect(sent.filter(({ method }) => method === 'POST').map(({ key }) => key)).toEqual(['key-1', 'key-1', 'key-1']);
  });

  it('fails when its caller gives it up', async () => {
    const control = new AbortController();
    const { world } = worldOf([lost()]);
    world.reconnected = ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    const sending = send(new Request(URL_, { method: 'POST', signal: control.signal }), world);
    setTimeout(() => control.abort());
    await expect(sending).rejects.toMatchObject({ name: 'AbortError' });
  });

  it.each(['/api/v1/session', '/api/v1/conversations/x/presence'])('is of no use later: %s', async (path) => {
    const { world, events } = worldOf([lost(), lost()]);
    const asked = new Request(`http://postroom.test${path}`, { method: 'PUT' });
    await expect(send(asked, world)).rejects.toMatchObject({ code: 'network' });
    expect(events).toEqual(['wait']);
  });
});

describe('a call', () => {
  it('that failed is a problem with what the API said', async () => {
    const said = {
      title: 'Unprocessable',
      code: 'invalid-request',
      detail: 'Not valid.',
      errors: [{ where: ['body', 'name'], detail: 'too long' }],
    };
    const { world } = worldOf([json(422, said)]);
    const problem = await send(write(), world).catch((thrown: unknown) => thrown as Problem);
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({ status: 422, code: 'invalid-request', detail: 'Not valid.' });
    expect((problem as Problem).of('name')).toBe('too long');
  });

  it('whose answer is no problem document is one all the same', async () => {
    const { world } = worldOf([new Response('<h1>Bad gateway</h1>', { status: 502 })]);
    await expect(send(new Request(URL_), world)).rejects.toMatchObject({ status: 502, code: 'fault' });
  });

  it('is repeated once when the service is away for a moment', async () => {
    const { world, events } = worldOf([json(503, { code: 'bus-away' }), json(200, {})]);
    await send(new Request(URL_), world);
    expect(events).toEqual(['wait']);
  });

  it('that takes too long says so, and is not repeated', async () => {
    const { world } = worldOf([new DOMException('', 'TimeoutError')]);
    await expect(send(write(), world)).rejects.toMatchObject({ code: 'time-out', offline: true });
  });

  it('that its caller gave up is no problem', async () => {
    const control = new AbortController();
    const { world } = worldOf([new TypeError('Failed to fetch')]);
    control.abort();
    await expect(send(new Request(URL_, { signal: control.signal }), world)).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  it.each(['/api/v1/session', '/api/v1/invitations/x/accept'])('to log in (%s) may fail with 401', async (path) => {
    const { world, events } = worldOf([json(401, { code: 'not-authenticated' })]);
    await expect(send(new Request(`http://postroom.test${path}`, { method: 'POST' }), world)).rejects.toMatchObject({
      status: 401,
    });
    expect(events).toEqual([]);
  });
});

/** Answers know the address that they came from, as those of the network do. */
function at(fetch: World['fetch']): World['fetch'] {
  return async (request) => {
    const answer = await fetch(request);
    Object.defineProperty(answer, 'url', { value: request.url });
    return answer;
  };
}
