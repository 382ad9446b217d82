/** What views, inboxes and filters are called in the agent's words. */

import { directory } from '#lib/directory/index.svelte.ts';
import { date, i18n, t } from '#lib/i18n/index.ts';
import { momentOf } from '#lib/actions/moments.ts';
import { changed, isFixed, type Listing } from './listing.ts';
import { savedViews } from './saved.svelte.ts';

/** The name of a view; of one that is not known yet nothing. */
export function viewName(view: string): string {
  if (isFixed(view) || view === 'filtered' || view === 'search') return t(`inbox.view_${view}`);
  return savedViews.one(view)?.name ?? (savedViews.known ? t('inbox.view_gone') : '');
}

export interface FilterChip {
  key: string;
  label: string;
  /** The list without it. */
  without: Listing;
}

export function agentName(id: string): string {
  if (id === 'me') return t('inbox.assignee_me');
  if (id === 'none') return t('inbox.assignee_none');
  return directory.agent(id)?.name ?? '…';
}

/** The filters of a list, each with the list that it leaves. The inbox is not among them: it has its own switch. */
export function chipsOf(listing: Listing): FilterChip[] {
  const chips: FilterChip[] = [];
  const add = (key: string, label: string, change: Partial<Listing>) =>
    chips.push({ key, label, without: changed(listing, change) });
  const day = (value: string) => date(momentOf(value, '12:00', i18n.zone) ?? value);
  for (const status of listing.status) {
    add(`status ${status}`, t(`inbox.status_${status}`), { status: listing.status.filter((one) => one !== status) });
  }
  if (listing.assignee)
    add('assignee', t('inbox.chip_assignee', { whom: agentName(listing.assignee) }), { assignee: null });
  if (listing.team) {
    add('team', t('inbox.chip_team', { team: directory.team(listing.team)?.name ?? '…' }), { team: null });
  }
  for (const label of listing.label) {
    add(`label ${label}`, t('inbox.chip_label', { label }), { label: listing.label.filter((one) => one !== label) });
  }
  for (const channel of listing.channel) {
    const without = listing.channel.filter((one) => one !== channel);
    add(`channel ${channel}`, t('inbox.chip_channel', { channel: t(`inbox.channel_${channel}`) }), {
      channel: without,
    });
  }
  if (listing.waiting) add('waiting', t(`inbox.waiting_${listing.waiting}`), { waiting: null });
  if (listing.from) add('from', t('inbox.chip_from', { day: day(listing.from) }), { from: null });
  if (listing.to) add('to', t('inbox.chip_to', { day: day(listing.to) }), { to: null });
  return chips;
}
