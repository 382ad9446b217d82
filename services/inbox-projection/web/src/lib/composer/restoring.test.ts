import './testing.ts';
import { describe, expect, it } from 'vitest';
import { line } from '#lib/thread/testing.ts';
import { channelOf, noteOf, ownFiles, unsigned, unsignedHtml } from './restoring.ts';

const file = (id: string, content_type = 'text/plain') => ({
  id,
  name: `${id}.txt`,
  content_type,
  size: 1,
  url: `/${id}`,
  inline: false,
});

describe('a mail that is taken back', () => {
  it('speaks again from the address that was chosen, where the inbox still has it', () => {
    const sent = line('m', { from: { address: 'Help@shop.test', name: '' } });
    const address = { channel_id: 'b', address: 'help@shop.test', from_name: '' };
    expect(channelOf(sent, [address])).toBe('b');
    expect(channelOf(sent, [])).toBeNull();
  });

  it('has no signature, for that is put below it when it is sent', () => {
    const text = 'Dear Zofia\n\n-- \nAda\nSupport';
    expect(unsigned(text, 'Ada\nSupport')).toBe('Dear Zofia');
    expect(unsigned(text, '')).toBe(text);
    expect(unsigned('Dear Zofia\n\n-- \nmy own', 'Ada')).toBe('Dear Zofia\n\n-- \nmy own');
    expect(unsignedHtml('<p>Dear</p><p>--&nbsp;<br>Ada<br>Support</p>')).toBe('<p>Dear</p>');
    expect(unsignedHtml('<p>--&nbsp;<br>theirs</p><p>Dear</p>')).toBe('<p>--&nbsp;<br>theirs</p><p>Dear</p>');
  });

  it('that forwarded others is its note, and the files that came with it', () => {
    expect(noteOf('Please look.\n\n---------- Forwarded message ----------\nFrom: Zofia')).toBe('Please look.');
    expect(noteOf('---------- Forwarded message ----------\nFrom: Zofia')).toBe('');
    const original = line('one', { attachments: [file('a')] });
    const whole = file('whole', 'message/rfc822');
    const sent = line('m', { forwarded_ids: ['one'], attachments: [file('a'), whole, file('mine')] });
    expect(ownFiles(sent, [original]).map((one) => one.id)).toEqual(['mine']);
  });
});
