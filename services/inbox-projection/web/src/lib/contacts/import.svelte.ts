/** Contacts from a file, step by step: chosen, tried out, mapped, imported. What runs goes on without this page. */

import { api, asProblem, got, upload, type Import, type Problem } from '#lib/api/client.ts';
import { headerOf } from './csv.ts';

export const ENCODINGS = [
  'auto',
  'utf-8',
  'utf-16',
  'windows-1250',
  'windows-1252',
  'iso-8859-1',
  'iso-8859-2',
] as const;
export type Encoding = (typeof ENCODINGS)[number];
const POLL_MS = 700;
const HEAD_BYTES = 64 * 1024;

export interface Choice {
  file: File;
  encoding: Encoding;
  existing: 'update' | 'skip';
}

/** `onrun` is told of the import that really runs, so that the page's address can name it. */
export function importOf(onrun: (id: string) => void) {
  let choice = $state.raw<Choice | null>(null);
  let mapping = $state.raw<Record<string, string> | null>(null);
  let current = $state.raw<Import | null>(null);
  let sent = $state<number | null>(null);
  let problem = $state.raw<Problem | null>(null);
  let turn = 0;

  /** Follows an import to its end; another one that is begun meanwhile takes its place. */
  async function follow(id: string, mine: number): Promise<void> {
    for (;;) {
      const now = await got(api.GET('/api/v1/contacts/imports/{import_id}', { params: { path: { import_id: id } } }));
      if (mine !== turn) return;
      current = now;
      if (now.columns) mapping = now.columns;
      if (now.state === 'done' || now.state === 'refused') return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async function attempt(work: (mine: number) => Promise<void>): Promise<void> {
    const mine = ++turn;
    problem = null;
    try {
      await work(mine);
    } catch (thrown) {
      if (mine === turn) problem = asProblem(thrown);
    } finally {
      if (mine === turn) sent = null;
    }
  }

  async function send(chosen: Choice, dry_run: boolean, mine: number): Promise<Import> {
    const form = new FormData();
    form.set('file', chosen.file, chosen.file.name);
    form.set('encoding', chosen.encoding);
    form.set('existing', chosen.existing);
    if (mapping) form.set('mapping', JSON.stringify(mapping));
    current = null;
    sent = 0;
    const begun = await upload<Import>(`/api/v1/contacts/import?dry_run=${dry_run}`, form, (now, total) => {
      if (mine === turn) sent = total > 0 ? now / total : 0;
    });
    sent = null;
    current = begun;
    return begun;
  }

  return {
    get choice() {
      return choice;
    },
    /** What each column is; null: not known yet. */
    get mapping() {
      return mapping;
    },
    get current() {
      return current;
    },
    /** How much of the file is on its way, 0 to 1; null: nothing is. */
    get sent() {
      return sent;
    },
    get problem() {
      return problem;
    },
    get busy() {
      return sent !== null || current?.state === 'waiting' || current?.state === 'importing';
    },
    /** Tries a file out: nothing is imported. */
    tryOut: (chosen: Choice): Promise<void> =>
      attempt(async (mine) => {
        if (choice?.file !== chosen.file) mapping = null;
        choice = chosen;
        const begun = await send(chosen, true, mine);
        await follow(begun.id, mine);
        // Where no column is known by its name, somebody says what they are.
        if (mine === turn && !mapping && current?.reason?.code === 'nothing-mapped') {
          mapping = Object.fromEntries((await columnsOf(chosen)).map((name) => [name, 'ignore']));
        }
      }),
    map(column: string, field: string): void {
      mapping = { ...mapping, [column]: field };
    },
    /** Imports the file that was tried out. */
    run: (): Promise<void> =>
      attempt(async (mine) => {
        if (!choice) return;
        const begun = await send(choice, false, mine);
        onrun(begun.id);
        await follow(begun.id, mine);
      }),
    /** Shows one that was begun before, on this device or another. */
    resume: (id: string): Promise<void> => attempt((mine) => follow(id, mine)),
    restart(): void {
      turn += 1;
      choice = mapping = current = problem = null;
      sent = null;
    },
    /** Looks no longer; the import itself goes on. */
    leave(): void {
      turn += 1;
    },
  };
}

async function columnsOf({ file, encoding }: Choice): Promise<string[]> {
  const bytes = await file.slice(0, HEAD_BYTES).arrayBuffer();
  return headerOf(new TextDecoder(encoding === 'auto' ? 'utf-8' : encoding).decode(bytes)).filter(Boolean);
}
