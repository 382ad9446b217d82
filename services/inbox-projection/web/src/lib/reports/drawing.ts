/** chart.js with the parts that reports draw with; loaded when the first chart is shown. */

import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
  type ChartConfiguration,
} from 'chart.js';

Chart.register(
  BarController,
  BarElement,
  LineController,
  LineElement,
  PointElement,
  CategoryScale,
  LinearScale,
  Tooltip,
);

export interface Series {
  label: string;
  values: (number | null)[];
  /** One of the tokens. */
  tone: string;
  kind: 'bar' | 'line';
  /** Of the period before. */
  dashed?: boolean;
}

export interface Drawing {
  labels: string[];
  series: Series[];
  /** A value as it is read, on the axis and beside the pointer. */
  told: (value: number) => string;
  /** Steps of the axis: whole numbers, or times. */
  times: boolean;
}

/** Draws onto a canvas; gives what takes it away. `colorOf` tells the colour that a token has now. */
export function draw(canvas: HTMLCanvasElement, drawing: Drawing, colorOf: (token: string) => string): () => void {
  const [text, line, ground] = [colorOf('--muted'), colorOf('--line'), colorOf('--raised')];
  const font = { family: getComputedStyle(canvas).fontFamily, size: 12 };
  const configuration: ChartConfiguration<'bar' | 'line', (number | null)[]> = {
    type: 'bar',
    data: {
      labels: drawing.labels,
      datasets: drawing.series.map((one) => ({
        type: one.kind,
        label: one.label,
        data: one.values,
        borderColor: colorOf(one.tone),
        backgroundColor: colorOf(one.tone),
        borderWidth: one.kind === 'line' ? 2 : 0,
        borderDash: one.dashed ? [4, 4] : [],
        pointRadius: drawing.labels.length > 40 || one.dashed ? 0 : 3,
        pointHitRadius: 12,
        spanGaps: true,
        borderRadius: 2,
        maxBarThickness: 28,
        order: one.kind === 'line' ? 0 : 1,
      })),
    },
    options: {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: 'index', intersect: false },
      scales: {
        x: {
          grid: { display: false },
          border: { color: line },
          ticks: { color: text, font, maxRotation: 0, autoSkipPadding: 16 },
        },
        y: {
          beginAtZero: true,
          grid: { color: line },
          border: { display: false },
          ticks: {
            color: text,
            font,
            maxTicksLimit: 6,
            ...(drawing.times ? { stepSize: stepOf(drawing.series) } : { precision: 0 }),
            callback: (value) => (value === 0 ? '0' : drawing.told(Number(value))),
          },
        },
      },
      plugins: {
        tooltip: {
          backgroundColor: ground,
          borderColor: line,
          borderWidth: 1,
          titleColor: colorOf('--text'),
          bodyColor: colorOf('--text'),
          titleFont: font,
          bodyFont: font,
          padding: 8,
          callbacks: { label: (item) => ` ${item.dataset.label ?? ''}: ${drawing.told(Number(item.parsed.y))}` },
        },
      },
    },
  };
  const chart = new Chart(canvas, configuration);
  return () => chart.destroy();
}

const NICE_MINUTES = [1, 5, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 7200, 14400, 43200];

/** A step of the axis that is a time which people say, at most five of them up to the greatest value. */
function stepOf(series: Series[]): number {
  const greatest = Math.max(0, ...series.flatMap((one) => one.values.map((value) => value ?? 0)));
  const minutes = NICE_MINUTES.find((one) => one * 60_000 * 5 >= greatest) ?? 43_200;
  return minutes * 60_000;
}
