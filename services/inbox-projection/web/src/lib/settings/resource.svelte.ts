/** Something that a page reads from the API: on its way, there, or the reason why it is not. */

import { asProblem, type Problem } from '#lib/api/client.ts';

export class Resource<T> {
  data = $state.raw<T | null>(null);
  problem = $state.raw<Problem | null>(null);
  readonly #read: () => Promise<T>;
  #turn = 0;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  /** Reads it (again); what was there stays until then. A slower earlier read does not overwrite a later one. */
  async load(): Promise<void> {
    const turn = (this.#turn += 1);
    try {
      const found = await this.#read();
      if (turn !== this.#turn) return;
      this.data = found;
      this.problem = null;
    } catch (thrown) {
      if (turn === this.#turn) this.problem = asProblem(thrown);
    }
  }
}

/** Begins to read at once. */
export function resource<T>(read: () => Promise<T>): Resource<T> {
  const made = new Resource(read);
  void made.load();
  return made;
}
