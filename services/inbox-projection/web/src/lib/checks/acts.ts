/** What the audit's kinds are called, and what is worth showing of their details; pure. */

/** `ConversationAssigned` → `conversation_assigned`: a key of the catalogue below `audit.`. */
export const keyOf = (kind: string): string => kind.replaceAll(/(?<!^)([A-Z])/g, '_$1').toLowerCase();

/** For kinds that a newer server knows: `Conversation assigned`. */
export function spoken(kind: string): string {
  const words = keyOf(kind).replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export interface Detail {
  name: string;
  value: string;
}

/** Fields that say something to a person, in their order; ids become names where `nameOf` knows them, else they go. */
export function detailsOf(
  details: Readonly<Record<string, unknown>>,
  nameOf: (field: string, id: string) => string | undefined,
): Detail[] {
  return Object.entries(details).flatMap(([name, value]): Detail[] => {
    if (name === 'at' || value === null || value === '' || (Array.isArray(value) && value.length === 0)) return [];
    if (/(^|_)ids?$/.test(name)) {
      const named = [value].flat().flatMap((id) => (typeof id === 'string' ? (nameOf(name, id) ?? []) : []));
      return named.length > 0 ? [{ name: name.replace(/_ids?$/, ''), value: named.join(', ') }] : [];
    }
    // Of what has fields of its own, only how much there is says something here.
    if (Array.isArray(value)) {
      return [{ name, value: value.some((one) => typeof one === 'object') ? String(value.length) : value.join(', ') }];
    }
    if (typeof value === 'object') return [];
    return [{ name, value: String(value) }];
  });
}

/** The program in a few words: `Firefox 140 · Linux`. */
export function programOf(agent: string | null): string {
  if (!agent) return '';
  const browsers: [RegExp, string][] = [
    [/Edg\/(\d+)/, 'Edge'],
    [/OPR\/(\d+)/, 'Opera'],
    [/Firefox\/(\d+)/, 'Firefox'],
    [/(?:Chrome|Chromium|HeadlessChrome)\/(\d+)/, 'Chrome'],
    [/Version\/(\d+)[\d.]* (?:Mobile\/\S+ )?Safari/, 'Safari'],
  ];
  const systems: [RegExp, string][] = [
    [/iPhone|iPad/, 'iOS'],
    [/Android/, 'Android'],
    [/Windows/, 'Windows'],
    [/Mac OS X/, 'macOS'],
    [/Linux/, 'Linux'],
  ];
  for (const [pattern, name] of browsers) {
    const version = pattern.exec(agent)?.[1];
    if (!version) continue;
    const system = systems.find(([one]) => one.test(agent))?.[1];
    return [`${name} ${version}`, system].filter(Boolean).join(' · ');
  }
  return agent.slice(0, 40);
}
