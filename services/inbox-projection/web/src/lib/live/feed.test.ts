import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { api, waiting } from '#lib/api/client.ts';
import { feed } from './feed.svelte.ts';

/** A network that is there or not, with a Postroom behind it whose feed stays open. */
class Network {
  there = true;
  /** Whether a call that meets no network fails at once, or hangs as on a connection that died unheard. */
  hangs = false;
  writes: string[] = [];
  streams = new Set<ReadableStreamDefaultController>();

  fetch = (asked: string | Request, given: RequestInit = {}): Promise<Response> => {
    const request = typeof asked === 'string' ? new Request(`http://postroom.test${asked}`, given) : asked;
    if (!this.there && this.hangs) {
      return new Promise((_, reject) => {
        request.signal.addEventListener('abort', () => reject(request.signal.reason as Error));
      });
    }
    if (!this.there) return Promise.reject(new TypeError('Failed to fetch'));
    if (request.url.endsWith('/feed')) return Promise.resolve(new Response(this.#stream(request.signal)));
    if (request.method !== 'GET') this.writes.push(new URL(request.url).pathname);
    return Promise.resolve(new Response('{}', { headers: { 'Content-Type': 'application/json' } }));
  };

  /** Is lost, and every stream with it. */
  goes(): void {
    this.there = false;
    for (const one of this.streams) one.error(new TypeError('network error'));
    this.streams.clear();
  }

  #stream(signal: AbortSignal): ReadableStream {
    return new ReadableStream({
      start: (control) => {
        this.streams.add(control);
        signal.addEventListener('abort', () => this.streams.delete(control) && control.error(signal.reason));
      },
    });
  }
}

let network: Network;
const params = { path: { conversation_id: 'c1' } };
const mute = () => api.PUT('/api/v1/conversations/{conversation_id}/mute', { params, baseUrl: 'http://postroom.test' });
const MINUTE = 60_000;

beforeEach(async () => {
  vi.useFakeTimers();
  // The platform's own time-outs keep no fake time.
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
    const control = new AbortController();
    setTimeout(() => control.abort(new DOMException('', 'TimeoutError')), milliseconds);
    return control.signal;
  });
  network = new Network();
  vi.stubGlobal('fetch', network.fetch);
  vi.stubGlobal('window', new EventTarget());
  vi.stubGlobal('document', new EventTarget());
  feed.start();
  await vi.advanceTimersByTimeAsync(1_000);
});
afterEach(() => {
  feed.stop();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('a write without a network', () => {
  it('waits for as long as that lasts and is done once when it is back', async () => {
    network.goes();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(feed.state).toBe('offline');
    const muted = mute();
    await vi.advanceTimersByTimeAsync(90 * MINUTE);
    expect([waiting.count, network.writes.length]).toEqual([1, 0]);
    network.there = true;
    await vi.advanceTimersByTimeAsync(MINUTE);
    await muted;
    expect([waiting.count, network.writes]).toEqual([0, ['/api/v1/conversations/c1/mute']]);
  });

  it('that the feed has not missed yet is held all the same, and the feed knows at once', async () => {
    network.there = false;
    expect(feed.state).toBe('online');
    const muted = mute();
    await vi.advanceTimersByTimeAsync(1_500);
    expect([feed.state, waiting.kinds]).toEqual(['offline', [['other', 1]]]);
    network.there = true;
    await vi.advanceTimersByTimeAsync(MINUTE);
    await muted;
    expect(network.writes).toHaveLength(1);
  });

  it('on a connection that died unheard counts as waiting soon, and outlives its time-out', async () => {
    network.there = false;
    network.hangs = true;
    const muted = mute();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(waiting.count).toBe(1);
    await vi.advanceTimersByTimeAsync(5 * MINUTE);
    expect([feed.state, waiting.count]).toEqual(['offline', 1]);
    network.there = true;
    await vi.advanceTimersByTimeAsync(MINUTE);
    await muted;
    expect(network.writes).toHaveLength(1);
  });
});
