/**
 * A draft on the server and this page's part in it: kept soon after every change, followed when another page of the
 * agent's changes it, and asked about when both have something to say; neither text is overwritten unseen.
 */

import { asProblem, newKey } from '#lib/api/client.ts';
import { saver, type Saved } from './saver.ts';

export interface Kept {
  updated_at: string | null;
}

/** By which the server tells this page's changes from those of the agent's other pages. */
export const WRITER = newKey().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** What keeping needs of what is written. */
interface Place<D extends Kept> {
  read: () => Promise<D>;
  save: (query: { writer: string; based_on?: string }) => Promise<D>;
  drop: (query: { writer: string }) => Promise<unknown>;
  /** All that would be lost with it, as one text to compare. */
  content: () => string;
  /** Takes the place of what is written; an empty draft empties it. */
  take: (draft: D) => void;
}

/** So many of its own last changes a page knows again when it reads them late. */
const OWN = 20;

export type Became = 'kept' | 'sent' | 'discarded';

/** What another page made of the draft while something else was written here. */
export interface Other<D> {
  draft: D;
  became: Became;
}

export class Keeping<D extends Kept> {
  saved = $state<Saved | null>(null);
  /** While there is one, nothing is saved and nothing should be sent: the agent chooses. */
  other = $state.raw<Other<D> | null>(null);
  /** What could not be heard meanwhile is read when it is needed. */
  stale = true;
  readonly #place: Place<D>;
  readonly #saver = saver({
    save: () => this.#save(),
    said: (state) => (this.saved = this.other ? null : state),
  });
  readonly #blank: string;
  /** What was written when it was last the same as the server's draft, and when that was kept. */
  #known: string;
  #based: string | null = null;
  #mine: string[] = [];

  constructor(place: Place<D>) {
    this.#place = place;
    this.#known = this.#blank = place.content();
  }

  /** Something was written here that is not kept, or not kept yet. */
  get own(): boolean {
    const content = this.#place.content();
    return content !== this.#known && content !== this.#blank;
  }

  touch(): void {
    if (!this.other) this.#saver.touch();
  }
  flush(): Promise<void> {
    return this.#saver.flush();
  }

  /** Reads the draft and takes it, or asks. Throws Problem when it cannot be read. */
  async follow(became: Became, reading: Promise<D> = this.#place.read()): Promise<void> {
    const kept = this.#mine.at(-1);
    let draft = await reading;
    await this.#saver.settled();
    // What was read before the own text was kept says nothing of it.
    if (this.#mine.at(-1) !== kept) draft = await this.#place.read();
    this.stale = false;
    const { updated_at } = draft;
    if (updated_at === this.#based || (updated_at !== null && this.#mine.includes(updated_at))) return;
    if (!this.own) this.#take(draft);
    // What a page that fell silent left: nobody knows whether it was sent or thrown away.
    else this.#ask({ draft, became: updated_at !== null ? 'kept' : became === 'sent' ? 'sent' : 'discarded' });
  }

  /** The text here stays, and takes the place of the other as soon as it is kept. */
  keepMine(): void {
    this.#based = this.other?.draft.updated_at ?? null;
    this.other = null;
    this.touch();
  }
  takeOther(): void {
    const { other } = this;
    this.other = null;
    if (other) this.#take(other.draft);
  }

  /** The server has no draft any more: it was sent. */
  gone(): void {
    this.#saver.forget();
    this.saved = null;
    this.other = null;
    this.#based = null;
    this.#known = this.#blank;
  }

  /** Throws the draft away on the server; what was written here should be gone already. */
  async drop(): Promise<void> {
    this.#saver.forget();
    this.saved = null;
    this.other = null;
    try {
      await this.#place.drop({ writer: WRITER });
      this.#based = null;
      this.#known = this.#blank;
    } catch {
      this.#saver.touch(); // an empty draft takes its place as soon as it can be kept
    }
  }

  #ask(other: Other<D>): void {
    this.#saver.forget();
    this.saved = null;
    this.other = other;
  }

  #take(draft: D): void {
    this.#saver.forget();
    this.#place.take(draft);
    this.other = null;
    this.#based = draft.updated_at;
    this.#known = this.#place.content();
    this.saved = draft.updated_at === null ? null : 'saved';
  }

  async #save(): Promise<void> {
    if (this.other) return;
    const content = this.#place.content();
    try {
      const based = this.#based === null ? {} : { based_on: this.#based };
      const kept = await this.#place.save({ writer: WRITER, ...based });
      this.#mine = [...this.#mine, kept.updated_at ?? ''].slice(-OWN);
      this.#based = kept.updated_at;
      this.#known = content;
    } catch (thrown) {
      if (asProblem(thrown).code !== 'draft-changed') throw thrown;
      const draft = await this.#place.read();
      if (draft.updated_at === null) {
        this.#based = null; // gone again meanwhile: nothing is in the way of the next try
        throw thrown;
      }
      if (this.own) this.#ask({ draft, became: 'kept' });
      else this.#take(draft);
    }
  }
}
