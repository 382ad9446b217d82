import { describe, expect, it } from 'vitest';
import { typedOf, valueOf, webAddress } from './values.ts';

describe('what is typed for a property', () => {
  it.each([
    ['number', ' 1 234,5 ', 1234.5],
    ['number', '-7', -7],
    ['number', '0', 0],
    ['number', '1e9999', undefined],
    ['number', '12 apples', undefined],
    ['date', '2026-02-28', '2026-02-28'],
    ['date', '2026-02-30', undefined],
    ['date', 'tomorrow', undefined],
    ['boolean', 'true', true],
    ['boolean', 'false', false],
    ['boolean', 'maybe', undefined],
    ['url', 'acme.example/x', 'https://acme.example/x'],
    ['url', 'javascript:alert(1)', undefined],
    ['text', ' <script>alert(1)</script> ', '<script>alert(1)</script>'],
    ['choice', 'gold', 'gold'],
  ] as const)('%s %j becomes %j', (kind, typed, value) => {
    expect(valueOf(kind, typed)).toBe(value);
  });

  it.each(['text', 'number', 'date', 'boolean', 'choice', 'url'] as const)('nothing takes a %s away', (kind) => {
    expect(valueOf(kind, '  ')).toBeNull();
  });

  it('shows a value again as it was typed, false and 0 too', () => {
    expect([false, 0, null, undefined, 'x'].map(typedOf)).toEqual(['false', '0', '', '', 'x']);
  });
});

describe('a link', () => {
  it.each(['javascript:alert(1)', 'data:text/html,x', 'http://', 'ftp://a.example', ' https', ''])(
    'is never %j',
    (text) => {
      expect(webAddress(text)).toBeNull();
    },
  );

  it('leads to the web', () => {
    expect(webAddress('https://acme.example/a b')).toBe('https://acme.example/a%20b');
  });
});
