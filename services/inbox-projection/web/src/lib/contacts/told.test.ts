import { describe, expect, it } from 'vitest';
import type { TimelineEntry } from '#lib/api/client.ts';
import { told } from './told.ts';

const entry = (kind: TimelineEntry['kind'], details: object, more: Partial<TimelineEntry> = {}): TimelineEntry => ({
  id: 'e',
  at: '2026-11-23T08:00:00Z',
  kind,
  actor: { kind: 'agent', id: 'a' },
  conversation_id: null,
  ticket_id: null,
  details: details as TimelineEntry['details'],
  ...more,
});
const fields = { name: 'Name', phone: 'Phone', note: 'Note' };
const tell = (one: TimelineEntry) => told(one, (id) => `<${id}>`, fields, [{ id: 'p', name: 'Plan' }]);

describe('an entry of the timeline', () => {
  it('gives a note word for word', () => {
    expect(tell(entry('note', { text: '<b>x</b>' })).quote).toBe('<b>x</b>');
  });

  it('names what was changed, properties by their names', () => {
    const one = entry('changed', { name: 'N', phone: null, properties: { p: 1, gone: 2 } });
    expect(tell(one).values).toEqual({ what: 'Name, Plan' });
  });

  it('names the address that came or went', () => {
    const details = { handle: { kind: 'email', value: 'rosa@home.test' }, first: null };
    expect(tell(entry('handle_unlinked', details))).toEqual({
      key: 'contacts.told_handle_unlinked',
      values: { address: 'rosa@home.test' },
    });
  });

  it('of an erased person says that something was changed', () => {
    expect(tell(entry('changed', {}))).toEqual({ key: 'contacts.told_changed_something', values: { what: '' } });
  });

  it('leads to the conversation, the ticket and the company', () => {
    expect(tell(entry('conversation_opened', { subject: 'S' }, { conversation_id: 'c' }))).toMatchObject({
      href: '/conversations/c',
      quote: 'S',
    });
    expect(tell(entry('ticket_opened', { number: 7, title: 'T' }, { ticket_id: 't' }))).toMatchObject({
      href: '/tickets/t',
      values: { number: 7 },
    });
    expect(tell(entry('company_linked', { company_id: 'k' }))).toMatchObject({
      href: '/companies/k',
      values: { company: '<k>' },
    });
  });

  it('takes whatever details it gets', () => {
    for (const kind of ['note', 'handle_linked', 'changed', 'merged', 'ticket_opened', 'blocked'] as const) {
      expect(() =>
        tell(entry(kind, { text: 7, handle: 'x', properties: null, merged_ids: null, number: 'x' })),
      ).not.toThrow();
    }
  });
});
