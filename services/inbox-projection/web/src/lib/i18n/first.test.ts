import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import en from './en.ts';

const sources = join(import.meta.dirname, '../..');
const PAGES = ['routes/(account)/login/+page.svelte', 'routes/(desk)/inbox/[view]/[[conversation]]/+page.svelte'];
/** Comes after them, but may not wait for all other words: administrators see it on their first page. */
const CHECKLIST = 'lib/checklist/Checklist.svelte';
const LAYOUTS = ['routes/+layout.svelte', 'routes/(account)/+layout.svelte', 'routes/(desk)/+layout.svelte'];
/** The rail finds these by their names. */
const ENTRIES = readdirSync(join(sources, 'lib')).map((area) => `lib/${area}/entry.ts`);

/** These files and all that they import at once; what they import later brings its words along. */
function reached(files: string[]): Map<string, string> {
  const found = new Map<string, string>();
  const open = files.map((one) => join(sources, one));
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (found.has(file)) continue;
    const text = read(file);
    if (text === null) continue;
    found.set(file, text);
    for (const [, from = ''] of text.matchAll(/^\s*(?:import|export)\s(?!type\b)[^'()]*?'([^']+)'/gm)) {
      if (from.startsWith('#lib/')) open.push(join(sources, 'lib', from.slice('#lib/'.length)));
      else if (from.startsWith('.')) open.push(join(dirname(file), from));
    }
  }
  return found;
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf-8');
  } catch {
    return null; // no such entry, or what is made by the build
  }
}

describe('the first words', () => {
  it('are all that the first pages name', () => {
    const files = reached([...PAGES, ...LAYOUTS, ...ENTRIES, CHECKLIST]);
    expect(files.size).toBeGreaterThan(100);
    const missing: string[] = [];
    for (const [file, text] of files) {
      const named = [...text.matchAll(/\bt\(\s*'([a-z_]+\.[\w.]+)'/g)];
      if (file.endsWith('entry.ts')) named.push(...text.matchAll(/\blabel: '([a-z_]+\.[\w.]+)'/g));
      for (const [, key = ''] of named) if (!(key in en)) missing.push(`${relative(sources, file)}: ${key}`);
    }
    expect(missing).toEqual([]);
  });
});
