import { describe, expect, it } from 'vitest';
import { waiting } from '#lib/api/client.ts';
import { guardLeaving, stayFor } from './leaving.ts';

describe('a page', () => {
  it('is not left unasked while something would be lost with it, and left at once when nothing is', () => {
    const page = new EventTarget() as Window;
    const leaves = () => page.dispatchEvent(new Event('beforeunload', { cancelable: true }));
    const unguarded = guardLeaving(page);
    let waits = false;
    const settled = stayFor(() => waits);
    expect(leaves()).toBe(true);
    waits = true;
    expect(leaves()).toBe(false);
    settled();
    expect(leaves()).toBe(true);
    const again = stayFor(() => true);
    unguarded();
    expect(leaves()).toBe(true);
    again();
  });

  it('is not left unasked while a write waits, unless it only says that something was read', async () => {
    const page = new EventTarget() as Window;
    const leaves = () => page.dispatchEvent(new Event('beforeunload', { cancelable: true }));
    const unguarded = guardLeaving(page);
    let sent: () => void = () => undefined;
    const connection = new Promise<void>((resolve) => (sent = resolve));
    const read = waiting.during('read', connection);
    expect(leaves()).toBe(true);
    const closed = waiting.during('status', connection);
    expect(leaves()).toBe(false);
    sent();
    await Promise.all([read, closed]);
    expect(leaves()).toBe(true);
    unguarded();
  });
});
