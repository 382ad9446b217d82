import { describe, expect, it } from 'vitest';
import { EventReader } from './events.ts';

const told = (id: number, kind: string, data: object) => `id: ${id}\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;

describe('the reader of the feed', () => {
  it('gives events whole, however the network cut them', () => {
    const text = told(7, 'conversation', { id: 'a', sequence: 1 }) + told(8, 'conversation', { id: 'b', sequence: 2 });
    for (let cut = 0; cut < text.length; cut += 1) {
      const reader = new EventReader();
      const events = [...reader.read(text.slice(0, cut)), ...reader.read(text.slice(cut))];
      expect(events.map(({ id, sequence }) => [id, sequence])).toEqual([
        ['a', 1],
        ['b', 2],
      ]);
      expect(reader.lastId).toBe('8');
    }
  });

  it('remembers the place before an event that was cut off', () => {
    const reader = new EventReader();
    reader.read(`retry: 2000\n\n${told(7, 'conversation', { id: 'a' })}id: 8\nevent: conv`);
    expect(reader.lastId).toBe('7');
  });

  it('passes over comments and kinds that it does not know, but not their place', () => {
    const reader = new EventReader();
    expect(reader.read(`: still here\n\n${told(9, 'weather', {})}`)).toEqual([]);
    expect(reader.lastId).toBe('9');
  });

  it('leaves the place alone for what has none', () => {
    const reader = new EventReader('5');
    const events = reader.read('event: presence\ndata: {"id":"a","agent_id":"x","state":"viewing"}\n\n');
    expect(events).toEqual([{ kind: 'presence', id: 'a', agent_id: 'x', state: 'viewing' }]);
    expect(reader.lastId).toBe('5');
  });
});
