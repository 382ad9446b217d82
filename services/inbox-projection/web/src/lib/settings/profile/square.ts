/** The square that was chosen of a picture, in whole pixels within it; pure. */

interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Never wider than what was chosen, so that rounding does not lead out of the picture. */
export function squareOf(area: Area): { x: number; y: number; size: number } {
  const x = Math.max(0, Math.floor(area.x));
  const y = Math.max(0, Math.floor(area.y));
  const size = Math.max(
    1,
    Math.floor(Math.min(area.x + area.width - x, area.y + area.height - y, area.width, area.height)),
  );
  return { x, y, size };
}
