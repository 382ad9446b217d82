/** Mentions in comments: what is being typed after an @, who fits, and which names a text has; pure. */

export interface Mentionable {
  id: string;
  name: string;
  team: boolean;
}

/** The word after an `@` in which the caret stands; null: there is none. */
export function typedMention(text: string, caret: number): { from: number; word: string } | null {
  const before = text.slice(0, caret);
  const match = /(?:^|[\s(])@([\p{L}\p{N}._-]*(?: [\p{L}\p{N}._-]*)?)$/u.exec(before);
  if (!match) return null;
  const word = match[1] ?? '';
  return { from: caret - word.length - 1, word };
}

/** Who begins like that, by any word of the name; at most so many. */
export function fitting(all: Mentionable[], word: string, most = 8): Mentionable[] {
  const wanted = folded(word);
  return all
    .filter((one) => folded(one.name).startsWith(wanted) || folded(one.name).includes(` ${wanted}`))
    .slice(0, most);
}

/** The ids of those whose names the text has after an `@`: the longest name counts where one begins another. */
export function mentionsIn(text: string, all: Mentionable[]): string[] {
  const found = new Set<string>();
  const byLength = [...all].sort((one, other) => other.name.length - one.name.length);
  let rest = text;
  for (const one of byLength) {
    const called = `@${one.name}`;
    if (!rest.includes(called)) continue;
    found.add(one.id);
    rest = rest.replaceAll(called, '\n');
  }
  return all.filter((one) => found.has(one.id)).map((one) => one.id);
}

/** A comment in pieces: which of them name somebody. */
export function mentioned(text: string, names: string[]): { text: string; mention: boolean }[] {
  const called = names
    .filter(Boolean)
    .sort((one, other) => other.length - one.length)
    .map((one) => escaped(`@${one}`));
  if (called.length === 0) return [{ text, mention: false }];
  return text
    .split(new RegExp(`(${called.join('|')})`))
    .filter(Boolean)
    .map((piece) => ({ text: piece, mention: piece.startsWith('@') && names.includes(piece.slice(1)) }));
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
const folded = (text: string) =>
  text.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll('ł', 'l').replaceAll('Ł', 'L').toLocaleLowerCase();
