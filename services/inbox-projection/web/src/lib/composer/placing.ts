/** Files that come into a mail: pictures where the cursor is, all others below the text. */

import { escapeHtml } from './html.ts';
import type { Files } from './uploads.svelte.ts';

interface Place {
  files: Files;
  /** Puts HTML where the cursor is by then. */
  insert: (html: string) => void;
  /** Together, in bytes. */
  most: number;
  /** Whether pictures go into the text. */
  inPlace: boolean;
}

export async function place(chosen: File[], { files, insert, most, inPlace }: Place): Promise<void> {
  files.refused = [];
  const pictures = inPlace ? chosen.filter((one) => one.type.startsWith('image/')) : [];
  const others = chosen.filter((one) => !pictures.includes(one));
  await Promise.all([
    files.add(others, most),
    files.add(pictures, most).then((uploaded) => {
      for (const one of uploaded) {
        insert(`<img src="${one.url}" alt="${escapeHtml(one.name)}">`);
        files.remove(files.all.find((each) => each.uploaded?.id === one.id)?.key ?? '');
      }
    }),
  ]);
}
