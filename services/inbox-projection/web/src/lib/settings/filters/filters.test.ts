import { expect, it } from 'vitest';
import type { EmailFilters } from '#lib/api/client.ts';
import { asked, NEW_FILTER, switchesOf, turned } from './draft.ts';

const filter = {
  ...NEW_FILTER,
  id: 'f1',
  value: 'spam.test',
  header: '',
  note: '',
  inbox_id: null,
  operator: 'is',
  enabled: true,
} as const;
const known: EmailFilters = { version: 3, filters: [{ ...filter }, { ...filter, id: 'f2' }], switches: [] };

it('sends all filters with one changed, added or taken away, and the version they are of', () => {
  const changed = asked(known, { at: 'f1', filter: { ...filter, value: 'other.test' } });
  expect(changed.version).toBe(3);
  expect(changed.filters.map((one) => [one.id, one.value])).toEqual([
    ['f1', 'other.test'],
    ['f2', 'spam.test'],
  ]);
  expect(asked(known, { at: null, filter: { ...NEW_FILTER, value: 'x' } }).filters).toHaveLength(3);
  expect(asked(known, { at: 'f1', filter: null }).filters.map((one) => one.id)).toEqual(['f2']);
});

it('drops the name of a header where no header is looked at', () => {
  const made = asked(known, { at: null, filter: { ...NEW_FILTER, field: 'subject', header: 'List-Id', value: 'x' } });
  expect(made.filters.at(-1)?.header).toBe('');
});

it('turns one switch of one place, and forgets a place where all are off', () => {
  const on = { ...known, switches: turned(known, 'i1', 'newsletter', true).switches ?? [] } as EmailFilters;
  expect(switchesOf(on, 'i1').newsletter).toBe(true);
  expect(switchesOf(on, null).newsletter).toBe(false);
  expect(turned(on, 'i1', 'newsletter', false).switches).toEqual([]);
});
