/** Which snippets fit what is typed; pure. */

import type { Snippet } from '#lib/api/client.ts';

/** Those that have all the words: the ones whose names begin so come first, then by name, then by text. */
export function fittingSnippets(all: Snippet[], typed: string): Snippet[] {
  const words = folded(typed).split(/\s+/).filter(Boolean);
  if (words.length === 0) return all;
  const rank = (one: Snippet): number => {
    const name = folded(`${one.folder} ${one.name}`);
    if (words.every((word) => name.includes(word))) return folded(one.name).startsWith(words[0] ?? '') ? 0 : 1;
    const whole = `${name} ${folded(one.text)}`;
    return words.every((word) => whole.includes(word)) ? 2 : 3;
  };
  return all
    .map((one, index) => ({ one, index, rank: rank(one) }))
    .filter((each) => each.rank < 3)
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .map((each) => each.one);
}

const folded = (text: string) =>
  text.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll('ł', 'l').replaceAll('Ł', 'L').toLocaleLowerCase();
