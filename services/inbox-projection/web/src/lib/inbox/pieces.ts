/** Pieces of what a search found, as text: the API gives them ready for HTML; pure. */

import type { HighlightGiven } from '#lib/api/client.ts';

const SIGNS: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#x27;': "'" };

/** The text that was escaped for HTML. */
export const unescaped = (text: string): string =>
  text.replace(/&(?:amp|lt|gt|quot|#x27);/g, (sign) => SIGNS[sign] ?? sign);

/** The pieces of one line, with what would break it taken out. */
export function piecesOf(highlight: HighlightGiven): { text: string; match: boolean }[] {
  return highlight.pieces.map(({ text, match }) => ({ text: unescaped(text).replace(/\s+/g, ' '), match }));
}
