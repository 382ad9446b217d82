/** What an agent writes in one conversation: a mail, and beside it a comment, both kept on the server as a draft. */

import { api, asProblem, got, type Answering, type Draft, type DraftAsked, type Problem } from '#lib/api/client.ts';
import { spokenUpTo } from '#lib/thread/pages.ts';
import { threads } from '#lib/thread/threads.svelte.ts';
import {
  added,
  commit,
  fromAddress,
  nothingTyped,
  recipientsOf,
  sameRecipients,
  written,
  type Recipient,
} from './addresses.ts';
import type { Attempt, How } from './attempt.ts';
import { draftOf, htmlOf, incoming, isEmpty, picturesOf } from './html.ts';
import { Keeping, type Became } from './keeping.svelte.ts';
import { outliving } from './saver.ts';
import { Files } from './uploads.svelte.ts';

export type Mode = Draft['mode'];

export class Writing {
  readonly id: string;
  mailMode = $state<Exclude<Mode, 'comment'>>('reply_all');
  commenting = $state(false);
  open = $state(false);
  /** Goes up when the agent begins to write: then the field takes the focus. A draft that is found takes it from nobody. */
  turn = $state(0);
  to = $state.raw<Recipient[]>([]);
  cc = $state.raw<Recipient[]>([]);
  bcc = $state.raw<Recipient[]>([]);
  /** Of recipients, what is typed and no chip yet. */
  typed = $state(nothingTyped());
  /** As the editor has it. */
  html = $state('');
  text = $state('');
  /** Goes up when the HTML is set from elsewhere, so that the editor takes it over. */
  revision = $state(0);
  comment = $state('');
  messageIds = $state.raw<string[]>([]);
  channelId = $state<string | null>(null);
  files = new Files();
  answering = $state.raw<Answering | null>(null);
  loaded = $state(false);
  /** Why neither the draft nor to whom an answer goes could be read. */
  unread = $state.raw<Problem | null>(null);
  sending = $state(false);
  problem = $state.raw<Problem | null>(null);
  /** The agent knows what was written up to here; null: nothing was begun. */
  seen = $state<number | null>(null);
  /** The server said that somebody wrote meanwhile. */
  overtaken = $state(false);
  attempt: Attempt | null = null;
  /** How it was last to be sent: whoever tries again wants the same, by the same key. */
  how: How = {};
  /** It was asked to be sent so before the composer was there. */
  hurried = $state.raw<How | null>(null);
  /** A "/" that asks for a snippet was typed before it was there. */
  slashed = $state(false);
  #reading: Promise<void> | null = null;
  #answered: string | null = null;
  readonly keeping: Keeping<Draft>;

  constructor(id: string) {
    this.id = id;
    const path = { conversation_id: id };
    this.keeping = new Keeping<Draft>({
      read: () => got(api.GET('/api/v1/conversations/{conversation_id}/draft', { params: { path } })),
      save: (query) =>
        got(
          api.PUT('/api/v1/conversations/{conversation_id}/draft', {
            params: { path, query },
            ...outliving(this.#asked()),
          }),
        ),
      drop: (query) => api.DELETE('/api/v1/conversations/{conversation_id}/draft', { params: { path, query } }),
      content: () => this.#content(),
      take: (draft) => this.#take(draft),
    });
  }

  get mode(): Mode {
    return this.commenting ? 'comment' : this.mailMode;
  }
  get mailIsEmpty(): boolean {
    return isEmpty(this.html) && this.files.all.length === 0;
  }
  get isEmpty(): boolean {
    return this.mailIsEmpty && this.comment.trim() === '';
  }

  /** Reads the draft and to whom an answer goes; once, when something may be missed, and when it is asked `anew`. */
  load(anew = false): Promise<void> {
    if (this.loaded && !this.keeping.stale && !anew) return Promise.resolve();
    this.#reading ??= this.#load().finally(() => (this.#reading = null));
    return this.#reading;
  }

  async #load(): Promise<void> {
    const params = { path: { conversation_id: this.id } };
    const draft = got(api.GET('/api/v1/conversations/{conversation_id}/draft', { params }));
    draft.catch(() => undefined); // waited for below
    try {
      const untouched = this.asProposed;
      this.answering = await got(api.GET('/api/v1/conversations/{conversation_id}/answering', { params }));
      if (untouched) this.propose();
      const first = !this.loaded;
      await this.keeping.follow('kept', draft);
      if (first && !this.isEmpty) this.open = true;
      if (this.to.length === 0 && this.mailMode !== 'forward') this.propose();
      this.loaded = true;
      this.unread = null;
    } catch (thrown) {
      this.unread = asProblem(thrown);
    }
  }

