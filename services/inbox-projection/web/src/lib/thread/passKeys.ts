/** Keys that are pressed while a mail has the focus are the page's: what it takes, the browser does not take, too. */

export function passKeys(from: Window, to: Window): () => void {
  function pass(event: KeyboardEvent) {
    const { key, code, ctrlKey, metaKey, altKey, shiftKey, repeat, isComposing } = event;
    const modifierAltGraph = event.getModifierState('AltGraph');
    const pressed = { key, code, ctrlKey, metaKey, altKey, shiftKey, repeat, isComposing, modifierAltGraph };
    const taken = !to.dispatchEvent(new KeyboardEvent('keydown', { ...pressed, bubbles: true, cancelable: true }));
    if (taken) event.preventDefault();
  }
  from.addEventListener('keydown', pass);
  return () => from.removeEventListener('keydown', pass);
}
