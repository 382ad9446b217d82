/** Who else has a conversation open, and telling the others that the agent has. */

import { SvelteMap } from 'svelte/reactivity';
import { api, got, type Present } from '#lib/api/client.ts';
import { feed } from '#lib/live/feed.svelte.ts';
import { session } from '#lib/session/session.svelte.ts';

const RENEW_MS = 5_000;
const WRITES_MS = 8_000;

export class Presence {
  readonly #others = new SvelteMap<string, Present['state']>();
  readonly #id: string;
  #wroteAt = 0;
  #said: 'viewing' | 'replying' | null = null;

  constructor(id: string) {
    this.#id = id;
  }

  /** The other agents there, who writes first. */
  get others(): Present[] {
    return [...this.#others]
      .map(([agent_id, state]) => ({ agent_id, state }))
      .sort((one, other) => one.state.localeCompare(other.state));
  }

  /** The agent typed: the others see it at once, and for some seconds. */
  writes(): void {
    this.#wroteAt = Date.now();
    if (this.#said !== 'replying') void this.#say();
  }

  /** Begins; gives what ends it. */
  start(): () => void {
    void this.#say();
    const timer = setInterval(() => void this.#say(), RENEW_MS);
    const seen = () => void this.#say();
    document.addEventListener('visibilitychange', seen);
    const deaf = feed.on('presence', (events) => {
      for (const { id, agent_id, state } of events) {
        if (id !== this.#id || !agent_id || agent_id === session.me?.id) continue;
        if (state === 'viewing' || state === 'replying') this.#others.set(agent_id, state);
        else this.#others.delete(agent_id);
      }
    });
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', seen);
      deaf();
      if (this.#said && feed.state !== 'offline') void this.#put('gone').catch(() => undefined); // who is silent is gone anyway
    };
  }

  async #say(): Promise<void> {
    if (document.visibilityState === 'hidden' || feed.state === 'offline' || session.expired) {
      this.#said = null;
      return;
    }
    const state = Date.now() - this.#wroteAt < WRITES_MS ? 'replying' : 'viewing';
    this.#said = state;
    try {
      const { presence } = await this.#put(state);
      this.#others.clear();
      for (const one of presence) if (one.agent_id !== session.me?.id) this.#others.set(one.agent_id, one.state);
    } catch {
      this.#others.clear(); // nobody can be told; it is said again in five seconds
    }
  }

  #put(state: 'viewing' | 'replying' | 'gone') {
    const params = { path: { conversation_id: this.#id } };
    return got(api.PUT('/api/v1/conversations/{conversation_id}/presence', { params, body: { state } }));
  }
}
