/** What an empty list says, by its view. */

import { t } from '#lib/i18n/index.ts';
import { isFiltered, isFixed, type Listing } from './listing.ts';

export function emptyText(listing: Listing): string {
  if (isFiltered(listing)) return t('inbox.empty_filtered_list');
  return isFixed(listing.view) ? t(`inbox.empty_${listing.view}`) : t('inbox.empty_saved');
}
