/** Which modules the inbox needs at once: they go into two files, for dozens of little ones wait for each other. */

interface Modules {
  getModuleInfo(id: string): { importedIds: string[] } | null;
}

const FRAME = ['src/routes/+layout.svelte', 'src/routes/+layout.ts'];
const DESK = [...FRAME, 'src/routes/(desk)/+layout.svelte', 'src/routes/(desk)/+layout.ts'];
const INBOX = [...DESK, 'src/routes/(desk)/inbox/[view]/[[conversation]]/+page.svelte'];
const LOG_IN = [...FRAME, 'src/routes/(account)/+layout.svelte', 'src/routes/(account)/login/+page.svelte'];

/** What SvelteKit's first script needs: it says where and which version this is, before any module may read that. */
export const BEFORE_ALL = /\/@sveltejs\/kit\/src\/runtime\/client\/payload\.js$|vite\/preload-helper/;

/** The name of a module's file: "base" for what the log-in page needs too, "desk" for the rest; null: as it falls. */
export function firstChunks(root: string): (id: string, modules: Modules) => string | null {
  let inbox: Set<string> | null = null;
  let logIn: Set<string> | null = null;
  return (id, modules) => {
    inbox ??= reached(
      INBOX.map((one) => `${root}/${one}`),
      modules,
    );
    logIn ??= reached(
      LOG_IN.map((one) => `${root}/${one}`),
      modules,
    );
    if (!inbox.has(id)) return null;
    return logIn.has(id) ? 'base' : 'desk';
  };
}

/**
 * All that these import, directly or not; what they import later, on demand, is not among them. Nothing where a build
 * has none of these; throws where it has only some.
 */
function reached(from: string[], modules: Modules): Set<string> {
  const missing = from.filter((one) => !modules.getModuleInfo(one));
  if (missing.length === from.length) return new Set();
  if (missing.length > 0) throw new Error(`no such modules: ${missing.join(', ')}`);
  const found = new Set<string>();
  const open = [...from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    open.push(...(modules.getModuleInfo(id)?.importedIds ?? []));
  }
  return found;
}
