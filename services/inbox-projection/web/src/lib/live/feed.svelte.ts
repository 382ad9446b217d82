/** The live feed: one stream for the page, resumed without gaps after a network loss or a sleep of the machine. */

import { whenDisconnected } from '#lib/api/client.ts';
import { UNREACHED } from '#lib/api/sending.ts';
import { session } from '#lib/session/session.svelte.ts';
import { EventReader, type FeedEvent } from './events.ts';

export type { FeedEvent } from './events.ts';
type Kind = FeedEvent['kind'];
type Hearer = (events: FeedEvent[]) => void;

const SILENCE_MS = 40_000; // the server says something every 15 s
const ANSWER_MS = 8_000; // to a call that asks for nothing but an answer
const TICK_MS = 5_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

let state = $state<'connecting' | 'online' | 'offline'>('connecting');
let since = $state(Date.now());
const hearers = new Map<Kind, Set<Hearer>>();
const returns = new Set<() => void>();
let reader = new EventReader();
let stream: AbortController | null = null;
let running = false;
let heardAt = 0;
let wake: (() => void) | null = null;

export const feed = {
  /** `offline` after the first failed try to come back; pages may be out of date then. */
  get state(): 'connecting' | 'online' | 'offline' {
    return state;
  },
  /** Since when the state is what it is. */
  get since(): number {
    return since;
  },

  /**
   * Hears events of a kind, all that came together at once; gives what ends it. `reset` says that events may have been
   * missed: read everything that is shown anew.
   */
  on(kind: Kind, hearer: Hearer): () => void {
    const all = hearers.get(kind) ?? new Set();
    hearers.set(kind, all.add(hearer));
    return () => all.delete(hearer);
  },

  /** Is called whenever the connection is back after it was gone. */
  onReturn(hearer: () => void): () => void {
    returns.add(hearer);
    return () => returns.delete(hearer);
  },

  /**
   * For a call that got no answer: finds out whether there is a connection, resolves when there is one (again), however
   * long that takes, and gives whether it was gone. Where the feed does not run nothing is waited for.
   */
  async back(): Promise<boolean> {
    if (!running) return false;
    if (state !== 'offline') {
      asking ??= answers().finally(() => (asking = null));
      if (await asking) return false;
      lost();
    }
    return new Promise((resolve) => {
      const ended = feed.onReturn(() => (ended(), resolve(true)));
    });
  },

  start(): void {
    if (running) return;
    running = true;
    void run();
    const timer = setInterval(() => running && checkPulse(), TICK_MS);
    window.addEventListener('online', soon);
    window.addEventListener('offline', lost);
    document.addEventListener('visibilitychange', checkPulse);
    stop = () => {
      clearInterval(timer);
      window.removeEventListener('online', soon);
      window.removeEventListener('offline', lost);
      document.removeEventListener('visibilitychange', checkPulse);
    };
  },

  stop(): void {
    running = false;
    stop();
    stream?.abort();
    soon();
  },
};

let stop: () => void = () => undefined;

whenDisconnected(() => feed.back());

let asking: Promise<boolean> | null = null;

/** Whether Postroom answers at all just now, whatever it says. */
async function answers(): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const { status } = await fetch('/api/v1/me', { signal, cache: 'no-store' });
    return !UNREACHED.has(status);
  } catch {
    return false;
  }
}

async function run(): Promise<void> {
  let pause = FIRST_WAIT_MS;
  while (running) {
    const began = Date.now();
    try {
      await connection();
    } catch (thrown) {
      // Whatever ended the stream, the next one resumes; what is no failure of the network is the page's own fault.
      if (thrown instanceof SyntaxError) reader = new EventReader();
    }
    if (!running) return;
    if (Date.now() - began > LONGEST_WAIT_MS) pause = FIRST_WAIT_MS;
    await new Promise<void>((resolve) => {
      wake = resolve;
      setTimeout(resolve, pause);
    });
    pause = Math.min(pause * 2, LONGEST_WAIT_MS);
  }
}

/** One connection until it ends. */
async function connection(): Promise<void> {
  stream = new AbortController();
  heardAt = Date.now();
  const headers: Record<string, string> = reader.lastId ? { 'Last-Event-ID': reader.lastId } : {};
  try {
    const sentAt = performance.now();
    const answer = await fetch('/api/v1/feed', { headers, signal: stream.signal, cache: 'no-store' });
    if (answer.status === 401) {
      become('offline');
      await session.ended(sentAt);
      return;
    }
    if (!answer.ok || !answer.body) throw new TypeError('the feed does not answer');
    // A stream that was cut in the middle of an event begins with that event again.
    reader = new EventReader(reader.lastId);
    become('online');
    const text = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await text.read();
      if (done) break;
      heardAt = Date.now();
      tell(reader.read(value));
    }
  } catch (thrown) {
    become('offline');
    throw thrown;
  } finally {
    stream = null;
  }
}

function tell(events: FeedEvent[]): void {
  const kinds = new Set(events.map((one) => one.kind));
  for (const kind of kinds) {
    const those = events.filter((one) => one.kind === kind);
    for (const hearer of hearers.get(kind) ?? []) hearer(those);
  }
}

function become(now: typeof state): void {
  if (now === state) return;
  const was = state;
  state = now;
  since = Date.now();
  if (now === 'online' && was === 'offline') for (const hearer of [...returns]) hearer();
}

function checkPulse(): void {
  if (stream && Date.now() - heardAt > SILENCE_MS) stream.abort();
  if (!stream) soon();
}

function lost(): void {
  become('offline');
  stream?.abort();
}

function soon(): void {
  wake?.();
}
