/** Sends what was written: with a key that is repeated when nobody knows whether it arrived, and never over newer messages. */

import { api, asProblem, got, newKey, type Message, type ReplyNew } from '#lib/api/client.ts';
import { undo } from '#lib/actions/undo.svelte.ts';
import { problems } from '#lib/desk/problems.svelte.ts';
import { dayAndTime, t } from '#lib/i18n/index.ts';
import { conversations } from '#lib/live/conversations.svelte.ts';
import { preferences } from '#lib/notifications/preferences.svelte.ts';
import { session } from '#lib/session/session.svelte.ts';
import { newerThan } from '#lib/thread/pages.ts';
import { cancel } from '#lib/thread/replying.ts';
import { threads } from '#lib/thread/threads.svelte.ts';
import { toasts } from '#lib/ui/toasts.svelte.ts';
import { attemptFor, isUnclear, type How } from './attempt.ts';
import { mailOf, plainMailOf, unfilled } from './html.ts';
import { mentionsIn, type Mentionable } from './mentions.ts';
import { restore } from './restoring.ts';
import { recipientOf, written } from './addresses.ts';
import { WRITER } from './keeping.svelte.ts';
import type { Writing } from './writing.svelte.ts';

/** What keeps it from being sent, as a key of the catalogue; null: nothing. */
export function obstacle(writing: Writing): string | null {
  if (writing.keeping.other) return 'composer.elsewhere_first';
  if (writing.mode === 'comment') return writing.comment.trim() ? null : 'composer.comment_empty';
  if (writing.to.length === 0) return 'composer.no_recipient';
  if ([...writing.to, ...writing.cc, ...writing.bcc].some((one) => !one.valid)) return 'composer.wrong_recipient';
  if (writing.mode === 'forward' && writing.messageIds.length === 0) return 'composer.nothing_to_forward';
  if (writing.mode !== 'forward' && writing.mailIsEmpty) return 'composer.empty';
  if (writing.files.busy) return 'composer.files_busy';
  if (writing.files.failed) return 'composer.files_failed';
  if (unfilled(writing.text).length > 0) return 'composer.unfilled';
  return null;
}

/** Sends it; the problem, if any, is the writing's to show. Gives whether it went. */
export async function send(writing: Writing, how: How, people: Mentionable[]): Promise<boolean> {
  if (writing.sending) return false;
  writing.commit();
  if (obstacle(writing)) return false;
  writing.sending = true;
  writing.problem = null;
  writing.how = how;
  try {
    await writing.flush();
    // Another page wrote this draft, too: which text goes, the agent says first.
    if (writing.keeping.other) return false;
    if (writing.mode === 'comment') await comment(writing, people);
    else if (writing.mode === 'forward') await forward(writing);
    else await reply(writing, how);
    return true;
  } catch (thrown) {
    const problem = asProblem(thrown);
    if (!isUnclear(problem)) writing.attempt = null;
    if (problem.status === 412) {
      writing.overtaken = true;
      await threads.of(writing.id).refresh();
    } else writing.problem = problem;
    return false;
  } finally {
    writing.sending = false;
    if (writing.loaded && writing.keeping.stale) void writing.load();
  }
}

/**
 * Whom the agent sees is whom it reaches: what is shown is what is asked for, also where it is what the server proposed,
 * who may propose others by now. Addresses that can only be taken over from a mail are left to the server.
 */
function toWhom(writing: Writing): Pick<ReplyNew, 'to' | 'cc'> {
  const [to, cc] = [writing.to.map(written), writing.cc.map(written)];
  if (writing.asProposed && [...to, ...cc].some((one) => !recipientOf(one).valid)) return {};
  return { to, cc };
}

