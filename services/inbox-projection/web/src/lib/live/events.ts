/** Server-sent events out of the bytes of a stream (HTML Living Standard 9.2.6); pure. */

const KINDS = [
  'conversation',
  'ticket',
  'company',
  'contact',
  'agent',
  'inbox',
  'team',
  'label',
  'channel',
  'view',
  'filtered',
  'filters',
  'rules',
  'pipeline',
  'property',
  'snippet',
  'preferences',
  'notification',
  'presence',
  'draft',
  'reset',
] as const;

export interface FeedEvent {
  kind: (typeof KINDS)[number];
  /** The conversation, ticket, company, contact or agent; null where the event has none. */
  id: string | null;
  inbox_id: string | null;
  sequence: number | null;
  position: number | null;
  /** Of presence only. */
  agent_id?: string;
  state?: 'viewing' | 'replying' | 'gone';
  /** Of drafts only: what one of the agent's pages made of it, and which; null: read them anew. */
  became?: 'kept' | 'sent' | 'discarded' | null;
  writer?: string | null;
}

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
    const known = KINDS.find((one) => one === kind);
    if (!known || !data) return [];
    return [{ kind: known, ...(JSON.parse(data) as Omit<FeedEvent, 'kind'>) }];
  }
}
