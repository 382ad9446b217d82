import { describe, expect, it } from 'vitest';
import { kindOf } from './kinds.ts';

describe('a write', () => {
  it.each([
    ['conversations', 'message'],
    ['conversations/x/replies?writer=y', 'message'],
    ['conversations/x/comments', 'comment'],
    ['me/draft', 'draft'],
    ['conversations/x/status', 'status'],
    ['conversations/x/assignment', 'assignment'],
    ['conversations/x/labels/vip', 'label'],
    ['labels', 'label'],
    ['conversations/x/read', 'read'],
    ['tickets/x', 'other'],
  ])('to /api/v1/%s is known as %s', (path, kind) => {
    expect(kindOf(`http://postroom.test/api/v1/${path}`)).toBe(kind);
  });
});
