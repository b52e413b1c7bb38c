import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { importPeer } from '../core/peer';
import { shown } from '../core/shown';
import { type ByteSink, writeBytes } from '../data/files';
import type { VegaLiteSpec } from './spec';

/** What is used of the package `vega`. */
export interface Vega {
  parse(spec: never): unknown;
  View: new (runtime: never, options: { renderer: 'none' }) => { toSVG(): Promise<string>; finalize(): unknown };
}

/** What is used of the package `vega-lite`. */
export interface VegaLite {
  compile(spec: never): { readonly spec: unknown };
}

export interface RenderOptions {
  /** The package `vega`: `import * as vega from 'vega'`. In Node it is found where it is installed. */
  readonly vega?: Vega | undefined;
  /** The package `vega-lite`: `import * as vegaLite from 'vega-lite'`. */
  readonly vegaLite?: VegaLite | undefined;
}

/**
 * A figure as SVG text, drawn by the packages `vega` and `vega-lite`, which you install.
 *
 * @param spec - a figure of this module, or any Vega-Lite specification.
 * @param options - `vega`, `vegaLite`: the packages, where they can't be found by name.
 * @throws ConfigError when they are not installed, or the specification can't be drawn.
 *
 * @example
 * ```ts
 * import { rocCurveFigure, toSVG } from 'kompakt/figures';
 * const svg = await toSVG(rocCurveFigure([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]));
 * console.log(svg.startsWith('<svg'), svg.includes('ROC curve')); // → true true
 * ```
 */
export async function toSVG(spec: VegaLiteSpec, options: RenderOptions = {}): Promise<string> {
  return draw(spec, options, 'toSVG');
}

async function draw(spec: VegaLiteSpec, options: RenderOptions, what: string): Promise<string> {
  checkOptions(options, ['vega', 'vegaLite'], what);
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec))
    throw new ConfigError(`${what}: expected the specification of a figure, got ${shown(spec)}.`);
  const vega = options.vega ?? (await importPeer<Vega>('vega', `${what}: drawing`, 'vega'));
  const vegaLite = options.vegaLite ?? (await importPeer<VegaLite>('vega-lite', `${what}: drawing`, 'vegaLite'));
  try {
    const view = new vega.View(vega.parse(vegaLite.compile(spec as never).spec as never) as never, {
      renderer: 'none',
    });
    const svg = await view.toSVG();
    view.finalize();
    return svg;
  } catch (cause) {
    throw new ConfigError(`${what}: the specification can't be drawn: ${String(cause)}`, { cause });
  }
}

/**
 * Draws a figure into an SVG file.
 *
 * @param spec - a figure of this module, or any Vega-Lite specification.
 * @param target - a path (replaced as a whole or not at all), a function, a stream or an object with `write`.
 * @param options - `vega`, `vegaLite`: the packages, where they can't be found by name.
 * @throws ConfigError when they are not installed, or the file can't be written.
 *
 * @example
 * ```ts
 * import { confusionMatrixFigure, saveSVG } from 'kompakt/figures';
 * let bytes = 0;
 * await saveSVG(confusionMatrixFigure([0, 1, 1], [0, 1, 0]), (svg) => (bytes = svg.length));
 * console.log(bytes > 1000); // → true
 * ```
 */
export async function saveSVG(spec: VegaLiteSpec, target: ByteSink, options: RenderOptions = {}): Promise<void> {
  await writeBytes(target, new TextEncoder().encode(await draw(spec, options, 'saveSVG')), 'saveSVG');
}

/**
 * Draws figures into one HTML page that needs nothing else: the drawings within, and their specifications as JSON to draw
 * them again.
 *
 * @param specs - a figure, or several.
 * @param target - a path (replaced as a whole or not at all), a function, a stream or an object with `write`.
 * @param options - `title`, and `vega`, `vegaLite` as for {@link saveSVG}.
 * @throws ConfigError when the packages are not installed, or the file can't be written.
 *
 * @example
 * ```ts
 * import { confusionMatrixFigure, saveHTML } from 'kompakt/figures';
 * let page = '';
 * await saveHTML(confusionMatrixFigure([0, 1, 1], [0, 1, 0]), (bytes) => (page = new TextDecoder().decode(bytes)));
 * console.log(page.startsWith('<!doctype html>')); // → true
 * ```
 */
export async function saveHTML(
  specs: VegaLiteSpec | readonly VegaLiteSpec[],
  target: ByteSink,
  options: RenderOptions & { readonly title?: string | undefined } = {},
): Promise<void> {
  checkOptions(options, ['title', 'vega', 'vegaLite'], 'saveHTML');
  const { title = 'Figures', ...packages } = options;
  const list = Array.isArray(specs) ? (specs as readonly VegaLiteSpec[]) : [specs as VegaLiteSpec];
  const figures: string[] = [];
  for (const spec of list) {
    const svg = await draw(spec, packages, 'saveHTML');
    const json = JSON.stringify(spec).replaceAll('<', '\\u003c');
    figures.push(`<figure>${svg}<script type="application/json">${json}</script></figure>`);
  }
  const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>
body { margin: 0; padding: 16px; display: flex; flex-wrap: wrap; align-items: flex-start; gap: 16px; background: #f4f5f7; }
figure { margin: 0; padding: 8px; background: white; border-radius: 8px; box-shadow: 0 1px 3px #0003; max-width: 100%; overflow-x: auto; box-sizing: border-box; }
</style>
${figures.join('\n')}
</html>
`;
  await writeBytes(target, new TextEncoder().encode(page), 'saveHTML');
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
