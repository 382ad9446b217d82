import { describe, expect, it } from 'vitest';
import { Problem } from '#lib/api/client.ts';
import { added, recipientOf, recipientsOf, written } from './addresses.ts';
import { attemptFor, isUnclear } from './attempt.ts';
import { pastedFiles } from './dropping.ts';
import {
  hasLooks,
  htmlOf,
  incoming,
  isEmpty,
  isFormatted,
  outgoing,
  picturesOf,
  plainMailOf,
  textOf,
  unfilled,
  type TextNode,
} from './html.ts';
import { fitting, mentioned, mentionsIn, typedMention } from './mentions.ts';
import { fittingSnippets } from './snippets.ts';

describe('recipients', () => {
  it('are read as mail programs write them', () => {
    expect(recipientsOf('Ann <ann@a.test>; bob@b.test, "Doe, Jane" <jane@c.test>\nx@y.test')).toMatchObject([
      { name: 'Ann', address: 'ann@a.test', valid: true },
      { name: '', address: 'bob@b.test' },
      { name: 'Doe, Jane', address: 'jane@c.test' },
      { address: 'x@y.test' },
    ]);
  });

  it.each([
    'ann',
    'ann@',
    '@a.test',
    'a b@c.test',
    '.a@b.test',
    'a..b@c.test',
    'a@-b.test',
    `${'x'.repeat(65)}@a.test`,
  ])('%s cannot be written to', (typed) => expect(recipientOf(typed).valid).toBe(false));

  it.each(['a+b@c.test', 'a@żółw.pl', "o'neil@c.test"])('%s can', (typed) =>
    expect(recipientOf(typed).valid).toBe(true),
  );

  it('are there once, whatever their case', () => {
    expect(added([recipientOf('A@b.test')], [recipientOf('a@B.test'), recipientOf('c@d.test')])).toHaveLength(2);
  });

  it('come back as they were written', () => {
    for (const typed of ['"Doe, Jane" <jane@c.test>', 'Ann <ann@a.test>', 'bob@b.test']) {
      expect(written(recipientOf(typed))).toBe(typed);
    }
  });
});

describe('sending again', () => {
  let made = 0;
  const key = () => `key-${++made}`;

  it('takes the same key for the same content, and another for another', () => {
    const first = attemptFor(null, 'a', key);
    expect(attemptFor(first, 'a', key)).toBe(first);
    expect(attemptFor(first, 'b', key).key).not.toBe(first.key);
  });

  it('keeps the key only while nobody knows whether it arrived', () => {
    expect([0, 503, 202].every((status) => isUnclear(new Problem(status, 'x', 'x')))).toBe(true);
    expect([409, 412, 422].some((status) => isUnclear(new Problem(status, 'x', 'x')))).toBe(false);
  });
});

const text = (content: string): TextNode => ({ nodeType: 3, nodeName: '#text', textContent: content, childNodes: [] });
const element = (name: string, ...children: TextNode[]): TextNode => ({
  nodeType: 1,
  nodeName: name,
  textContent: '',
  childNodes: children,
});

it('files are pasted where they were copied as such, and not where text brings its own pictures', () => {
  const pdf = new File(['%PDF'], 'offer.pdf', { type: 'application/pdf' });
  const files = [pdf] as unknown as FileList;
  expect(pastedFiles({ types: ['Files', 'text/plain'], files })).toEqual([pdf]);
  expect(pastedFiles({ types: ['Files', 'text/html'], files })).toEqual([]);
  expect(pastedFiles(null)).toEqual([]);
});

describe('what goes as plain text', () => {
  const id = '01957a00-0000-7000-8000-00000000000a';

  it.each([
    ['<div><b>now</b></div>', true],
    ['<pre>a</pre>', true],
    ['<ul><li><div>a</div></li></ul>', false],
    ['<div><a href="https://a.test">https://a.test</a><br></div>', false],
    [`<div><img src="/api/v1/uploads/${id}" alt="a"></div>`, false],
  ])('loses the looks of %s: %s', (html, lost) => expect(hasLooks(html)).toBe(lost));

  it('has its pictures among its files, each once', () => {
    const html = `<div><img src="/api/v1/uploads/${id}" alt="a"><img src="/api/v1/uploads/${id}" alt="a"></div>`;
    const sent = plainMailOf({ html, text: '[a][a]', files: { ids: ['other'] } });
    expect(sent).toEqual({ text: '[a][a]', attachment_ids: ['other', id] });
  });
});

