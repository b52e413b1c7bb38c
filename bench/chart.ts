/*
 * Line charts with logarithmic axes as SVG, in panels side by side. Colours and strokes are legible on light and on dark
 * ground: the text is drawn in the page's own colour where a browser says it is dark.
 */

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Panel {
  readonly title: string;
  readonly xLabel: string;
  readonly series: readonly Series[];
}

export interface ChartOptions {
  readonly yLabel: string;
  /** Writes a value of the y axis. */
  readonly formatY: (value: number) => string;
}

const PANEL = { width: 300, height: 260 };
const MARGIN = { left: 62, right: 16, top: 34, bottom: 46 };
/** Below the panels, one entry beside the other. */
const LEGEND = { height: 30, entry: 170 };
/** Okabe and Ito's colours that stand out from white and from black, told apart by people with colour blindness. */
const COLOURS = ['#1f83c9', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 13px }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .axis { stroke: #6e7781; stroke-width: 1; fill: none }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .grid { stroke: #30363d }
    .axis { stroke: #8b949e }
  }
`;

/** The panels as one picture; all share the y axis and the colours of their series. */
export function chartOf(panels: readonly Panel[], options: ChartOptions): string {
  const names = [...new Set(panels.flatMap((panel) => panel.series.map((series) => series.name)))];
  const ys = panels.flatMap((panel) => panel.series.flatMap((series) => series.points.map((p) => p[1])));
  const yRange = decades(ys);
  const width = MARGIN.left + panels.length * (PANEL.width + MARGIN.right) + (panels.length - 1) * (MARGIN.left - 20);
  const height = MARGIN.top + PANEL.height + MARGIN.bottom + LEGEND.height;
  const drawn = panels.map((panel, i) => {
    const x = MARGIN.left + i * (PANEL.width + MARGIN.right + MARGIN.left - 20);
    return `<g transform="translate(${x} ${MARGIN.top})">${drawPanel(panel, names, yRange, options)}</g>`;
  });
  const legend = names.map((name, i) => {
    const [x, y] = [MARGIN.left + LEGEND.entry * i, height - LEGEND.height / 2];
    return (
      `<path class="line" ${stroke(i)} d="M${x} ${y}h28"/><circle cx="${x + 14}" cy="${y}" r="3" fill="${colour(i)}"/>` +
      `<text x="${x + 36}" y="${y + 4}">${escape(name)}</text>`
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escape(options.yLabel)}</title>`,
    `<style>${STYLE}</style>`,
    ...drawn,
    ...legend,
    '</svg>\n',
  ].join('\n');
}

function drawPanel(panel: Panel, names: readonly string[], yRange: Range, options: ChartOptions): string {
  const xs = [...new Set(panel.series.flatMap((series) => series.points.map((p) => p[0])))].sort((a, b) => a - b);
  const xRange: Range = [xs[0]!, xs.at(-1)!];
  const x = scale(xRange, 0, PANEL.width);
  const y = scale(yRange, PANEL.height, 0);
  const { width, height } = PANEL;
  const middle = (px: number, py: number, text: string, more = ''): string =>
    `<text x="${px}" y="${py}" text-anchor="middle"${more}>${escape(text)}</text>`;
  return [
    ...ticks(yRange).map(
      (v) =>
        `<path class="grid" d="M0 ${y(v)}H${width}"/>` +
        `<text x="-8" y="${y(v) + 4}" text-anchor="end">${escape(options.formatY(v))}</text>`,
    ),
    ...xs.map((v) => `<path class="grid" d="M${x(v)} 0V${height}"/>${middle(x(v), height + 18, `${v}`)}`),
    `<path class="axis" d="M0 0V${height}H${width}"/>`,
    middle(width / 2, -14, panel.title, ' class="title"'),
    middle(width / 2, height + 37, panel.xLabel),
    ...panel.series.map((series) => drawLine(series, names.indexOf(series.name), x, y)),
  ].join('');
}

function drawLine({ points }: Series, index: number, x: Scale, y: Scale): string {
  const at = points.map(([px, py]) => [x(px), y(py)] as const);
  const path = at.map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${px} ${py}`).join('');
  const dots = at.map(([px, py]) => `<circle cx="${px}" cy="${py}" r="3" fill="${colour(index)}"/>`);
  return `<path class="line" ${stroke(index)} d="${path}"/>${dots.join('')}`;
}

type Range = readonly [low: number, high: number];
type Scale = (value: number) => number;

/** Logarithmic, to pixels with one decimal. */
function scale([low, high]: Range, from: number, to: number): Scale {
  const span = Math.log(high / low) || 1;
  return (value) => Math.round(10 * (from + ((to - from) * Math.log(value / low)) / span)) / 10;
}

/** Whole powers of ten around the values. */
function decades(values: readonly number[]): Range {
  const low = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  const high = Math.ceil(Math.log10(Math.max(...values)) - 1e-9);
  return [10 ** low, 10 ** Math.max(high, low + 1)];
}

function ticks([low, high]: Range): number[] {
  const from = Math.round(Math.log10(low));
  return Array.from({ length: Math.round(Math.log10(high)) - from + 1 }, (_, i) => 10 ** (from + i));
}

const colour = (i: number): string => COLOURS[i % COLOURS.length]!;
/** Every other line is dashed, so that one that lies beneath it shows. */
const stroke = (i: number): string => `stroke="${colour(i)}"${i % 2 === 1 ? ' stroke-dasharray="6 5"' : ''}`;
const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
