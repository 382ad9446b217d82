/** What a browser says of itself, as a person would: "Firefox, Windows"; pure. */

const BROWSERS: [RegExp, string][] = [
  [/Edg(e|A|iOS)?\//, 'Edge'],
  [/OPR\/|Opera/, 'Opera'],
  [/SamsungBrowser\//, 'Samsung Internet'],
  [/Firefox\/|FxiOS\//, 'Firefox'],
  [/Chrome\/|CriOS\/|HeadlessChrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
];
const SYSTEMS: [RegExp, string][] = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux|X11/, 'Linux'],
];

/** Empty where nothing is known; a program that is no browser is named by its first word. */
export function deviceOf(userAgent: string): { name: string; small: boolean } {
  const found = (table: [RegExp, string][]) => table.find(([pattern]) => pattern.test(userAgent))?.[1];
  const words = [found(BROWSERS), found(SYSTEMS)].filter(Boolean);
  const name = words.length > 0 ? words.join(', ') : (userAgent.split(/[\s/]/)[0] ?? '');
  return { name, small: /Mobile|iPhone|Android/.test(userAgent) };
}
