import { describe, expect, it } from 'vitest';
import { fareOf, secondsUntil } from './delivery.ts';

const now = Date.parse('2026-11-23T10:00:00Z');
const fare = (given: object) =>
  fareOf({ state: 'sent', reason: null, can_retry: false, due_at: null, held: null, ...given } as never, now);

describe('a reply', () => {
  it('that is about to leave can be undone', () => {
    expect(fare({ state: 'scheduled', due_at: '2026-11-23T10:00:08Z' })).toMatchObject({
      state: 'undo',
      doings: ['edit', 'send_now'],
    });
  });

  it('that waits for its time can be sent, edited and cancelled', () => {
    expect(fare({ state: 'scheduled', due_at: '2026-11-24T10:00:00Z' })?.doings).toEqual([
      'send_now',
      'edit',
      'cancel',
    ]);
  });

  it('that is held says why', () => {
    expect(fare({ state: 'scheduled', held: 'customer-wrote', due_at: '2026-11-23T10:00:08Z' })?.state).toBe(
      'held_customer_wrote',
    );
  });

  it('that is unknown asks whether it arrived', () => {
    expect(fare({ state: 'unknown' })).toMatchObject({ loud: true, doings: ['arrived', 'send_again'] });
  });

  it('that failed is tried again only where that helps', () => {
    expect(fare({ state: 'failed', can_retry: true })?.doings).toEqual(['retry', 'edit']);
    expect(fare({ state: 'failed' })?.doings).toEqual(['edit']);
  });

  it('that was sent is quiet', () => {
    expect(fare({})).toMatchObject({ loud: false, doings: [] });
    expect(fareOf(null, now)).toBeNull();
  });

  it('counts down to nothing, never below', () => {
    expect([secondsUntil('2026-11-23T10:00:08.200Z', now), secondsUntil('2026-11-23T09:00:00Z', now)]).toEqual([9, 0]);
  });
});
