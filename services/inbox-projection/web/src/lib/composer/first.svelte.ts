/** A first message as it is written: kept on the server as the agent's own draft, sent once. */

import { api, asProblem, got, newKey, type Conversation, type Problem } from '#lib/api/client.ts';
import { recipientsOf, written, type Recipient } from './addresses.ts';
import { attemptFor, isUnclear, type Attempt } from './attempt.ts';
import { draftOf, htmlOf, incoming, isEmpty, mailOf, picturesOf, unfilled } from './html.ts';
import { outliving, saver } from './saver.ts';
import { Files } from './uploads.svelte.ts';

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
  subject = $state('');
  html = $state('');
  text = $state('');
  revision = $state(0);
  files = new Files();
  channels = $state.raw<Sender[]>([]);
  loaded = $state(false);
  saved = $state<'unsaved' | 'saving' | 'saved' | 'failed' | null>(null);
  sending = $state(false);
  problem = $state.raw<Problem | null>(null);
  #attempt: Attempt | null = null;
  readonly #saver = saver({ save: () => this.#save(), said: (state) => (this.saved = state) });

  get isEmpty(): boolean {
    return isEmpty(this.html) && !this.subject.trim() && this.to.length === 0 && this.files.all.length === 0;
  }
  /** The addresses from which the chosen inbox can write. */
  get addresses(): Sender[] {
    return this.channels.filter((one) => one.inbox_id === this.inboxId && one.kind === 'email');
  }

  async load(): Promise<void> {
    try {
      const [draft, channels] = await Promise.all([got(api.GET('/api/v1/me/draft')), got(api.GET('/api/v1/channels'))]);
      this.channels = channels.items;
      if (draft.updated_at !== null && this.isEmpty) {
        const shown = new Set(picturesOf(draft.html ?? ''));
        this.inboxId = draft.inbox_id ?? this.inboxId;
        this.channelId = draft.channel_id ?? '';
        this.to = draft.to.flatMap(recipientsOf);
        this.cc = draft.cc.flatMap(recipientsOf);
        this.bcc = draft.bcc.flatMap(recipientsOf);
        this.subject = draft.subject;
        this.text = draft.text;
        this.html = draft.html === null ? htmlOf(draft.text) : incoming(draft.html);
        this.revision += 1;
        this.files.take(draft.attachments.filter((one) => !shown.has(one.id)));
        this.saved = 'saved';
      }
      this.loaded = true;
      this.problem = null;
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
  }

  touch(): void {
    this.#saver.touch();
  }
  flush(): Promise<void> {
    return this.#saver.flush();
  }

  /** What keeps it from being sent, as a key of the catalogue. */
  get obstacle(): string | null {
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
  async send(): Promise<Conversation | null> {
    if (this.sending || this.obstacle) return null;
    this.sending = true;
    this.problem = null;
    const body = {
      inbox_id: this.inboxId,
      channel_id: this.channelId || null,
      to: this.to.map(written),
      cc: this.cc.map(written),
      bcc: this.bcc.map(written),
      subject: this.subject.trim(),
      ...mailOf(this),
    };
    this.#attempt = attemptFor(this.#attempt, JSON.stringify(body), newKey);
    try {
      const headers = { 'Idempotency-Key': this.#attempt.key };
      const made = await got(api.POST('/api/v1/conversations', { headers, body }));
      this.#attempt = null;
      await this.discard();
      return made;
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (!isUnclear(problem)) this.#attempt = null;
      this.problem = problem;
      return null;
    } finally {
      this.sending = false;
    }
  }

  /** Throws it away, here and on the server. */
  async discard(): Promise<void> {
    this.#saver.forget();
    this.to = [];
    this.cc = [];
    this.bcc = [];
    this.subject = '';
    this.html = '';
    this.text = '';
    this.revision += 1;
    this.files.clear();
    this.saved = null;
    try {
      await api.DELETE('/api/v1/me/draft');
    } catch {
      this.#saver.touch(); // an empty draft takes its place as soon as it can be kept
    }
  }

  async #save(): Promise<void> {
    const draft = {
      inbox_id: this.inboxId || null,
      channel_id: this.channelId || null,
      to: this.to.map(written),
      cc: this.cc.map(written),
      bcc: this.bcc.map(written),
      subject: this.subject.slice(0, 500),
      ...draftOf(this),
    };
    await api.PUT('/api/v1/me/draft', outliving(draft));
  }
}

/** The one that is written; it outlives the dialog. */
export const first = new FirstMessage();
