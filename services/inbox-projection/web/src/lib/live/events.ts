/** Server-sent events out of the bytes of a stream (HTML Living Standard 9.2.6); pure. */

export interface FeedEvent {
  kind: 'conversation' | 'ticket' | 'company' | 'notification' | 'presence' | 'reset';
  /** The conversation, ticket or company; null where the event has none. */
  id: string | null;
  inbox_id: string | null;
  sequence: number | null;
  position: number | null;
  /** Of presence only. */
  agent_id?: string;
  state?: 'viewing' | 'replying' | 'gone';
}

const KINDS = new Set(['conversation', 'ticket', 'company', 'notification', 'presence', 'reset']);

/** Collects text as it comes; `lastId` is what `Last-Event-ID` resumes after. */
export class EventReader {
  lastId: string | null;
  #rest = '';

  constructor(lastId: string | null = null) {
    this.lastId = lastId;
  }

  /** The events that are whole now. Unknown kinds are passed over: a newer server may tell more. */
  read(text: string): FeedEvent[] {
    const blocks = (this.#rest + text.replaceAll('\r\n', '\n')).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.flatMap((block) => this.#event(block));
  }

  #event(block: string): FeedEvent[] {
    let kind = '';
    let data = '';
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      if (colon <= 0) continue;
      const value = line.slice(colon + 1).replace(/^ /, '');
      const field = line.slice(0, colon);
      if (field === 'id') this.lastId = value;
      if (field === 'event') kind = value;
      if (field === 'data') data += value;
    }
    if (!KINDS.has(kind) || !data) return [];
    return [{ kind: kind as FeedEvent['kind'], ...(JSON.parse(data) as Omit<FeedEvent, 'kind'>) }];
  }
}
