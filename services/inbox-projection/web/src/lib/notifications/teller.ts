/** One tab of several tells: a sound, and the browser's own notification where no tab is being looked at. */

const TELLS = 'postroom.tells';
const LOOKED_AT = 'postroom.looked-at';
// Without locks (a page that is not served securely) there are no browser notifications either: each tab only sounds.
const locks = typeof navigator === 'undefined' ? undefined : (navigator.locks as LockManager | undefined);

export interface Teller {
  /** Whether this tab is the one that tells. */
  tells: () => boolean;
  /** Whether somebody looks at this tab or another one of ours. */
  lookedAt: () => Promise<boolean>;
  end: () => void;
}

/** The tab that has the lock tells; when it closes, the next one has it. */
export function teller(): Teller {
  if (!locks)
    return {
      tells: () => document.hasFocus(),
      lookedAt: () => Promise.resolve(document.hasFocus()),
      end: () => undefined,
    };
  let mine = false;
  const over = new AbortController();
  let release: () => void = () => undefined;
  const hold = new Promise<void>((resolve) => (release = resolve));
  locks
    .request(TELLS, { signal: over.signal }, () => {
      mine = true;
      return hold;
    })
    .catch(() => undefined); // given up before its turn came

  let look: () => void = () => undefined;
  const looking = () => {
    look();
    if (!document.hasFocus()) return;
    const seen = new Promise<void>((resolve) => (look = resolve));
    void locks.request(LOOKED_AT, { mode: 'shared' }, () => seen);
  };
  looking();
  window.addEventListener('focus', looking);
  window.addEventListener('blur', looking);
  return {
    tells: () => mine,
    lookedAt: async () => (await locks.query()).held?.some((one) => one.name === LOOKED_AT) ?? false,
    end: () => {
      window.removeEventListener('focus', looking);
      window.removeEventListener('blur', looking);
      look();
      release();
      over.abort();
    },
  };
}
