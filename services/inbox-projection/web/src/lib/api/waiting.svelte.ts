/** Writes that wait for the connection to come back. */

let count = $state(0);

export const waiting = {
  get count(): number {
    return count;
  },
  /** Counts for as long as the promise takes. */
  async during<T>(promise: Promise<T>): Promise<T> {
    count += 1;
    try {
      return await promise;
    } finally {
      count -= 1;
    }
  },
};
