/** Files that are dropped or pasted: they go where they are taken, and what is dropped elsewhere never opens over the page. */

/** Whether files are dragged (their names are told only when they are dropped). */
export const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;

/** Files that were copied as such; where text comes with them as HTML, its own pictures are all they are. */
export function pastedFiles(data: Pick<DataTransfer, 'files' | 'types'> | null): File[] {
  return data && !data.types.includes('text/html') ? [...data.files] : [];
}

/** Takes files that are pasted here, before whoever else hears of it. */
export function takesPasted(onfiles: (files: File[]) => void) {
  return (element: HTMLElement) => {
    const pasted = (event: ClipboardEvent) => {
      const files = pastedFiles(event.clipboardData);
      if (files.length === 0) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      onfiles(files);
    };
    element.addEventListener('paste', pasted, { capture: true });
    return () => element.removeEventListener('paste', pasted, { capture: true });
  };
}

/** Takes files that are dragged over this, or dropped on it; `over` says that some are. */
export function takesFiles(ondrop: (files: File[]) => void, over: (now: boolean) => void = () => undefined) {
  return (element: HTMLElement) => {
    const dragged = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      over(!event.defaultPrevented); // what lies within takes them before
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
    };
    const left = (event: DragEvent) => {
      if (!(event.relatedTarget instanceof Node && element.contains(event.relatedTarget))) over(false);
    };
    const dropped = (event: DragEvent) => {
      over(false);
      if (event.defaultPrevented || !hasFiles(event)) return;
      event.preventDefault();
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length > 0) ondrop(files);
    };
    element.addEventListener('dragover', dragged);
    element.addEventListener('dragleave', left);
    element.addEventListener('drop', dropped);
    return () => {
      element.removeEventListener('dragover', dragged);
      element.removeEventListener('dragleave', left);
      element.removeEventListener('drop', dropped);
    };
  };
}
