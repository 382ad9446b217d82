/** Variables in texts, `{{contact.first_name|there}}`, as the API fills them; pure. */

export const VARIABLES = [
  'contact.name',
  'contact.first_name',
  'contact.email',
  'agent.name',
  'agent.first_name',
  'agent.email',
  'agent.meeting_url',
  'agent.signature',
  'inbox.name',
  'inbox.address',
  'conversation.number',
  'conversation.subject',
] as const;

export type Variable = (typeof VARIABLES)[number];

const PATTERN = /\{\{[ \t]*((?:contact|agent|inbox|conversation)\.[a-z_]{1,40})[ \t]*(?:\|([^{}]*))?\}\}/g;

/** Names of what looks like a variable and is none. */
export function unknownIn(text: string): string[] {
  const names = [...text.matchAll(PATTERN)].map((match) => match[1] ?? '');
  return [...new Set(names)].filter((name) => !(VARIABLES as readonly string[]).includes(name));
}

/** The text with its variables filled; without value and fallback a variable stays as it is written. */
export function filled(text: string, values: Partial<Record<string, string>>): string {
  return text.replace(PATTERN, (whole, name: string, fallback: string | undefined) => {
    const value = values[name]?.trim();
    return value ? value : (fallback ?? whole);
  });
}

/** The first word of a name; of "Nowak, Zofia" the first after the comma. */
export function firstName(name: string): string {
  const given = name.includes(',') ? name.slice(name.indexOf(',') + 1) : name;
  return given.trim().split(/\s+/)[0] ?? '';
}
