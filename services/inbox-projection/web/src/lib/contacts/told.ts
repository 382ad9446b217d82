/** What an entry of a contact's timeline says; pure. */

import type { ContactProperty, TimelineEntry } from '#lib/api/client.ts';

/** A key of the catalogue with its values, and what leads on. */
export interface Told {
  key: string;
  values: Record<string, string | number>;
  href?: string;
  /** Words of people, shown under the sentence as they are. */
  quote?: string;
}

/** `named` gives the name of a company by its id; `fields` the names of a card's fields in the agent's language. */
export function told(
  entry: TimelineEntry,
  named: (companyId: string) => string,
  fields: { name: string; phone: string; note: string },
  properties: readonly Pick<ContactProperty, 'id' | 'name'>[],
): Told {
  const details = entry.details as Record<string, unknown>;
  const key = `contacts.told_${entry.kind}`;
  switch (entry.kind) {
    case 'note':
      return { key, values: {}, quote: text(details.text) };
    case 'handle_linked':
    case 'handle_unlinked':
      return { key, values: { address: text((details.handle as { value?: unknown } | undefined)?.value) } };
    case 'changed': {
      const what = changedFields(details, fields, properties);
      return { key: what.length > 0 ? key : `${key}_something`, values: { what: what.join(', ') } };
    }
    case 'company_linked':
    case 'company_unlinked':
      return {
        key,
        values: { company: named(text(details.company_id)) },
        href: `/companies/${text(details.company_id)}`,
      };
    case 'conversation_opened':
    case 'conversation_resolved':
    case 'conversation_reopened': {
      const told: Told = { key, values: {} };
      if (entry.conversation_id) told.href = `/conversations/${entry.conversation_id}`;
      if (text(details.subject)) told.quote = text(details.subject);
      return told;
    }
    case 'ticket_opened': {
      const told: Told = { key, values: { number: Number(details.number) || 0 } };
      if (entry.ticket_id) told.href = `/tickets/${entry.ticket_id}`;
      if (text(details.title)) told.quote = text(details.title);
      return told;
    }
    case 'merged':
      return { key, values: { count: Array.isArray(details.merged_ids) ? details.merged_ids.length : 1 } };
    default:
      return { key, values: {} };
  }
}

function changedFields(
  details: Record<string, unknown>,
  fields: Record<string, string>,
  properties: readonly Pick<ContactProperty, 'id' | 'name'>[],
): string[] {
  const own = ['name', 'phone', 'note'].filter((field) => details[field] !== undefined && details[field] !== null);
  const changed = Object.keys((details.properties as object | null | undefined) ?? {});
  const names = changed.map((id) => properties.find((one) => one.id === id)?.name ?? '');
  return [...own.map((field) => fields[field] ?? field), ...names.filter(Boolean)];
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
