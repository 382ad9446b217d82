import { describe, expect, it } from 'vitest';
import type { Channel } from '../shapes.ts';
import { changeOf, draftOf, routingFault } from './draft.ts';
import { faultKey, needsGrant, partsOf } from './health.ts';
import { presetOf } from './presets.ts';
import { faultOf, imapAsked, imapDraft, smtpAsked, smtpDraft } from './servers.ts';

const server = {
  host: 'mail.acme.test',
  port: 587,
  username: 'help',
  has_password: true,
  auth: 'password',
  tls: 'starttls',
} as const;

function channel(settings: Partial<Channel['settings']> = {}, parts: Channel['health']['parts'] = {}): Channel {
  return {
    id: 'c1',
    inbox_id: 'i1',
    kind: 'email',
    fallback: false,
    connected_at: '2026-01-01T00:00:00Z',
    health: { state: 'ok', reason: '', since: '2026-01-01T00:00:00Z', last_in_at: null, part: null, parts },
    settings: {
      address: 'help@acme.test',
      from_name: '',
      authserv_id: '',
      imap: null,
      smtp: null,
      ticket_automation: null,
      acknowledgement: null,
      routing: null,
      dkim: null,
      dkim_pending: null,
      ...settings,
    },
  };
}

describe('health', () => {
  it('knows nothing of a part that nothing was said of', () => {
    const down = { state: 'down', reason: 'imap_wrong_password', since: '2026-01-02T00:00:00Z' };
    expect(partsOf(channel({}, { receiving: down })).map(({ state }) => state)).toEqual(['down', 'unheard']);
  });

  it('has one name for a code, whoever tells it', () => {
    expect(faultKey('imap_wrong_password')).toBe('faults.wrong_password');
    expect(faultKey('smtp_wrong_password')).toBe('faults.wrong_password');
    expect(faultKey('wrong-password')).toBe('faults.wrong_password');
    expect(faultKey('5.7.1')).toBe('faults.status');
    expect(faultKey('550')).toBe('faults.status');
  });

  it('asks for a new grant only where a grant has ended', () => {
    const ended = { state: 'down', reason: 'imap_grant_expired', since: '2026-01-02T00:00:00Z' };
    expect(needsGrant(channel({ smtp: { ...server, auth: 'oauth2' } }, { receiving: ended }))).toBe(true);
    expect(needsGrant(channel({ smtp: { ...server } }, { receiving: ended }))).toBe(false);
  });
});

describe('servers', () => {
  it('sends a password only when one was typed', () => {
    const kept = smtpAsked(smtpDraft(server));
    expect(kept).toEqual({ host: 'mail.acme.test', port: 587, username: 'help', tls: 'starttls' });
    expect(smtpAsked({ ...smtpDraft(server), password: 'new' }).password).toBe('new');
  });

  it('watches the inbox where no folder is named', () => {
    expect(imapAsked({ ...imapDraft(null), folders: ' \n' }).folders).toEqual(['INBOX']);
  });

  it('finds what is wrong with one field of one server', () => {
    const problem = {
      errors: [{ where: ['body', 'settings', 'imap', 'password'], detail: 'A password is required.' }],
    };
    expect(faultOf(problem, 'imap', 'password')).toBe('A password is required.');
    expect(faultOf(problem, 'smtp', 'password')).toBe('');
    expect(faultOf(null, 'imap', 'password')).toBe('');
  });

  it('knows the servers of well-known providers by the address', () => {
    expect(presetOf(' Ann@GMail.com ')?.imap.host).toBe('imap.gmail.com');
    expect(presetOf('ann@wp.pl')?.smtp).toEqual({ host: 'smtp.wp.pl', port: 465, tls: 'tls' });
    expect(presetOf('ann@acme.test')).toBeNull();
    expect(presetOf('constructor')).toBeNull();
  });
});

describe('the draft of a channel', () => {
  it('changes nothing when nothing was changed', () => {
    const draft = draftOf(channel({ smtp: { ...server } }), 'p1');
    expect(changeOf(draft, structuredClone(draft))).toEqual({});
  });

  it('says only what differs, and null for what is taken away', () => {
    const before = draftOf(
      channel({ smtp: { ...server }, routing: { kind: 'team', agent_ids: [], team_id: 't1' } }),
      'p1',
    );
    const now = structuredClone(before);
    now.smtp = null;
    now.routing.kind = 'inbox';
    expect(changeOf(before, now)).toEqual({ smtp: null, routing: null });
  });

  it('keeps the text of an acknowledgement that is switched off', () => {
    const before = draftOf(channel({ acknowledgement: { text: 'Thanks', when: 'outside_hours' } }), 'p1');
    expect(before.acknowledgement).toEqual({ on: true, text: 'Thanks', when: 'outside_hours' });
    const now = structuredClone(before);
    now.acknowledgement.on = false;
    expect(changeOf(before, now)).toEqual({ acknowledgement: { text: 'Thanks', when: 'never' } });
  });

  it('names agents and team only where the kind of routing has them', () => {
    const before = draftOf(channel(), 'p1');
    const now = { ...structuredClone(before), routing: { kind: 'nobody' as const, agent_ids: ['a1'], team_id: 't1' } };
    expect(changeOf(before, now).routing).toEqual({ kind: 'nobody', agent_ids: [], team_id: null });
    expect(routingFault({ kind: 'agents', agent_ids: [], team_id: '' })).toBe('agents');
    expect(routingFault({ kind: 'team', agent_ids: [], team_id: '' })).toBe('team');
    expect(routingFault({ kind: 'last_agent', agent_ids: [], team_id: '' })).toBe('');
  });
});
