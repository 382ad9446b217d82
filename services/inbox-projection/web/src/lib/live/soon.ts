/** What is asked for several times within a moment is done once, at its end. */

const MOMENT_MS = 300;

export function soon(work: () => void, milliseconds = MOMENT_MS): { ask: () => void; cancel: () => void } {
  let timer: ReturnType<typeof setTimeout> | null = null;
  return {
    ask() {
      timer ??= setTimeout(() => {
        timer = null;
        work();
      }, milliseconds);
    },
    cancel() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