describe('the text of what is written', () => {
  it('has its lines, lists and quotations', () => {
    const root = element(
      'DIV',
      element('DIV', text('Hello '), element('B', text('Ann')), text(',')),
      element('DIV', element('BR')),
      element('UL', element('LI', text('one')), element('LI', text('two'))),
      element('OL', element('LI', element('DIV', text('first')))),
      element('BLOCKQUOTE', element('DIV', text('they said'))),
    );
    expect(textOf(root)).toBe('Hello Ann,\n\n- one\n- two\n1. first\n> they said');
  });

  it('names where a link leads', () => {
    const link = { ...element('A', text('here')), getAttribute: () => 'https://a.test' };
    expect(textOf(element('DIV', element('DIV', text('see '), link)))).toBe('see here <https://a.test>');
  });

  it('needs HTML only where something is formatted', () => {
    expect(isFormatted('<div>a<br></div>')).toBe(false);
    expect(isFormatted('<div><b>a</b></div>')).toBe(true);
    expect(isFormatted('<div><a href="x">a</a></div>')).toBe(true);
  });

  it('is empty without text and pictures', () => {
    expect(isEmpty('<div><br></div><div>&nbsp;\u200b</div>')).toBe(true);
    expect(isEmpty('<div><img src="x"></div>')).toBe(false);
  });

  it('becomes HTML that is text and nothing else', () => {
    expect(htmlOf('<script>\n& "x"')).toBe('<div>&lt;script&gt;</div><div>&amp; &quot;x&quot;</div>');
    expect(htmlOf(' a  b \nc')).toBe('<div>\u00a0a\u00a0 b\u00a0</div><div>c</div>');
  });

  it('shows pictures from where they were uploaded, and sends them by their ids', () => {
    const id = '0198aaaa-0000-7000-8000-000000000001';
    const sent = `<img src="cid:${id}" alt="a">`;
    expect(outgoing(incoming(sent))).toBe(sent);
    expect(picturesOf(incoming(sent))).toEqual([id]);
  });

  it('may still hold variables that nothing stands for', () => {
    expect(unfilled('Hi {{contact.first_name}} and {{ order }} {{order}}')).toEqual(['contact.first_name', 'order']);
    expect(unfilled('{ {no} }')).toEqual([]);
  });
});

describe('mentions', () => {
  const people = [
    { id: 'a', name: 'Ada Lovelace', team: false },
    { id: 'b', name: 'Ada', team: false },
    { id: 'c', name: 'Łukasz Żak', team: false },
  ];

  it('are looked for behind an @ that begins a word', () => {
    expect(typedMention('Hi @Ad', 6)).toEqual({ from: 3, word: 'Ad' });
    expect(typedMention('mail a@b', 8)).toBeNull();
    expect(typedMention('@', 1)).toEqual({ from: 0, word: '' });
  });

  it('are found by any word of a name, without accents', () => {
    expect(fitting(people, 'lov').map((one) => one.id)).toEqual(['a']);
    expect(fitting(people, 'zak').map((one) => one.id)).toEqual(['c']);
    expect(fitting(people, 'luk').map((one) => one.id)).toEqual(['c']);
  });

  it('count by the longest name', () => {
    expect(mentionsIn('@Ada Lovelace, look', people)).toEqual(['a']);
    expect(mentionsIn('@Ada and @Ada Lovelace', people)).toEqual(['a', 'b']);
  });

  it('are told apart from the text, whatever a name looks like', () => {
    expect(mentioned('ask @A.(x) now', ['A.(x)'])).toEqual([
      { text: 'ask ', mention: false },
      { text: '@A.(x)', mention: true },
      { text: ' now', mention: false },
    ]);
  });
});

describe('snippets', () => {
  const snippet = (name: string, body = '', folder = '') => ({
    id: name,
    name,
    text: body,
    folder,
    html: null,
    shared: true,
    attachments: [],
    updated_at: '',
  });
  const all = [snippet('Refund', 'Dziękujemy'), snippet('Thanks', 'We refund you'), snippet('No refund')];

  it('are found by name first, then by text', () => {
    expect(fittingSnippets(all, 'refund').map((one) => one.name)).toEqual(['Refund', 'No refund', 'Thanks']);
    expect(fittingSnippets(all, 'dziekujemy').map((one) => one.name)).toEqual(['Refund']);
    expect(fittingSnippets(all, '')).toHaveLength(3);
  });
});
