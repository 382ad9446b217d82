import { describe, expect, it } from 'vitest';
import { guessedHeight, hasOwnColours, piecesOf, withoutSignature } from './text.ts';

const links = (text: string) => piecesOf(text).flatMap((one) => (one.kind === 'link' ? [one.href] : []));

describe('links in a text', () => {
  it('are web and mail addresses, without what ends a sentence', () => {
    expect(links('See https://a.test/x?y=1. Or www.b.test, or mail me@c.test!')).toEqual([
      'https://a.test/x?y=1',
      'https://www.b.test',
      'mailto:me@c.test',
    ]);
  });

  it('keep a bracket of their own', () => {
    expect(links('(https://a.test/x_(y))')).toEqual(['https://a.test/x_(y)']);
  });

  it('are never a script', () => {
    for (const text of ['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'JaVaScRiPt://a.test/%0aalert(1)']) {
      expect(links(text).every((href) => /^(https?|mailto):/.test(href))).toBe(true);
    }
  });

  it('lose nothing of the text', () => {
    const text = 'a <b>https://x.test</b> "q" & www.y.test/ä\n  end';
    expect(
      piecesOf(text)
        .map((one) => one.text)
        .join(''),
    ).toBe(text);
  });
});

describe('a signature', () => {
  it('is what follows the last "-- "', () => {
    expect(withoutSignature('Hello\n\nBye\n-- \nAda\nAcme')).toEqual({
      text: 'Hello\n\nBye',
      signature: '-- \nAda\nAcme',
    });
  });

  it('is never the whole text, and never a long one', () => {
    expect(withoutSignature('-- \nonly this').signature).toBe('');
    expect(withoutSignature(`a\n-- \n${'x'.repeat(3_000)}`).signature).toBe('');
  });
});

describe('HTML of a mail', () => {
  it('has colours of its own', () => {
    for (const html of [
      '<td bgcolor="#fff">',
      '<p style="color: red">',
      '<p style="background-color:#eee">',
      '<font color="red">',
    ]) {
      expect(hasOwnColours(html)).toBe(true);
    }
    expect(hasOwnColours('<p style="text-align:left">The color: red</p>')).toBe(false);
  });

  it('is guessed to be about as high as its text', () => {
    expect(guessedHeight('', 640)).toBe(40);
    expect(guessedHeight('x\n'.repeat(10), 640)).toBeGreaterThan(200);
    expect(guessedHeight('x\n'.repeat(900), 640)).toBe(1_200);
  });
});
