import { describe, expect, it } from 'vitest';
import { placeOf } from '../checklist/steps.ts';
import { linesOf } from './lines.ts';
import { moved } from './moved.ts';
import { deviceOf } from './profile/device.ts';
import { squareOf } from './profile/square.ts';
import { copied, same } from './same.ts';
import { filled, firstName, unknownIn } from './variables.ts';

describe('same', () => {
  it('compares what values say, not the order of fields', () => {
    expect(same({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toBe(true);
    expect(same([1, 2], [2, 1])).toBe(false);
    expect(same({ a: 1 }, { a: 1, b: undefined })).toBe(false);
    expect(same([], {})).toBe(false);
  });

  it('copies so that a change leaves the first as it was', () => {
    const first = { of: [1] };
    copied(first).of.push(2);
    expect(first.of).toEqual([1]);
  });
});

describe('moved', () => {
  it('exchanges neighbours, and leaves the ends where they are', () => {
    expect(moved(['a', 'b', 'c'], 1, -1)).toEqual(['b', 'a', 'c']);
    expect(moved(['a', 'b', 'c'], 1, 1)).toEqual(['a', 'c', 'b']);
    expect(moved(['a', 'b'], 0, -1)).toEqual(['a', 'b']);
    expect(moved(['a', 'b'], 1, 1)).toEqual(['a', 'b']);
  });
});

it('takes each line once, without blank ones', () => {
  expect(linesOf(' gold\n\nsilver \ngold')).toEqual(['gold', 'silver']);
});

it('keeps a square within the picture whatever is rounded', () => {
  const { x, y, size } = squareOf({ x: 10.6, y: -0.4, width: 99.7, height: 99.7 });
  expect([x, y]).toEqual([10, 0]);
  expect(size).toBeLessThanOrEqual(99);
  expect(squareOf({ x: 0, y: 0, width: 0.3, height: 0.3 }).size).toBe(1);
});

it('names a browser and its machine, or the program', () => {
  const phone =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 (KHTML) Version/17 Mobile/15E Safari/604';
  expect(deviceOf(phone)).toEqual({ name: 'Safari, iPhone', small: true });
  const desk = 'Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537 (KHTML, like Gecko) Chrome/130 Safari/537 Edg/130';
  expect(deviceOf(desk)).toEqual({ name: 'Edge, Windows', small: false });
  expect(deviceOf('curl/7.88.1').name).toBe('curl');
  expect(deviceOf('').name).toBe('');
});

describe('variables', () => {
  it('finds those that do not exist', () => {
    expect(unknownIn('{{contact.name}} {{ agent.nix | x }} {{other.thing}} {braces}')).toEqual(['agent.nix']);
  });

  it('fills what has a value, else the fallback, else leaves it', () => {
    const text = 'Hi {{contact.first_name|there}}, {{agent.name}} {{inbox.name|}}!';
    expect(filled(text, { 'contact.first_name': ' ', 'agent.name': 'Ada' })).toBe('Hi there, Ada !');
    expect(filled('{{agent.name}}', {})).toBe('{{agent.name}}');
  });

  it('knows the first name also where the last one comes first', () => {
    expect(firstName('Nowak, Zofia Maria')).toBe('Zofia');
    expect(firstName('  ')).toBe('');
  });
});

it('leads each step of the set-up to where it is done', () => {
  expect(placeOf('connect', 'i1')).toBe('/settings/inboxes/i1/connect');
  expect(placeOf('connect', undefined)).toBe('/settings/inboxes');
  expect(placeOf('answer', 'i1')).toBe('/inbox/all_open');
});
