/** What an agent writes in one conversation: a mail, and beside it a comment, both kept on the server as a draft. */

import { api, asProblem, got, type Answering, type Draft, type DraftAsked, type Problem } from '#lib/api/client.ts';
import { feed } from '#lib/live/feed.svelte.ts';
import { added, fromAddress, recipientsOf, sameRecipients, written, type Recipient } from './addresses.ts';
import type { Attempt, How } from './attempt.ts';
import { draftOf, htmlOf, incoming, isEmpty, picturesOf } from './html.ts';
import { outliving, saver } from './saver.ts';
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
  saved = $state<'unsaved' | 'saving' | 'saved' | 'failed' | null>(null);
  sending = $state(false);
  problem = $state.raw<Problem | null>(null);
  /** The agent knows what was written up to here; null: nothing was begun. */
  seen = $state<number | null>(null);
  /** The server said that somebody wrote meanwhile. */
  overtaken = $state(false);
  attempt: Attempt | null = null;
  /** How it was last to be sent: whoever tries again wants the same, by the same key. */
  how: How = {};
  #reading: Promise<void> | null = null;
  readonly #saver = saver({ save: () => this.#save(), said: (state) => (this.saved = state) });

  constructor(id: string) {
    this.id = id;
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

  /** Reads the draft and to whom an answer goes; once, and whenever it is asked for with `anew`. */
  load(anew = false): Promise<void> {
    if (this.loaded && !anew) return Promise.resolve();
    this.#reading ??= this.#load().finally(() => (this.#reading = null));
    return this.#reading;
  }

  async #load(): Promise<void> {
    const params = { path: { conversation_id: this.id } };
    try {
      const [answering, draft] = await Promise.all([
        got(api.GET('/api/v1/conversations/{conversation_id}/answering', { params })),
        got(api.GET('/api/v1/conversations/{conversation_id}/draft', { params })),
      ]);
      this.answering = answering;
      // What was typed here meanwhile is newer than any draft.
      if (this.isEmpty) this.#take(draft);
      if (this.to.length === 0 && this.mailMode !== 'forward') this.propose();
      this.loaded = true;
      this.unread = null;
    } catch (thrown) {
      this.unread = asProblem(thrown);
    }
  }

  #take(draft: Draft): void {
    if (draft.updated_at === null) return;
    const shown = new Set(picturesOf(draft.html ?? ''));
    this.commenting = draft.mode === 'comment';
    if (draft.mode !== 'comment') this.mailMode = draft.mode;
    this.setHtml(draft.html === null ? htmlOf(draft.text) : incoming(draft.html), draft.text);
    this.to = draft.to.flatMap(recipientsOf);
    this.cc = draft.cc.flatMap(recipientsOf);
    this.bcc = draft.bcc.flatMap(recipientsOf);
    this.comment = draft.comment;
    this.messageIds = draft.message_ids;
    this.files.take(draft.attachments.filter((one) => !shown.has(one.id)));
    this.open = !this.isEmpty;
    this.saved = 'saved';
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

  /** Nobody changed to whom it goes: then the server decides as it proposed. */
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

  /** Something changed; `sequence`: what the agent has seen when it was begun. */
  touch(sequence: number | null): void {
    if (this.seen === null && sequence !== null && !this.isEmpty) this.seen = sequence;
    this.#saver.touch();
  }
  flush(): Promise<void> {
    return this.#saver.flush();
  }

  /** The mail went out: what is left is kept as the draft. */
  mailSent(): void {
    this.setHtml('', '');
    this.bcc = [];
    this.messageIds = [];
    this.files.clear();
    this.channelId = null;
    this.#done();
    this.mailMode = 'reply_all';
    this.propose();
  }
  commentSent(): void {
    this.comment = '';
    this.#done();
  }
  #done(): void {
    this.attempt = null;
    this.how = {};
    this.problem = null;
    this.seen = null;
    this.overtaken = false;
    this.open = !this.isEmpty;
    if (this.isEmpty) void this.discard();
    else this.#saver.touch();
  }

  /** Throws the draft away, here and on the server. */
  async discard(): Promise<void> {
    this.#saver.forget();
    this.setHtml('', '');
    this.comment = '';
    this.files.clear();
    this.saved = null;
    this.seen = null;
    const params = { path: { conversation_id: this.id } };
    try {
      await api.DELETE('/api/v1/conversations/{conversation_id}/draft', { params });
    } catch {
      this.#saver.touch(); // an empty draft takes its place as soon as it can be kept
    }
  }

  async #save(): Promise<void> {
    const params = { path: { conversation_id: this.id } };
    await api.PUT('/api/v1/conversations/{conversation_id}/draft', {
      params,
      ...outliving(this.#asked()),
    });
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
    };
  }
}

const KEPT = 40;
const all = new Map<string, Writing>();
feed.onReturn(() => {
  for (const one of all.values()) if (one.unread?.offline) void one.load(true);
});

export const writings = {
  /** What is written in a conversation; what was begun stays for as long as the page lives. */
  of(id: string): Writing {
    let one = all.get(id);
    if (!one) {
      one = new Writing(id);
      all.set(id, one);
      if (all.size > KEPT) {
        const idle = [...all.values()].find((each) => each.id !== id && each.isEmpty && !each.sending);
        if (idle) all.delete(idle.id);
      }
    }
    return one;
  },
};
