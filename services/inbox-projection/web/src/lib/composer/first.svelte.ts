/** A first message as it is written: kept on the server as the agent's own draft, sent once. */

import {
  api,
  asProblem,
  got,
  newKey,
  type Conversation,
  type ConversationNew,
  type FirstDraft,
  type Problem,
} from '#lib/api/client.ts';
import { feed } from '#lib/live/feed.svelte.ts';
import { preferences } from '#lib/notifications/preferences.svelte.ts';
import { session } from '#lib/session/session.svelte.ts';
import { commit, nothingTyped, recipientsOf, written, type Recipient } from './addresses.ts';
import { attemptFor, isUnclear, type Attempt, type How } from './attempt.ts';
import { draftOf, htmlOf, incoming, isEmpty, mailOf, picturesOf, unfilled } from './html.ts';
import { Keeping, WRITER, type Became } from './keeping.svelte.ts';
import { outliving } from './saver.ts';
import { Files } from './uploads.svelte.ts';

/** The conversation that was begun, and for how many seconds that can be undone. */
export interface Begun {
  made: Conversation;
  seconds: number;
}

/** What there is to know of a channel that writes. */
interface Sender {
  id: string;
  inbox_id: string;
  kind: string;
  fallback: boolean;
  settings: { address: string };
}

