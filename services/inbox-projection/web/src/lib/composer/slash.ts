/** A "/" that stands at the beginning of a word asks for a snippet; it stands in the text all the same; pure but for the range. */

import type Squire from 'squire-rte';

/** What was typed behind the "/", up to the end of this text; null: no "/" begins the word there. */
export function wordAfterSlash(text: string): string | null {
  return /(?:^|[\s\u200b])\/([^\s/]*)$/.exec(text)?.[1] ?? null;
}

/** The same before the caret, and where it stands with its "/". */
export function slashed(editor: Squire): { word: string; range: Range } | null {
  const { collapsed, startContainer, startOffset } = editor.getSelection();
  if (!collapsed || startContainer.nodeType !== Node.TEXT_NODE) return null;
  const word = wordAfterSlash((startContainer.textContent ?? '').slice(0, startOffset));
  if (word === null) return null;
  const range = document.createRange();
  range.setStart(startContainer, startOffset - word.length - 1);
  range.setEnd(startContainer, startOffset);
  return { word, range };
}
