/** What the keyboard does in the inbox, as commands that `?` and the command bar list, too. */

import AlarmClock from '@lucide/svelte/icons/alarm-clock';
import AtSign from '@lucide/svelte/icons/at-sign';
import BellOff from '@lucide/svelte/icons/bell-off';
import Check from '@lucide/svelte/icons/check';
import Clock from '@lucide/svelte/icons/clock';
import Flag from '@lucide/svelte/icons/flag';
import Hourglass from '@lucide/svelte/icons/hourglass';
import Inbox from '@lucide/svelte/icons/inbox';
import Search from '@lucide/svelte/icons/search';
import Send from '@lucide/svelte/icons/send';
import Tag from '@lucide/svelte/icons/tag';
import TicketPlus from '@lucide/svelte/icons/ticket-plus';
import Undo2 from '@lucide/svelte/icons/undo-2';
import User from '@lucide/svelte/icons/user';
import UserPlus from '@lucide/svelte/icons/user-plus';
import Users from '@lucide/svelte/icons/users';
import { asking, type Question, type Target } from '#lib/actions/asking.svelte.ts';
import type { Wish } from '#lib/actions/index.svelte.ts';
import { undo } from '#lib/actions/undo.svelte.ts';
import type { Command } from '#lib/keys/index.svelte.ts';
import { conversations } from '#lib/live/conversations.svelte.ts';
import { session } from '#lib/session/session.svelte.ts';
import { openTicketDialog } from '#lib/tickets/dialogs.ts';
import type { Icon } from '#lib/ui/icon.ts';
import type { Fixed } from './listing.ts';

/** What the commands move and act on. */
export interface Desk {
  move: (by: number) => void;
  enter: () => void;
  back: () => void;
  toggle: () => void;
  unselect: () => void;
  search: () => void;
  go: (view: Fixed) => void;
  /** The selected ones, else the open one, else the one that the keyboard is at. */
  target: () => Target;
  hasTarget: () => boolean;
  hasOpen: () => boolean;
  hasSelection: () => boolean;
  /** A wish was given: the selection has done its work. */
  done: () => void;
}

const places: [Fixed, Icon, string?][] = [
  ['unassigned', Users, 'g u'],
  ['mine', User, 'g m'],
  ['mentions', AtSign],
  ['all_open', Inbox, 'g o'],
  ['waiting_on_us', Hourglass, 'g w'],
  ['snoozed', AlarmClock],
  ['sent', Send],
  ['closed', Check],
];

export function commandsOf(desk: Desk): Command[] {
  const group = 'inbox.keys';
  const ask = (name: Question) => () => {
    const target = desk.target();
    asking.open(name, target);
  };
  const wish = (make: (ids: string[]) => Wish) => () => {
    const target = desk.target();
    asking.wish(make('ids' in target ? target.ids : []), target);
    if ('ids' in target) desk.done();
  };
  const when = desk.hasTarget;
  const muted = (ids: string[]) => ids.length > 0 && ids.every((id) => conversations.get(id)?.muted);
  return [
    { id: 'inbox-next', label: 'inbox.key_next', group, keys: 'j', hidden: true, run: () => desk.move(1) },
    { id: 'inbox-previous', label: 'inbox.key_previous', group, keys: 'k', hidden: true, run: () => desk.move(-1) },
    { id: 'inbox-open', label: 'inbox.key_open', group, keys: 'Enter', hidden: true, when: onList, run: desk.enter },
    { id: 'inbox-back', label: 'inbox.key_back', group, keys: 'u', hidden: true, when: desk.hasOpen, run: desk.back },
    { id: 'inbox-select', label: 'inbox.key_select', group, keys: 'x', hidden: true, when, run: desk.toggle },
    {
      id: 'inbox-unselect',
      label: 'inbox.unselect',
      group,
      keys: 'Escape',
      hidden: true,
      when: desk.hasSelection,
      run: desk.unselect,
    },
    { id: 'inbox-search', label: 'frame.search', group, keys: '/', icon: Search, run: desk.search },
    {
      id: 'act-close',
      label: 'actions.close',
      group,
      keys: 'e',
      icon: Check,
      when,
      run: wish(() => ({ kind: 'status', status: 'resolved' })),
    },
    { id: 'act-snooze', label: 'actions.snooze', group, keys: 's', icon: Clock, when, run: ask('snooze') },
    { id: 'act-assign', label: 'actions.assign', group, keys: 'i', icon: UserPlus, when, run: ask('assign') },
    {
      id: 'act-take',
      label: 'actions.take',
      group,
      icon: User,
      when,
      run: wish(() => ({ kind: 'assign', agent_id: session.agent.id })),
    },
    {
      id: 'act-ticket',
      label: 'tickets.open_for_this',
      group,
      keys: 't',
      icon: TicketPlus,
      when: () => onlyOne(desk) !== undefined,
      run: () => void openTicketDialog({ conversationId: onlyOne(desk) }),
    },
    { id: 'act-label', label: 'actions.label', group, keys: 'l', icon: Tag, when, run: ask('label') },
    { id: 'act-priority', label: 'actions.priority', group, keys: 'p', icon: Flag, when, run: ask('priority') },
    {
      id: 'act-mute',
      label: 'actions.mute_or_not',
      group,
      keys: 'm',
      icon: BellOff,
      when: () => desk.hasTarget() && 'ids' in desk.target(),
      run: wish((ids) => ({ kind: muted(ids) ? 'unmute' : 'mute' })),
    },
    { id: 'act-move', label: 'actions.move', group, when, run: ask('move') },
    {
      id: 'act-merge',
      label: 'actions.merge',
      group,
      when: () => desk.hasTarget() && 'ids' in desk.target(),
      run: ask('merge'),
    },
    { id: 'act-reopen', label: 'actions.reopen', group, when, run: wish(() => ({ kind: 'status', status: 'open' })) },
    { id: 'act-unread', label: 'actions.unread', group, when, run: wish(() => ({ kind: 'unread' })) },
    { id: 'act-spam', label: 'actions.spam', group, when, run: ask('spam') },
    { id: 'act-trash', label: 'actions.trash', group, when, run: wish(() => ({ kind: 'status', status: 'trash' })) },
    { id: 'act-undo', label: 'frame.undo', group, keys: 'z', icon: Undo2, run: () => void undo.last() },
    ...places.map(([view, icon, keys]) => ({
      id: `go-view-${view}`,
      label: `inbox.view_${view}`,
      group: 'keys.go',
      icon,
      run: () => desk.go(view),
      ...(keys ? { keys } : {}),
    })),
  ];
}

/** Enter belongs to links and buttons where they have the focus. */
function onList(): boolean {
  const focused = document.activeElement;
  return !focused || focused === document.body || focused.id === 'main';
}

/** The conversation that is meant, where it is one. */
function onlyOne(desk: Desk): string | undefined {
  if (!desk.hasTarget()) return undefined;
  const target = desk.target();
  return 'ids' in target && target.ids.length === 1 ? target.ids[0] : undefined;
}
