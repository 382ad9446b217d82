/** The one tooltip of the page: which it is, and where. */

export type Side = 'top' | 'right' | 'bottom' | 'left';

export interface Tip {
  text: string;
  keys: string | undefined;
  side: Side;
  anchor: Element;
}

const PATIENCE_MS = 400;
let shown = $state.raw<Tip | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

export const tips = {
  get shown(): Tip | null {
    return shown;
  },
  /** After a moment; at once where one is shown already. */
  show(tip: Tip): void {
    clearTimeout(timer);
    timer = setTimeout(() => (shown = tip), shown ? 0 : PATIENCE_MS);
  },
  hide(): void {
    clearTimeout(timer);
    shown = null;
  },
};
