/** The further actions on one conversation, as a menu. */

import ArchiveRestore from '@lucide/svelte/icons/archive-restore';
import ArrowRightLeft from '@lucide/svelte/icons/arrow-right-left';
import Bell from '@lucide/svelte/icons/bell';
import BellOff from '@lucide/svelte/icons/bell-off';
import Eye from '@lucide/svelte/icons/eye';
import EyeOff from '@lucide/svelte/icons/eye-off';
import Flag from '@lucide/svelte/icons/flag';
import MailOpen from '@lucide/svelte/icons/mail-open';
import Mail from '@lucide/svelte/icons/mail';
import Merge from '@lucide/svelte/icons/merge';
import ShieldAlert from '@lucide/svelte/icons/shield-alert';
import Tag from '@lucide/svelte/icons/tag';
import Trash2 from '@lucide/svelte/icons/trash-2';
import type { Conversation } from '#lib/api/client.ts';
import { t } from '#lib/i18n/index.ts';
import type { MenuGroup } from '#lib/ui/Menu.svelte';
import { asking } from './asking.svelte.ts';
import { actions } from './index.svelte.ts';

/** `me`: who looks. */
export function menuOf(one: Conversation, me: string): MenuGroup[] {
  const ids = [one.id];
  const follows = one.follower_ids.includes(me);
  const kept = one.status !== 'spam' && one.status !== 'trash';
  return [
    {
      items: [
        { label: t('actions.label'), icon: Tag, keys: 'l', onselect: () => asking.open('label', { ids }) },
        { label: t('actions.priority'), icon: Flag, keys: 'p', onselect: () => asking.open('priority', { ids }) },
        { label: t('actions.move'), icon: ArrowRightLeft, onselect: () => asking.open('move', { ids }) },
        { label: t('actions.merge'), icon: Merge, onselect: () => asking.open('merge', { ids }) },
      ],
    },
    {
      items: [
        one.unread
          ? { label: t('actions.read'), icon: MailOpen, onselect: () => void actions.markRead(ids) }
          : { label: t('actions.unread'), icon: Mail, onselect: () => void actions.markUnread(ids) },
        follows
          ? { label: t('actions.unfollow'), icon: EyeOff, onselect: () => void actions.unfollow(ids) }
          : { label: t('actions.follow'), icon: Eye, onselect: () => void actions.follow(ids) },
        one.muted
          ? { label: t('actions.unmute'), icon: Bell, keys: 'm', onselect: () => void actions.unmute(ids) }
          : { label: t('actions.mute'), icon: BellOff, keys: 'm', onselect: () => void actions.mute(ids) },
      ],
    },
    {
      items: kept
        ? [
            { label: t('actions.spam'), icon: ShieldAlert, onselect: () => asking.open('spam', { ids }) },
            { label: t('actions.trash'), icon: Trash2, danger: true, onselect: () => void actions.trash(ids) },
          ]
        : [{ label: t('actions.restore'), icon: ArchiveRestore, onselect: () => void actions.reopen(ids) }],
    },
  ];
}