export class FirstMessage {
  inboxId = $state('');
  channelId = $state('');
  to = $state.raw<Recipient[]>([]);
  cc = $state.raw<Recipient[]>([]);
  bcc = $state.raw<Recipient[]>([]);
  /** Of recipients, what is typed and no chip yet. */
  typed = $state(nothingTyped());
  subject = $state('');
  html = $state('');
  text = $state('');
  revision = $state(0);
  files = new Files();
  channels = $state.raw<Sender[]>([]);
  loaded = $state(false);
  sending = $state(false);
  problem = $state.raw<Problem | null>(null);
  /** How it was last to be sent: whoever tries again wants the same, by the same key. */
  how: How = {};
  #attempt: Attempt | null = null;
  readonly keeping = new Keeping<FirstDraft>({
    read: () => got(api.GET('/api/v1/me/draft')),
    save: (query) => got(api.PUT('/api/v1/me/draft', { params: { query }, ...outliving(this.#asked()) })),
    drop: (query) => api.DELETE('/api/v1/me/draft', { params: { query } }),
    content: () => this.#content(),
    take: (draft) => this.#take(draft),
  });

  get isEmpty(): boolean {
    return isEmpty(this.html) && !this.subject.trim() && this.to.length === 0 && this.files.all.length === 0;
  }
  /** The addresses from which the chosen inbox can write. */
  get addresses(): Sender[] {
    return this.channels.filter((one) => one.inbox_id === this.inboxId && one.kind === 'email');
  }
  /** The same as a message names them. */
  get speakers(): { channel_id: string; address: string }[] {
    return this.addresses.map((one) => ({ channel_id: one.id, address: one.settings.address }));
  }

  async load(): Promise<void> {
    try {
      const [channels] = await Promise.all([got(api.GET('/api/v1/channels')), this.keeping.follow('kept')]);
      this.channels = channels.items;
      this.loaded = true;
      this.problem = null;
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
  }

  /** Another page changed the draft; what could not be read now is read when it is opened. */
  heard(became: Became): Promise<void> {
    return this.keeping.follow(became).catch(() => undefined);
  }

  #take(draft: FirstDraft): void {
    const shown = new Set(picturesOf(draft.html ?? ''));
    this.inboxId = draft.inbox_id ?? this.inboxId;
    this.channelId = draft.channel_id ?? '';
    this.to = draft.to.flatMap(recipientsOf);
    this.cc = draft.cc.flatMap(recipientsOf);
    this.bcc = draft.bcc.flatMap(recipientsOf);
    this.subject = draft.subject;
    this.setHtml(draft.html === null ? htmlOf(draft.text) : incoming(draft.html), draft.text);
    this.files.clear();
    this.files.take(draft.attachments.filter((one) => !shown.has(one.id)));
  }

  /** Both texts, what was written elsewhere below; to whom it goes is what is said here. */
  keepBoth(): void {
    const draft = this.keeping.other?.draft;
    if (!draft) return;
    const shown = new Set(picturesOf(draft.html ?? ''));
    const theirs = draft.html === null ? htmlOf(draft.text) : incoming(draft.html);
    const both = isEmpty(this.html) ? theirs : `${this.html}<div><br></div>${theirs}`;
    if (!isEmpty(theirs)) this.setHtml(both, `${this.text}\n\n${draft.text}`.trim());
    this.subject ||= draft.subject;
    this.files.take(draft.attachments.filter((one) => !shown.has(one.id)));
    this.keeping.keepMine();
  }

  setHtml(html: string, text: string): void {
    this.html = html;
    this.text = text;
    this.revision += 1;
  }

  /** Before it is sent or left: who is typed is a recipient like any other. */
  commit(): void {
    if (commit(this)) this.touch();
  }

  touch(): void {
    this.keeping.touch();
  }
  flush(): Promise<void> {
    return this.keeping.flush();
  }

  /** What keeps it from being sent, as a key of the catalogue. */
  get obstacle(): string | null {
    if (this.keeping.other) return 'composer.elsewhere_first';
    if (!this.inboxId) return 'composer.no_inbox';
    if (this.to.length === 0) return 'composer.no_recipient';
    if ([...this.to, ...this.cc, ...this.bcc].some((one) => !one.valid)) return 'composer.wrong_recipient';
    if (!this.subject.trim()) return 'composer.no_subject';
    if (isEmpty(this.html) && this.files.all.length === 0) return 'composer.empty';
    if (this.files.busy) return 'composer.files_busy';
    if (this.files.failed) return 'composer.files_failed';
    if (unfilled(this.text).length > 0) return 'composer.unfilled';
    return null;
  }

  /** Sends it; null: it did not go, and `problem` says why. */
  async send(how: How): Promise<Begun | null> {
    if (this.sending) return null;
    this.commit();
    if (this.obstacle) return null;
    this.sending = true;
    this.problem = null;
    this.how = how;
    try {
      await this.flush();
      if (this.keeping.other) return null;
      const { undo_seconds } = await preferences.need();
      const seconds = how.sendAt ? 0 : undo_seconds;
      const body = this.#mail(how, seconds);
      this.#attempt = attemptFor(this.#attempt, JSON.stringify(body), newKey);
      const headers = { 'Idempotency-Key': this.#attempt.key };
      const made = await got(api.POST('/api/v1/conversations', { headers, body }));
      this.#attempt = null;
      this.how = {};
      await this.discard();
      return { made, seconds };
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (!isUnclear(problem)) this.#attempt = null;
      this.problem = problem;
      return null;
    } finally {
      this.sending = false;
    }
  }

  #mail(how: How, seconds: number): ConversationNew {
    return {
      inbox_id: this.inboxId,
      channel_id: this.channelId || null,
      to: this.to.map(written),
      cc: this.cc.map(written),
      bcc: this.bcc.map(written),
      subject: this.subject.trim(),
      ...mailOf(this),
      undo_seconds: seconds,
      ...(how.sendAt ? { send_at: how.sendAt } : {}),
      ...(how.then ? { then: how.then } : {}),
    };
  }

  /** Throws it away, here and on the server. */
  async discard(): Promise<void> {
    this.to = [];
    this.cc = [];
    this.bcc = [];
    this.typed = nothingTyped();
    this.subject = '';
    this.setHtml('', '');
    this.files.clear();
    await this.keeping.drop();
  }

  #content(): string {
    const { inbox_id: _, channel_id: __, ...content } = this.#asked();
    return JSON.stringify([content, this.files.all.filter((one) => !one.uploaded).length]);
  }

  #asked() {
    return {
      inbox_id: this.inboxId || null,
      channel_id: this.channelId || null,
      to: this.to.map(written),
      cc: this.cc.map(written),
      bcc: this.bcc.map(written),
      subject: this.subject.slice(0, 500),
      ...draftOf(this),
    };
  }
}

/** The one that is written; it outlives the dialog. */
export const first = new FirstMessage();
feed.on('draft', (events) => {
  for (const { id, became, writer } of events) {
    const mine = id === null || id === session.me?.id;
    if (mine && writer !== WRITER && first.loaded && !first.sending) void first.heard(became ?? 'kept');
  }
});
const missed = () => first.loaded && void first.heard('kept');
feed.onReturn(missed);
feed.on('reset', missed);
