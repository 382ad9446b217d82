/** The time as pages show it: moves every 15 seconds, so that "2 min" grows by itself. */

let now = $state(Date.now());

if (typeof window !== 'undefined') {
  setInterval(() => (now = Date.now()), 15_000);
  document.addEventListener('visibilitychange', () => (now = Date.now()));
}

export const clock = {
  /** Milliseconds since the epoch, at most 15 s old. */
  get now(): number {
    return now;
  },
};
