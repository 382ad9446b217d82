/** Which sections of the sidebar are folded, on this device. */

const PLACE = 'postroom.sidebar.folded';
let folded = $state.raw<readonly string[]>(remembered());

export const sections = {
  isFolded: (id: string): boolean => folded.includes(id),
  toggle(id: string): void {
    folded = folded.includes(id) ? folded.filter((one) => one !== id) : [...folded, id];
    localStorage.setItem(PLACE, JSON.stringify(folded));
  },
};

function remembered(): string[] {
  if (typeof localStorage === 'undefined') return [];
  try {
    const found: unknown = JSON.parse(localStorage.getItem(PLACE) ?? '[]');
    return Array.isArray(found) ? found.filter((one): one is string => typeof one === 'string') : [];
  } catch {
    return []; // somebody else's words in our place: nothing is folded
  }
}