  #take(draft: Draft): void {
    const hadText = !this.isEmpty;
    // Who has just opened it, perhaps for a comment, is not to lose it to the end of a draft that was never here.
    if (!hadText && draft.updated_at === null) return;
    const shown = new Set(picturesOf(draft.html ?? ''));
    this.commenting = draft.mode === 'comment';
    if (draft.mode !== 'comment') this.mailMode = draft.mode;
    this.setHtml(draft.html === null ? htmlOf(draft.text) : incoming(draft.html), draft.text);
    this.to = draft.to.flatMap(recipientsOf);
    this.cc = draft.cc.flatMap(recipientsOf);
    this.bcc = draft.bcc.flatMap(recipientsOf);
    if (this.to.length === 0 && this.cc.length === 0) this.propose();
    this.comment = draft.comment;
    this.messageIds = draft.message_ids;
    this.channelId = draft.channel_id;
    this.files.clear();
    this.files.take(draft.attachments.filter((one) => !shown.has(one.id)));
    if (hadText && this.isEmpty) this.open = false;
    this.overtaken = false;
    this.problem = null;
    const { loaded, lines } = threads.of(this.id);
    // Of a draft that does not say what its writer had seen, it is all that is shown with it.
    this.seen = this.mailIsEmpty ? null : (draft.seen_sequence ?? (loaded ? spokenUpTo(lines) : null));
  }

  /** Both texts, what was written elsewhere below. */
  keepBoth(): void {
    const draft = this.keeping.other?.draft;
    if (!draft) return;
    const shown = new Set(picturesOf(draft.html ?? ''));
    const theirs = draft.html === null ? htmlOf(draft.text) : incoming(draft.html);
    if (isEmpty(this.html)) this.setHtml(theirs, draft.text);
    else if (!isEmpty(theirs)) this.setHtml(`${this.html}<div><br></div>${theirs}`, `${this.text}\n\n${draft.text}`);
    this.comment = [this.comment, draft.comment].filter((one) => one.trim()).join('\n\n');
    this.files.take(draft.attachments.filter((one) => !shown.has(one.id)));
    this.keeping.keepMine();
  }

  /** Another page changed the draft. */
  async heard(became: Became): Promise<void> {
    if (!this.loaded || this.sending) {
      this.keeping.stale = true;
      return;
    }
    try {
      await this.keeping.follow(became);
    } catch {
      this.keeping.stale = true; // read when it is opened, or the connection is back
    }
  }

  /** The customer's newest message; of another one than before it is asked anew to whom an answer goes. */
  answer(messageId: string): void {
    const before = this.#answered;
    this.#answered = messageId;
    if (before === null || before === messageId) return;
    void (this.#reading ?? Promise.resolve()).then(() => this.load(true));
  }

  /** Sets to whom the mail goes by the mode. */
  propose(): void {
    const { to, cc } = this.proposed;
    this.to = to;
    this.cc = cc;
  }

  get proposed(): { to: Recipient[]; cc: Recipient[] } {
    if (this.mailMode === 'forward' || !this.answering) return { to: [], cc: [] };
    const cc = this.mailMode === 'reply_all' ? this.answering.cc.map(fromAddress) : [];
    return { to: this.answering.to.map(fromAddress), cc };
  }

  /** The address that is to speak, where there are several: the chosen one, or the one that is shown as proposed. */
  get from(): string | null {
    const several = (this.answering?.addresses.length ?? 0) > 1;
    return this.channelId ?? (several ? (this.answering?.channel_id ?? null) : null);
  }

  /** Nobody changed to whom it goes. */
  get asProposed(): boolean {
    const { to, cc } = this.proposed;
    return sameRecipients(this.to, to) && sameRecipients(this.cc, cc);
  }

  become(mode: Mode): void {
    this.open = true;
    this.commenting = mode === 'comment';
    if (mode === 'comment' || mode === this.mailMode) return;
    // Whom the agent chose stays, but nobody is forwarded to because he was answered.
    const keep = this.mailMode !== 'forward' && mode !== 'forward' && !this.asProposed;
    this.mailMode = mode;
    if (!keep) this.propose();
  }

  setHtml(html: string, text: string): void {
    this.html = html;
    this.text = text;
    this.revision += 1;
  }

  /** Puts text in front of what is there already. */
  prepend(html: string, text: string): void {
    const rest = isEmpty(this.html) ? '' : `<div><br></div>${this.html}`;
    this.setHtml(html + rest, rest ? `${text}\n\n${this.text}` : text);
  }

  addTo(field: 'to' | 'cc' | 'bcc', more: Recipient[]): void {
    this[field] = added(this[field], more);
    this.touch(null);
  }

  /** Before it is sent: who is typed is a recipient like any other. */
  commit(): void {
    if (!this.commenting && commit(this)) this.touch(null);
  }

  /** Something changed; `sequence`: what the agent has seen when it was begun. */
  touch(sequence: number | null): void {
    if (this.seen === null && sequence !== null && !this.isEmpty) this.seen = sequence;
    this.keeping.touch();
  }
  flush(): Promise<void> {
    return this.keeping.flush();
  }

  /** The mail went out: what is left is kept as the draft. */
  mailSent(): void {
    this.#emptyMail();
    this.keeping.gone(); // on the server it went with the mail
    this.#done();
    if (!this.isEmpty) this.keeping.touch();
  }
  /** `seen` is what the mail beside it knows of now. */
  commentSent(seen: number | null): void {
    this.comment = '';
    this.#done();
    if (!this.mailIsEmpty) this.seen = seen;
    if (this.isEmpty) void this.discard();
    else this.keeping.touch();
  }
  #done(): void {
    this.attempt = null;
    this.how = {};
    this.problem = null;
    this.seen = null;
    this.overtaken = false;
    this.open = !this.isEmpty;
  }
  #emptyMail(): void {
    this.setHtml('', '');
    this.bcc = [];
    this.typed = nothingTyped();
    this.messageIds = [];
    this.files.clear();
    this.channelId = null;
    this.mailMode = 'reply_all';
    this.propose();
  }

  /** Throws the draft away, here and on the server. */
  async discard(): Promise<void> {
    this.#emptyMail();
    this.comment = '';
    this.seen = null;
    await this.keeping.drop();
  }

  #content(): string {
    const { mode: _, seen_sequence: __, ...content } = this.#asked();
    return JSON.stringify([content, this.files.all.filter((one) => !one.uploaded).length]);
  }

  #asked(): DraftAsked {
    const proposed = this.asProposed;
    return {
      mode: this.mode,
      ...draftOf(this),
      to: proposed ? [] : this.to.map(written),
      cc: proposed ? [] : this.cc.map(written),
      bcc: this.bcc.map(written),
      message_ids: this.messageIds,
      comment: this.comment.slice(0, 50_000),
      mentions: [],
      channel_id: this.channelId,
      seen_sequence: this.seen,
    };
  }
}
