/** Writes that wait for the connection to come back, or for one that does. */

import { kinds, type Kind } from './kinds.ts';

let those = $state.raw<readonly { kind: Kind }[]>([]);

export const waiting = {
  get count(): number {
    return those.length;
  },
  /** How many of each kind, the weightiest first. */
  get kinds(): [Kind, number][] {
    return kinds
      .map((kind): [Kind, number] => [kind, those.filter((one) => one.kind === kind).length])
      .filter(([, count]) => count > 0);
  },
  /** Counts for as long as the promise takes. */
  async during<T>(kind: Kind, promise: Promise<T>): Promise<T> {
    const one = { kind };
    those = [...those, one];
    try {
      return await promise;
    } finally {
      those = those.filter((other) => other !== one);
    }
  },
};
