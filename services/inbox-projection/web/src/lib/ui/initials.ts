/** What stands for a face where there is no picture; pure. */

const HUES = 6;

/** One or two letters: of the first and the last word of a name, or of an address. */
export function initialsOf(name: string): string {
  const words = name
    .trim()
    .split(/[\s@._-]+/u)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = [words[0], words.length > 1 ? words[words.length - 1] : ''].map((word) => first(word ?? ''));
  return letters.join('').toLocaleUpperCase() || '?';
}

/** The same of six colours for the same name. */
export function hueOf(name: string): number {
  let sum = 0;
  for (const char of name) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 65_521;
  return sum % HUES;
}

function first(word: string): string {
  return [...word].find((char) => /[\p{L}\p{N}]/u.test(char)) ?? '';
}
