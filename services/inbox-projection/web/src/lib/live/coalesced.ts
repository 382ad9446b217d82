/** Many wishes become few calls: ids that are asked for while a call is under way go together in the next one. */

/** Calls `work` with all ids asked for since, at most `size` at once and one call after the other. */
export function coalesced(
  work: (ids: string[]) => Promise<void>,
  size: number,
): (ids: Iterable<string>) => Promise<void> {
  const waiting = new Set<string>();
  let running: Promise<void> | null = null;

  async function run(): Promise<void> {
    // What one event tells of in the same moment joins before anything is asked.
    await Promise.resolve();
    try {
      while (waiting.size > 0) {
        const next = [...waiting].slice(0, size);
        for (const id of next) waiting.delete(id);
        await work(next);
      }
    } finally {
      running = null;
    }
  }

  return (ids) => {
    for (const id of ids) waiting.add(id);
    running ??= run();
    return running;
  };
}
