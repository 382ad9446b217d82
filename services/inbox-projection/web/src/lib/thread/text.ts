/** The text of a mail in pieces: links, what is folded, and how it may look as HTML; pure. */

export type Piece = { kind: 'text'; text: string } | { kind: 'link'; text: string; href: string };

const LINK = /\bhttps?:\/\/[^\s<>"']+|\bwww\.[^\s<>"']+\.[^\s<>"']+|[\w.+-]{1,64}@(?:[\w-]{1,63}\.)+[\p{L}]{2,24}\b/giu;
const TRAILING = /[.,;:!?)\]}'"»”]+$/u;
const SIGNATURE = /(?:^|\n)-- ?\n/;
const MOST_SIGNATURE = 2_000;

/** Text with web and mail addresses as links; nothing else is ever a link. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    const cut = trimmed(match[0]);
    if (match.index > end) pieces.push({ kind: 'text', text: text.slice(end, match.index) });
    pieces.push({ kind: 'link', text: cut, href: hrefOf(cut) });
    end = match.index + cut.length;
  }
  if (end < text.length) pieces.push({ kind: 'text', text: text.slice(end) });
  return pieces;
}

function trimmed(link: string): string {
  const cut = link.replace(TRAILING, '');
  // A closing bracket that was opened within the address belongs to it.
  return cut.includes('(') && link[cut.length] === ')' ? `${cut})` : cut;
}

function hrefOf(link: string): string {
  if (/^https?:/i.test(link)) return link;
  return link.includes('@') && !/^www\./i.test(link) ? `mailto:${link}` : `https://${link}`;
}

/** The text and the signature that ends it, parted at "-- " (RFC 3676 4.3). */
export function withoutSignature(text: string): { text: string; signature: string } {
  let place = -1;
  for (const match of text.matchAll(new RegExp(SIGNATURE, 'g'))) place = match.index;
  if (place < 0 || text.length - place > MOST_SIGNATURE || !text.slice(0, place).trim()) return { text, signature: '' };
  return { text: text.slice(0, place).trimEnd(), signature: text.slice(place).trim() };
}

/** Whether a mail's HTML brings colours of its own: then it is shown on white paper, as its author saw it. */
export function hasOwnColours(html: string): boolean {
  return /\bbgcolor=|style="(?:[^"]*[;\s])?(?:background(?:-color)?|color)\s*:|<font [^>]*color=/i.test(html);
}

/** About so high (px) will the HTML be before anybody measured it, at this width. */
export function guessedHeight(text: string, width: number): number {
  const perLine = Math.max(20, width / 7);
  const lines = text.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / perLine)), 0);
  return Math.min(1_200, Math.max(40, lines * 21));
}
