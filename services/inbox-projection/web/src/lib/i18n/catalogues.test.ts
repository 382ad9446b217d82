import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, type MessageFormatElement } from '@formatjs/icu-messageformat-parser';
import { describe, expect, it } from 'vitest';
import { Messages, joined } from './messages.ts';

const here = import.meta.dirname;
const sources = join(here, '../..');

function catalogueOf(language: string): Record<string, string> {
  const folder = join(here, language);
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return joined(
    Object.fromEntries(files.map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf-8'))])),
  ) as Record<string, string>;
}

const en = catalogueOf('en');
const pl = catalogueOf('pl');

/** The plural forms that each plural of a message has, and the names of its places. */
function partsOf(message: string) {
  const plurals: string[][] = [];
  const places = new Set<string>();
  const visit = (elements: MessageFormatElement[]) => {
    for (const element of elements) {
      if ('options' in element) {
        if ('pluralType' in element && element.pluralType === 'cardinal') plurals.push(Object.keys(element.options));
        for (const option of Object.values(element.options)) visit(option.value);
      }
      if ('children' in element) visit(element.children);
      if (element.type !== 0 && element.type !== 7) places.add(element.value as string);
    }
  };
  visit(parse(message, { ignoreTag: true }));
  return { plurals, places: [...places].sort() };
}

/** English words of the field, and how their Polish ones begin: one word for one thing, everywhere. */
const GLOSSARY: Record<string, RegExp> = {
  conversation: /rozm[oó]w/i,
  inbox: /skrzyn/i,
  ticket: /zgłosze/i,
  contact: /kontak/i,
  channel: /kana[lł]/i,
  comment: /komentarz/i,
  assign: /przypi[sn]/i,
  snooz: /odł[oó]ż|odkład/i,
  clos: /zam(?:yk|kn)/i,
  snippet: /szablon/i,
};
/** Where the language has a word of its own for it, or says it without. */
const OTHERWISE = new Set([
  'contacts.card', // a business card
  'contacts.import_columns_hint',
  'inboxes.closes', // of hours
  'inboxes.fault_order',
  'refusals.stages_invalid_next',
  'search.help_is', // words of the query language
]);

describe('catalogues', () => {
  it.each(Object.entries(GLOSSARY))('has one Polish word for what begins with "%s"', (word, polish) => {
    const named = new RegExp(`\\b${word}`, 'i');
    const said = (message: string | undefined) => (message ?? '').replaceAll(/\{\w+(?:\}|, )/g, '');
    const keys = Object.keys(en).filter((key) => named.test(said(en[key])));
    expect(keys.length).toBeGreaterThan(5);
    expect(keys.filter((key) => !polish.test(said(pl[key])) && !OTHERWISE.has(key))).toEqual([]);
  });

  it('have the same keys in English and Polish', () => {
    expect(Object.keys(pl).sort()).toEqual(Object.keys(en).sort());
  });

  it.each(Object.keys(en))('%s is valid in both languages and fills the same places', (key) => {
    const english = partsOf(en[key] ?? '');
    const polish = partsOf(pl[key] ?? '');
    expect(polish.places).toEqual(english.places);
    // One that only knows "none" and "else" counts nothing.
    const counting = ({ plurals }: typeof english) =>
      plurals.filter((forms) => forms.some((one) => !/^(=|other)/.test(one)));
    expect(counting(polish).length).toBeGreaterThanOrEqual(counting(english).length);
    for (const forms of counting(english)) expect(forms).toEqual(expect.arrayContaining(['one', 'other']));
    for (const forms of counting(polish))
      expect(forms).toEqual(expect.arrayContaining(['one', 'few', 'many', 'other']));
  });

  it('has every key that the sources name', () => {
    const named = new Set<string>();
    for (const file of readdirSync(sources, { recursive: true, encoding: 'utf-8' })) {
      if (!/\.(svelte|ts)$/.test(file) || file.endsWith('.test.ts') || file.endsWith('schema.d.ts')) continue;
      const text = readFileSync(join(sources, file), 'utf-8');
      for (const [, key] of text.matchAll(/\bt\(\s*'([a-z_]+\.[\w.]+)'/g)) named.add(key as string);
      for (const [, key] of text.matchAll(/\b(?:label|group): '([a-z_]+\.[\w.]+)'/g)) named.add(key as string);
    }
    expect([...named].filter((key) => !(key in en))).toEqual([]);
  });
});

describe('Polish plurals', () => {
  const messages = new Messages('pl', {
    'one.two': '{count, plural, one {# rozmowa} few {# rozmowy} many {# rozmów} other {# rozmowy}}',
  });

  it.each([
    [1, '1 rozmowa'],
    [2, '2 rozmowy'],
    [5, '5 rozmów'],
    [22, '22 rozmowy'],
    [1.5, '1,5 rozmowy'],
  ])('%d is told rightly', (count, told) => {
    expect(messages.text('one.two', { count })).toBe(told);
  });
});

describe('a text', () => {
  it('that is missing shows its key', () => {
    expect(new Messages('en', {}).text('frame.unknown')).toBe('frame.unknown');
  });

  it('keeps what a value has, whatever it looks like', () => {
    const messages = new Messages('en', { 'a.b': 'Remove {what}' });
    expect(messages.text('a.b', { what: '<b>{x}</b>' })).toBe('Remove <b>{x}</b>');
  });
});
