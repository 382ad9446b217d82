/** The audit: what was asked for, as it stands in the address, and the pages of it that were read. */

import { api, asProblem, got, type Act, type Problem } from '#lib/api/client.ts';
import { isDay, plusDays } from '#lib/reports/days.ts';
import { i18n } from '#lib/i18n/index.ts';
import { midnight } from './midnight.ts';

export interface AuditFilter {
  agent: string;
  kind: string;
  /** The first and the last day; empty: from the beginning, until now. */
  first: string;
  last: string;
}

export function filterOf(query: Pick<URLSearchParams, 'get'>): AuditFilter {
  const day = (name: string) => (isDay(query.get(name) ?? '') ? (query.get(name) ?? '') : '');
  const kind = query.get('kind') ?? '';
  return {
    agent: query.get('agent') ?? '',
    kind: /^[A-Za-z]{1,60}$/.test(kind) ? kind : '',
    first: day('first'),
    last: day('last'),
  };
}

export function queryOf(filter: AuditFilter): string {
  return new URLSearchParams(Object.entries(filter).filter(([, value]) => value)).toString();
}

export class AuditPage {
  items = $state.raw<Act[]>([]);
  cursor = $state<string | null>(null);
  reading = $state(true);
  problem = $state.raw<Problem | null>(null);
  #filter: AuditFilter = { agent: '', kind: '', first: '', last: '' };
  #turn = 0;

  async load(filter: AuditFilter): Promise<void> {
    this.#filter = filter;
    await this.#read(null);
  }

  async more(): Promise<void> {
    if (this.cursor) await this.#read(this.cursor);
  }

  async again(): Promise<void> {
    await this.#read(null);
  }

  async #read(cursor: string | null): Promise<void> {
    const turn = (this.#turn += 1);
    const { agent, kind, first, last } = this.#filter;
    const query = {
      limit: 50,
      ...(agent ? { agent_id: agent } : {}),
      ...(kind ? { kind } : {}),
      ...(first ? { from: midnight(first, i18n.zone) } : {}),
      ...(last ? { to: midnight(plusDays(last, 1), i18n.zone) } : {}),
      ...(cursor ? { cursor } : {}),
    };
    this.reading = true;
    this.problem = null;
    try {
      const page = await got(api.GET('/api/v1/audit', { params: { query } }));
      if (turn !== this.#turn) return;
      this.items = cursor ? [...this.items, ...page.items] : page.items;
      this.cursor = page.next_cursor;
    } catch (thrown) {
      if (turn !== this.#turn) return;
      this.problem = asProblem(thrown);
    }
    this.reading = false;
  }
}
