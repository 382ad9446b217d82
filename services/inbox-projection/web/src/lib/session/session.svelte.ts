/** Who is logged in; renewed over the page when the session ends, so that nothing typed is lost. */

import { api, got, Problem, whenLoggedOut, type Me } from '#lib/api/client.ts';
import { i18n } from '#lib/i18n/index.ts';

let me = $state.raw<Me | null>(null);
let expired = $state(false);
/** When somebody logged in again, as `performance.now()` tells. */
let renewedAt = 0;
let renewals: { resolve: () => void; reject: (problem: Problem) => void }[] = [];

export const session = {
  /** The agent. Pages of the desk are shown only when there is one: use `session.agent` there. */
  get me(): Me | null {
    return me;
  },
  /** The agent; throws where nobody is logged in. */
  get agent(): Me {
    if (!me) throw new Problem(401, 'not-authenticated', 'Nobody is logged in');
    return me;
  },
  get isAdministrator(): boolean {
    return me?.role === 'administrator';
  },
  /** Administrators and managers. */
  get manages(): boolean {
    return me?.role === 'administrator' || me?.role === 'manager';
  },
  /** The session has ended and the log-in dialog lies over the page. */
  get expired(): boolean {
    return expired;
  },

  /** Finds out who is logged in; null: nobody. Throws Problem when the API cannot tell. */
  async find(): Promise<Me | null> {
    if (me) return me;
    try {
      await session.became(await got(api.GET('/api/v1/me')));
    } catch (thrown) {
      if (!(thrown instanceof Problem && thrown.status === 401)) throw thrown;
    }
    return me;
  },

  /** Who it is may be otherwise since: by another page or device, or by who manages agents. */
  async lookAtMe(): Promise<void> {
    if (me) await session.became(await got(api.GET('/api/v1/me')));
  },

  async logIn(email: string, password: string): Promise<void> {
    const before = me;
    const found = await got(api.POST('/api/v1/session', { body: { email, password } }));
    if (before && before.id !== found.id) {
      location.assign('/'); // what is open belongs to somebody else
      return;
    }
    await session.became(found);
    renewed();
  },

  /** The agent as a write answered it: from `PATCH /me`, a log-in or an invitation. */
  async became(agent: Me): Promise<void> {
    me = agent;
    await i18n.speak(agent.language || i18n.ofBrowser(), agent.time_zone);
  },

  async logOut(): Promise<void> {
    await api.DELETE('/api/v1/session');
    location.assign('/login');
  },

  async logOutEverywhere(): Promise<void> {
    await api.DELETE('/api/v1/me/sessions');
    location.assign('/login');
  },

  /** Another tab may have logged in meanwhile: the cookie is shared. */
  async lookAgain(): Promise<void> {
    if (!expired || !me) return;
    const answer = await fetch('/api/v1/me').catch(() => null);
    if (answer?.ok && ((await answer.json()) as Me).id === me.id) renewed();
  },

  ended,

  /** Nobody logs in again: what waits for it fails, and the log-in page opens. */
  giveUp(): void {
    for (const one of renewals) one.reject(new Problem(401, 'not-authenticated', 'Unauthorized'));
    renewals = [];
    location.assign('/login');
  },
};

whenLoggedOut(ended);

/**
 * Opens the log-in dialog over the page; resolves when the same agent is logged in again. Who asked with an old session
 * before somebody did so, and heard of it only later, needs no other log-in.
 */
function ended(since: number): Promise<void> {
  if (since <= renewedAt) return Promise.resolve();
  if (!me) return Promise.reject(new Problem(401, 'not-authenticated', 'Unauthorized'));
  expired = true;
  return new Promise((resolve, reject) => renewals.push({ resolve, reject }));
}

function renewed(): void {
  expired = false;
  renewedAt = performance.now();
  for (const one of renewals) one.resolve();
  renewals = [];
}
