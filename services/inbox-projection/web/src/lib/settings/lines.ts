/** What stands on the lines of a text, each once, in order; blank lines count for nothing; pure. */

export function linesOf(text: string): string[] {
  return [...new Set(text.split('\n').map((one) => one.trim()))].filter(Boolean);
}
