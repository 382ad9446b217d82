/** A form that is sent: whether it is on its way, and what went wrong. */

import { asProblem, type Problem } from '#lib/api/client.ts';

/** `<form onsubmit={form.submit}>`: does `work` once at a time; its problem is kept until the next try. */
export function formOf(work: () => Promise<void>) {
  let busy = $state(false);
  let problem = $state.raw<Problem | null>(null);
  return {
    get busy(): boolean {
      return busy;
    },
    get problem(): Problem | null {
      return problem;
    },
    submit: async (event?: Event): Promise<void> => {
      event?.preventDefault();
      if (busy) return;
      busy = true;
      problem = null;
      try {
        await work();
      } catch (thrown) {
        problem = asProblem(thrown);
      } finally {
        busy = false;
      }
    },
  };
}
