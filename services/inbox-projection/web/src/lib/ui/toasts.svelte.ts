/** Short words about what just happened; never the only copy of an error. */

export interface Toast {
  id: number;
  text: string;
  /** One thing to do about it: "Undo". */
  action?: { label: string; run: () => void };
  /** How long it stays; null: until it is closed. */
  milliseconds: number | null;
}

const STAYS_MS = 6_000;
const AT_ONCE = 3;
let shown = $state.raw<Toast[]>([]);
let spoken = $state('');
let last = 0;

export const toasts = {
  get shown(): Toast[] {
    return shown;
  },
  /** Shows words; gives what takes them away. */
  show(text: string, options: { action?: Toast['action']; milliseconds?: number | null } = {}): () => void {
    const id = ++last;
    const one: Toast = { id, text, milliseconds: STAYS_MS, ...options };
    shown = [...shown, one].slice(-AT_ONCE);
    return () => toasts.close(id);
  },
  close(id: number): void {
    shown = shown.filter((one) => one.id !== id);
  },
};

/** Says something to screen readers only ("3 new conversations"). */
export function announce(text: string): void {
  spoken = '';
  requestAnimationFrame(() => (spoken = text));
}

export const announcer = {
  get spoken(): string {
    return spoken;
  },
};
