/** Snippets by folder, and those that fit what is typed; pure. */

import type { Snippet } from '#lib/api/client.ts';

/** Those in no folder first, then the folders by name; within one by name. */
export function byFolder(snippets: readonly Snippet[]): [string, Snippet[]][] {
  const found = new Map<string, Snippet[]>();
  const ordered = snippets.toSorted(
    (one, other) => one.folder.localeCompare(other.folder) || one.name.localeCompare(other.name),
  );
  for (const one of ordered) found.set(one.folder, [...(found.get(one.folder) ?? []), one]);
  return [...found];
}

/** By name, folder and text, without regard to case. */
export function fitting(snippets: readonly Snippet[], typed: string): Snippet[] {
  const wanted = typed.trim().toLocaleLowerCase();
  return snippets.filter(({ name, folder, text }) =>
    `${name}\n${folder}\n${text}`.toLocaleLowerCase().includes(wanted),
  );
}
