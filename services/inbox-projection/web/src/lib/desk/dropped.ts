/** Nothing that is dropped beside its place opens over the desk: a browser would leave the page for it. */

const EDITABLE = 'input, textarea, [contenteditable]';

/** A text may be dropped into a field by itself; a file into none, for a browser opens it even there. */
function isStray(event: DragEvent): boolean {
  const inField = event.target instanceof Element && event.target.closest(EDITABLE) !== null;
  return !event.defaultPrevented && (!inField || (event.dataTransfer?.types.includes('Files') ?? false));
}

/** Guards the page until what it gives is called; what takes something itself has prevented the default by then. */
export function guardDrops(page: Window): () => void {
  return heard(page, (event) => {
    if (!isStray(event)) return;
    event.preventDefault();
    if (event.dataTransfer && event.type === 'dragover') event.dataTransfer.dropEffect = 'none';
  });
}

/** What is dragged over a frame, or dropped on it, is dragged over, or dropped on, its place in the page. */
export function passDrops(inside: Window, frame: HTMLElement): () => void {
  return heard(inside, (event) => {
    event.preventDefault();
    const { type, dataTransfer } = event;
    frame.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
  });
}

function heard(where: Window, hear: (event: DragEvent) => void): () => void {
  where.addEventListener('dragover', hear);
  where.addEventListener('drop', hear);
  return () => {
    where.removeEventListener('dragover', hear);
    where.removeEventListener('drop', hear);
  };
}
