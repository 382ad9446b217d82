/** Copies text for pasting elsewhere. */

import { t } from '#lib/i18n/index.ts';
import { toasts } from '#lib/ui/index.ts';

/** Works on pages without TLS, too, where browsers lend no clipboard. */
export async function copy(text: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
  } else {
    const lent = Object.assign(document.createElement('textarea'), { value: text });
    document.body.append(lent);
    lent.select();
    document.execCommand('copy');
    lent.remove();
  }
  toasts.show(t('people.copied'), { milliseconds: 2_000 });
}
