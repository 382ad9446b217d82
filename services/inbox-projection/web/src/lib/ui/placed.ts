/** Where something small goes beside something else, so that it is wholly seen; pure. */

export interface Size {
  width: number;
  height: number;
}

const GAP = 6;
const MARGIN = 8;

/** The corner of a box of `size` on that side of the anchor: on the other side where there is no room. */
export function placed(
  anchor: { left: number; top: number; right: number; bottom: number },
  size: Size,
  room: Size,
  side: 'top' | 'right' | 'bottom' | 'left',
): { x: number; y: number } {
  const middleX = (anchor.left + anchor.right - size.width) / 2;
  const middleY = (anchor.top + anchor.bottom - size.height) / 2;
  const before = { x: anchor.left - GAP - size.width, y: anchor.top - GAP - size.height };
  const after = { x: anchor.right + GAP, y: anchor.bottom + GAP };
  const fits = {
    left: before.x >= MARGIN,
    right: after.x + size.width <= room.width - MARGIN,
    top: before.y >= MARGIN,
    bottom: after.y + size.height <= room.height - MARGIN,
  };
  const across = side === 'left' || side === 'right';
  const wanted = across
    ? { x: (side === 'right' ? fits.right || !fits.left : !fits.left && fits.right) ? after.x : before.x, y: middleY }
    : { x: middleX, y: (side === 'bottom' ? fits.bottom || !fits.top : !fits.top && fits.bottom) ? after.y : before.y };
  return {
    x: Math.round(Math.max(MARGIN, Math.min(wanted.x, room.width - MARGIN - size.width))),
    y: Math.round(Math.max(MARGIN, Math.min(wanted.y, room.height - MARGIN - size.height))),
  };
}
