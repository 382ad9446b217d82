/** Mail servers as a form has them, and as the API is asked for them; pure. */

import type { ImapAsked, Problem, SmtpAsked } from '#lib/api/client.ts';
import type { FieldProblem } from '#lib/api/problem.ts';
import { fieldWords } from '#lib/i18n/refusals.ts';
import type { ImapServer, Server } from '#lib/settings/shapes.ts';
import { linesOf } from '../lines.ts';

export interface ServerDraft {
  host: string;
  port: number | null;
  username: string;
  /** Empty: the one that is kept. */
  password: string;
  tls: Server['tls'];
}

export interface ImapDraft extends ServerDraft {
  /** One on each line. */
  folders: string;
  after_commit: ImapServer['after_commit'];
  history_days: number | null;
}

export function smtpDraft(known: Server | null): ServerDraft {
  const { host, port, username, tls } = known ?? { host: '', port: 587, username: '', tls: 'starttls' as const };
  return { host, port, username, password: '', tls };
}

export function imapDraft(known: ImapServer | null): ImapDraft {
  if (!known) {
    const server = { host: '', port: 993, username: '', password: '', tls: 'tls' as const };
    return { ...server, folders: 'INBOX', after_commit: 'nothing', history_days: 0 };
  }
  const { folders, after_commit, history_days } = known;
  return { ...smtpDraft(known), folders: folders.join('\n'), after_commit, history_days };
}

export function smtpAsked(draft: ServerDraft): SmtpAsked {
  const { host, port, username, password, tls } = draft;
  return { host: host.trim(), port, username: username.trim(), tls, ...(password ? { password } : {}) };
}

export function imapAsked(draft: ImapDraft): ImapAsked {
  const folders = linesOf(draft.folders);
  const { after_commit, history_days } = draft;
  return { ...smtpAsked(draft), folders: folders.length > 0 ? folders : ['INBOX'], after_commit, history_days };
}

/** What the API says about one field of one server; empty when nothing. */
export function faultOf(
  problem: Problem | { errors: readonly FieldProblem[] } | null,
  server: string,
  field: string,
): string {
  const errors = (problem as { errors: readonly FieldProblem[] } | null)?.errors ?? [];
  const found = errors.find(({ where }) => where[2] === server && where[3] === field);
  return found ? fieldWords(found, 'invalid-request') : '';
}
