import { expect, it } from 'vitest';
import type { Snippet } from '#lib/api/client.ts';
import { attached, bodyOf, draftOf } from './draft.ts';
import { byFolder, fitting } from './folders.ts';

const snippet = (name: string, folder = '', text = 'Hello'): Snippet => ({
  id: name,
  name,
  folder,
  text,
  shared: true,
  html: null,
  attachments: [{ id: 'u1', name: 'terms.pdf', content_type: 'application/pdf', size: 10 }],
  updated_at: '2026-01-01T00:00:00Z',
});

it('stands snippets in their folders, those in none first', () => {
  const found = byFolder([snippet('b', 'Orders'), snippet('a', 'Orders'), snippet('c')]);
  expect(found.map(([folder, those]) => [folder, those.map((one) => one.name)])).toEqual([
    ['', ['c']],
    ['Orders', ['a', 'b']],
  ]);
});

it('finds by name, folder and text', () => {
  const all = [snippet('Greeting'), snippet('b', 'Orders'), snippet('c', '', 'Your parcel')];
  expect(fitting(all, ' ORDERS ').map((one) => one.name)).toEqual(['b']);
  expect(fitting(all, 'parcel').map((one) => one.name)).toEqual(['c']);
  expect(fitting(all, '')).toHaveLength(3);
});

it('leaves out HTML that says no more than the text', () => {
  const draft = { ...draftOf(null), name: ' Greeting ', formatted: true, text: 'Hi', html: '<div>Hi</div>' };
  expect(bodyOf(draft, ['u1'])).toMatchObject({ name: 'Greeting', html: null, attachment_ids: ['u1'] });
  expect(bodyOf({ ...draft, html: '<div><b>Hi</b></div>' }, []).html).toBe('<div><b>Hi</b></div>');
});

it('shows the files of a snippet as those that are up already', () => {
  expect(attached(snippet('a')).map((one) => [one.name, one.uploaded?.id])).toEqual([['terms.pdf', 'u1']]);
  expect(attached(null)).toEqual([]);
});
