/** Says that a conversation was begun, or when its first message goes, and offers the way back while there is one. */

import { goto } from '$app/navigation';
import type { Conversation } from '#lib/api/client.ts';
import { undo } from '#lib/actions/undo.svelte.ts';
import { problems } from '#lib/desk/problems.svelte.ts';
import { dayAndTime, t } from '#lib/i18n/index.ts';
import { toasts } from '#lib/ui/toasts.svelte.ts';
import type { How } from './attempt.ts';
import type { Begun } from './first.svelte.ts';
import { takeFirstBack } from './restoringFirst.ts';

export function toldBegun({ made, seconds }: Begun, how: How): void {
  if (how.sendAt) opening(t('composer.begun_later', { number: made.number, at: dayAndTime(how.sendAt) }), made);
  else if (seconds === 0) opening(t('composer.begun', { number: made.number }), made);
  else {
    let taken = false;
    const back = () => {
      taken = true;
      void takenBack(made);
    };
    const sending = `composer.sending${how.then ? `_${how.then.status}` : ''}`;
    const withdraw = undo.offer(t(sending), back, seconds * 1000);
    setTimeout(() => {
      withdraw();
      if (!taken) opening(t('composer.begun', { number: made.number }), made);
    }, seconds * 1000);
  }
}

function opening(text: string, made: Conversation): void {
  toasts.show(text, {
    action: { label: t('composer.open_it'), run: () => void goto(`/conversations/${made.id}`) },
  });
}

async function takenBack(made: Conversation): Promise<void> {
  try {
    await takeFirstBack(made.id);
  } catch (thrown) {
    problems.show(t('composer.undo_failed'), thrown);
  }
}
