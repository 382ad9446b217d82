import { describe, expect, it } from 'vitest';
import { wordAfterSlash } from './slash.ts';

describe('a "/"', () => {
  it.each([
    ['/', ''],
    ['Hello /', ''],
    ['Hello\u00a0/ref', 'ref'],
    ['\u200b/ref', 'ref'],
  ])('at the beginning of a word asks for a snippet: %j', (text, word) => expect(wordAfterSlash(text)).toBe(word));

  it.each(['1 / 2', 'and/', 'and/or', '/home/', 'https://', ''])('elsewhere is one like any other: %j', (text) =>
    expect(wordAfterSlash(text)).toBeNull(),
  );
});
