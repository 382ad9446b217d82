/** Files of a message that is written: checked before, shown while they go up, tried again when they did not. */

import { asProblem, upload, type File as Uploaded, type Problem } from '#lib/api/client.ts';

export const MOST_FILES = 50;

export interface Attachment {
  key: string;
  name: string;
  size: number;
  type: string;
  /** Null until it is up. */
  uploaded: Uploaded | null;
  /** 0 to 1. */
  progress: number;
  problem: Problem | null;
  file: Blob | null;
}

let last = 0;

export class Files {
  all = $state<Attachment[]>([]);
  /** Names of files that were not taken, because together they would be too large, or too many; until others come. */
  refused = $state.raw<string[]>([]);

  get size(): number {
    return this.all.reduce((sum, one) => sum + one.size, 0);
  }
  get busy(): boolean {
    return this.all.some((one) => !one.uploaded && !one.problem);
  }
  get failed(): boolean {
    return this.all.some((one) => one.problem !== null);
  }
  get ids(): string[] {
    return this.all.flatMap((one) => one.uploaded?.id ?? []);
  }

  /** Takes what fits and sends it up; gives those that arrived, in order. */
  async add(files: Iterable<Blob & { name?: string }>, maxBytes: number): Promise<Uploaded[]> {
    const refused: string[] = [];
    const begun: Attachment[] = [];
    for (const file of files) {
      const name = file.name || 'file';
      if (this.size + file.size > maxBytes || this.all.length >= MOST_FILES) {
        refused.push(name);
        continue;
      }
      const key = `file-${++last}`;
      this.all.push({ key, name, size: file.size, type: file.type, uploaded: null, progress: 0, problem: null, file });
      const one = this.all.find((each) => each.key === key);
      if (one) begun.push(one);
    }
    this.refused = [...this.refused, ...refused];
    await Promise.all(begun.map((one) => this.send(one)));
    return begun.flatMap((one) => one.uploaded ?? []);
  }

  /** Sends one up (again). Never fails: its problem is shown beside it. */
  async send(one: Attachment): Promise<void> {
    if (!one.file) return;
    one.problem = null;
    one.progress = 0;
    const form = new FormData();
    form.append('file', one.file, one.name);
    try {
      one.uploaded = await upload<Uploaded>(
        '/api/v1/uploads',
        form,
        (sent, total) => (one.progress = total ? sent / total : 0),
      );
      one.progress = 1;
    } catch (thrown) {
      one.problem = asProblem(thrown);
    }
  }

  /** What is up already: of a draft, or of a snippet. */
  take(files: Uploaded[]): void {
    const there = new Set(this.ids);
    for (const file of files) {
      if (there.has(file.id)) continue;
      const { name, size, content_type } = file;
      this.all.push({
        key: file.id,
        name,
        size,
        type: content_type,
        uploaded: file,
        progress: 1,
        problem: null,
        file: null,
      });
    }
  }

  remove(key: string): void {
    this.all = this.all.filter((one) => one.key !== key);
  }
  clear(): void {
    this.all = [];
    this.refused = [];
  }
}
