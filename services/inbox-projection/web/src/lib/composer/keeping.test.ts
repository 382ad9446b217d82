import './testing.ts';
import { describe, expect, it } from 'vitest';
import { Problem } from '#lib/api/client.ts';
import { Keeping, WRITER, type Kept } from './keeping.svelte.ts';

interface Text extends Kept {
  text: string;
}

/** A draft on a server, as several pages see it. */
class Server {
  draft: Text = { text: '', updated_at: null };
  writer: string | null = null;
  #time = 0;

  keep(text: string, writer: string, based: string | null): Text {
    const free = this.draft.updated_at === null || this.writer === writer || this.draft.updated_at === based;
    if (!free) throw new Problem(409, 'draft-changed', 'Conflict');
    this.writer = writer;
    return (this.draft = { text, updated_at: `at ${++this.#time}` });
  }
  drop(): void {
    this.draft = { text: '', updated_at: null };
  }
}

class Page {
  text = '';
  readonly keeping: Keeping<Text>;
  constructor(server: Server, writer: string) {
    this.keeping = new Keeping<Text>({
      read: () => Promise.resolve(server.draft),
      save: async ({ based_on }) => server.keep(this.text, writer, based_on ?? null),
      drop: async () => server.drop(),
      content: () => this.text,
      take: (draft) => (this.text = draft.text),
    });
  }
  async types(text: string): Promise<void> {
    this.text = text;
    this.keeping.touch();
    await this.keeping.flush();
  }
}

async function two(): Promise<[Page, Page, Server]> {
  const server = new Server();
  const pages = [new Page(server, 'one'), new Page(server, 'other')] as const;
  for (const page of pages) await page.keeping.follow('kept');
  return [...pages, server];
}

describe('a draft in two pages', () => {
  it('is followed where nothing was typed', async () => {
    const [one, other] = await two();
    await one.types('Dear');
    await other.keeping.follow('kept');
    expect(other.text).toBe('Dear');
    await other.types('Dear Zofia');
    await one.keeping.follow('kept');
    expect([one.text, one.keeping.other]).toEqual(['Dear Zofia', null]);
  });

  it('that was written in both is asked about, and neither text is lost before', async () => {
    const [one, other, server] = await two();
    await one.types('Dear');
    await other.types('Hello');
    expect([other.text, other.keeping.other?.draft.text, server.draft.text]).toEqual(['Hello', 'Dear', 'Dear']);
    await other.types('Hello again');
    expect(server.draft.text).toBe('Dear');
    other.keeping.keepMine();
    await other.keeping.flush();
    expect([server.draft.text, other.keeping.other]).toEqual(['Hello again', null]);
    await one.keeping.follow('kept');
    expect(one.text).toBe('Hello again');
  });

  it('is asked about as soon as the other page has written, not only when it is saved', async () => {
    const [one, other] = await two();
    other.text = 'Hello';
    await one.types('Dear');
    await other.keeping.follow('kept');
    expect([other.text, other.keeping.other?.became]).toEqual(['Hello', 'kept']);
    other.keeping.takeOther();
    expect([other.text, other.keeping.own]).toEqual(['Dear', false]);
  });

  it('is gone from both once it was sent, but for what was typed since', async () => {
    const [one, other, server] = await two();
    await one.types('Dear');
    await other.keeping.follow('kept');
    server.drop();
    await other.keeping.follow('sent');
    expect([other.text, other.keeping.other]).toEqual(['', null]);
    one.text = 'Dear Zofia';
    await one.keeping.follow('sent');
    expect([one.text, one.keeping.other?.became]).toEqual(['Dear Zofia', 'sent']);
    one.keeping.keepMine();
    await one.keeping.flush();
    expect(server.draft.text).toBe('Dear Zofia');
  });

  it('that a page wrote itself and reads late is no other one', async () => {
    const [one, , server] = await two();
    await one.types('Dear');
    const late = Promise.resolve(server.draft);
    await one.types('Dear Zofia');
    one.text = 'Dear Zofia,';
    await one.keeping.follow('kept', late);
    expect([one.text, one.keeping.other]).toEqual(['Dear Zofia,', null]);
  });

  it('stays with what was typed and kept since, when an older reading says that it is gone', async () => {
    const [one, , server] = await two();
    await one.types('Dear');
    server.drop(); // sent from elsewhere
    const reading = Promise.resolve(server.draft);
    await one.types('Dear Zofia');
    await one.keeping.follow(
      'sent',
      reading.then(async (draft) => (await one.types('Dear Zofia Nowak'), draft)),
    );
    expect(one.text).toBe('Dear Zofia Nowak');
    expect(server.draft.text).toBe('Dear Zofia Nowak');
  });

  it('is thrown away on the server, too', async () => {
    const [one, , server] = await two();
    await one.types('Dear');
    one.text = '';
    await one.keeping.drop();
    expect([server.draft.updated_at, one.keeping.own]).toEqual([null, false]);
    await one.types('Anew');
    expect(server.draft.text).toBe('Anew');
  });
});

it('a page has an id that the server takes', () => {
  expect(WRITER).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
});
