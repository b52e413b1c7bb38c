import { ConfigError } from '../core/errors';
import { shown } from '../core/shown';

/** Any JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** A Vega-Lite specification: plain JSON, to be drawn by any Vega-Lite renderer, saved or changed. */
export interface VegaLiteSpec {
  readonly $schema: string;
  readonly [key: string]: Json | undefined;
}

/** Options common to all figures. */
export interface FigureOptions {
  readonly title?: string | undefined;
  /** Width of the plot in pixels, without axes; 360 by default. */
  readonly width?: number | undefined;
  /** Height of the plot in pixels, without axes; 300 by default. */
  readonly height?: number | undefined;
}

/** Names of the options that {@link figure} reads. */
export const FIGURE_OPTIONS: readonly string[] = ['title', 'width', 'height'];

/** Colours that differ in lightness as well as in hue, so that they are told apart by everybody (Okabe & Ito 2008). */
export const COLORS: readonly string[] = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#56b4e9',
  '#e69f00',
  '#4d4d4d',
  '#f0e442',
];

const THEME: Json = {
  background: 'white',
  font: 'Helvetica Neue, Helvetica, Arial, sans-serif',
  padding: 12,
  title: { fontSize: 15, fontWeight: 600, anchor: 'start', offset: 12, subtitleFontSize: 12, subtitleColor: '#555' },
  axis: {
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: 500,
    gridColor: '#ececec',
    domainColor: '#888',
    tickColor: '#888',
    labelColor: '#333',
    titleColor: '#222',
    titlePadding: 8,
  },
  legend: { labelFontSize: 11, titleFontSize: 12, titleFontWeight: 500, labelLimit: 260, symbolStrokeWidth: 2 },
  header: { labelFontSize: 12, labelFontWeight: 600, titleFontSize: 12 },
  view: { stroke: null },
  range: { category: COLORS as string[] },
};

/** A figure of `content`, in the common style. */
export function figure(
  content: { readonly [key: string]: Json | undefined },
  options: FigureOptions,
  what: string,
): VegaLiteSpec {
  const { title, width = 360, height = 300 } = options;
  for (const [name, size] of Object.entries({ width, height })) {
    if (!(size > 0)) throw new ConfigError(`${what}: ${name} must be a number of pixels > 0, got ${shown(size)}.`);
  }
  const isComposed = 'hconcat' in content || 'vconcat' in content || 'facet' in content;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    ...(title === undefined ? {} : { title }),
    ...(isComposed ? {} : { width, height }),
    ...content,
    config: THEME,
  };
}

/** At most `limit` of the points of a curve: its ends, and those between at even steps along it. */
export function thin<T>(points: readonly T[], limit = 1000): T[] {
  if (points.length <= limit) return [...points];
  return Array.from({ length: limit }, (_, i) => points[Math.round((i * (points.length - 1)) / (limit - 1))]!);
}

/** A share of 1 with three digits, as figures quote them. */
export const share = (x: number): string => x.toFixed(3);