async function reply(writing: Writing, how: How): Promise<void> {
  const { undo_seconds } = await preferences.need();
  const body: ReplyNew = {
    ...mailOf(writing),
    bcc: writing.bcc.map(written),
    reply_all: writing.mode === 'reply_all',
    undo_seconds: how.sendAt ? 0 : undo_seconds,
    ...toWhom(writing),
    ...(writing.from ? { from_channel_id: writing.from } : {}),
    ...(how.sendAt ? { send_at: how.sendAt } : {}),
    ...(how.then ? { then: how.then } : {}),
  };
  const { seen } = writing;
  // Another wish (another recipient, another time) is another attempt; the sequence is no part of what is sent.
  writing.attempt = attemptFor(writing.attempt, JSON.stringify(body), newKey);
  const message = await got(
    api.POST('/api/v1/conversations/{conversation_id}/replies', {
      params: {
        path: { conversation_id: writing.id },
        query: { writer: WRITER },
        header: seen === null ? {} : { 'If-Match': `"${seen}"` },
      },
      headers: { 'Idempotency-Key': writing.attempt.key },
      body,
    }),
  );
  shown(writing, message);
  writing.mailSent();
  const then = how.then ? `_${how.then.status}` : '';
  told(writing.id, message, how, undo_seconds, { sent: `composer.sent${then}`, sending: `composer.sending${then}` });
}

async function forward(writing: Writing): Promise<void> {
  const { undo_seconds } = await preferences.need();
  const body = {
    undo_seconds,
    message_ids: writing.messageIds,
    to: writing.to.map(written),
    cc: writing.cc.map(written),
    bcc: writing.bcc.map(written),
    ...plainMailOf(writing),
  };
  writing.attempt = attemptFor(writing.attempt, JSON.stringify(body), newKey);
  const message = await got(
    api.POST('/api/v1/conversations/{conversation_id}/forwards', {
      params: { path: { conversation_id: writing.id }, query: { writer: WRITER } },
      headers: { 'Idempotency-Key': writing.attempt.key },
      body,
    }),
  );
  shown(writing, message);
  writing.mailSent();
  told(writing.id, message, {}, undo_seconds, { sent: 'composer.forwarded', sending: 'composer.forwarding' });
}

async function comment(writing: Writing, people: Mentionable[]): Promise<void> {
  const body = { text: writing.comment, mentions: mentionsIn(writing.comment, people) };
  writing.attempt = attemptFor(writing.attempt, JSON.stringify(body), newKey);
  const line = await got(
    api.POST('/api/v1/conversations/{conversation_id}/comments', {
      params: { path: { conversation_id: writing.id } },
      headers: { 'Idempotency-Key': writing.attempt.key },
      body,
    }),
  );
  // To who wrote it, it is nothing new; what others wrote before it may be.
  const { lines } = threads.of(writing.id);
  const news = writing.seen !== null && newerThan(lines, writing.seen, session.agent.id).length > 0;
  shown(writing, line);
  writing.commentSent(news || writing.seen === null ? writing.seen : line.sequence);
}

function shown(writing: Writing, line: Message): void {
  const thread = threads.of(writing.id);
  thread.scroll = null;
  thread.put(line);
  void conversations.refresh([writing.id]);
}

/** Says that it is on its way, and offers the way back for as long as there is one. */
function told(
  conversationId: string,
  message: Message,
  how: How,
  seconds: number,
  words: { sent: string; sending: string },
): void {
  if (how.sendAt) {
    toasts.show(t('composer.scheduled', { at: dayAndTime(how.sendAt) }));
    return;
  }
  if (seconds === 0 || message.delivery?.state !== 'scheduled') {
    toasts.show(t(words.sent));
    return;
  }
  const withdraw = undo.offer(t(words.sending), () => void takenBack(conversationId, message), seconds * 1000);
  setTimeout(withdraw, seconds * 1000);
}

async function takenBack(conversationId: string, message: Message): Promise<void> {
  try {
    await cancel(conversationId, message.id);
    await restore(conversationId, message);
  } catch (thrown) {
    problems.show(t('composer.undo_failed'), thrown);
  }
}
