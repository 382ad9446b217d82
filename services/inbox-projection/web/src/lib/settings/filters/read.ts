/** Filters, from and to the API. */

import { api, got, type EmailFilters, type EmailFiltersAsked } from '#lib/api/client.ts';

export const readFilters = (): Promise<EmailFilters> => got(api.GET('/api/v1/email-filters'));

/** Throws Problem `filters-changed` when somebody else changed them meanwhile. */
export const writeFilters = (body: EmailFiltersAsked): Promise<EmailFilters> =>
  got(api.PUT('/api/v1/email-filters', { body }));
