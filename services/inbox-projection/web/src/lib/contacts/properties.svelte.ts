/** The properties that contacts have in this workspace. */

import { api, got, type ContactProperty } from '#lib/api/client.ts';

let defined = $state.raw<ContactProperty[]>([]);
let reading: Promise<void> | null = null;

export const properties = {
  get all(): ContactProperty[] {
    return defined;
  },
  /** Reads them anew; together with whoever is reading them already. Throws Problem. */
  need(): Promise<void> {
    reading ??= got(api.GET('/api/v1/contact-properties'))
      .then((page) => void (defined = page.items))
      .finally(() => (reading = null));
    return reading;
  },
};
