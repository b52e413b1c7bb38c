import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { importPeer } from '../../core/peer';
import { formatShape, type Shape } from '../../core/shape';
import type { LayerWeights } from '../layer';
import { firstValues, type Network, shapesThrough } from './network';
import type { NetworkModel } from './network-model';

/** The part of `@dagrejs/dagre` that is used here. */
export interface Dagre {
  readonly graphlib: { readonly Graph: new (options: { multigraph: boolean }) => LayoutGraph };
  layout(graph: LayoutGraph): void;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface LayoutGraph {
  setGraph(options: object): unknown;
  graph(): { readonly width?: number; readonly height?: number };
  setNode(id: string, size: { width: number; height: number }): unknown;
  node(id: string): Point;
  setEdge(from: string, to: string, label: object, name: string): unknown;
  edge(edge: { v: string; w: string; name: string }): { readonly points: readonly Point[] };
}

export interface ModelSVGOptions {
  /** Whether boxes say what shapes come out and how many parameters there are; by default true. */
  readonly showShapes?: boolean | undefined;
  /** `'down'` (default) or `'right'`. */
  readonly direction?: 'down' | 'right' | undefined;
  /** The module `@dagrejs/dagre`, for bundled apps; by default it is imported. */
  readonly dagre?: Dagre | { readonly default: Dagre } | undefined;
}

/** One box of the picture. */
interface Box {
  readonly id: string;
  readonly title: string;
  readonly lines: readonly string[];
  readonly hue: string;
}

interface Arrow {
  readonly from: string;
  readonly to: string;
}

const LINE = 17;
const TITLE = 24;
const FONT = 'ui-sans-serif, system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif';
/** Colours of boxes by what they are: the first pattern that a kind matches. */
const HUES: readonly (readonly [RegExp, string])[] = [
  [/^(input|output)$/, '#5b6472'],
  [/conv/i, '#2f6fb7'],
  [/lstm|gru|rnn|bidirectional|timeDistributed/i, '#7a4fb3'],
  [/attention|transformer|embedding|position/i, '#b3508f'],
  [/norm|dropout|noise/i, '#8a7a2b'],
  [/pool|flatten|reshape|padding|cropping|sampling|permute|repeat/i, '#3d8a68'],
  [/^(add|subtract|multiply|average|maximum|minimum|concatenate|dot)$/, '#b4622d'],
  [/^model$/, '#444b9e'],
];

/**
 * A model drawn as a graph of its layers, from its topology: a box for every use of a layer with its kind, the shape that
 * comes out and its number of parameters, and an arrow for every value.
 *
 * @param model - any model; shapes are shown where they are known.
 * @param options - `showShapes = true`, `direction = 'down'`, `dagre`: the layout package, imported by default.
 * @returns the text of an SVG picture.
 * @throws ConfigError where the optional package `@dagrejs/dagre` is not installed, or for unknown options.
 *
 * @example
 * ```ts
 * import { dense, modelToSVG, sequential } from 'kompakt/nn';
 * const model = sequential([dense({ units: 8, activation: 'relu' }), dense({ units: 2 })], { inputShape: [4] });
 * const svg = await modelToSVG(model);
 * console.log(svg.slice(0, 4), (svg.match(/<path class="edge"/g) ?? []).length); // → <svg 2
 * ```
 */
export async function modelToSVG(model: NetworkModel<unknown>, options: ModelSVGOptions = {}): Promise<string> {
  checkOptions(options, ['showShapes', 'direction', 'dagre'], 'modelToSVG');
  const { showShapes = true, direction = 'down' } = options;
  if (direction !== 'down' && direction !== 'right')
    throw new ConfigError(`modelToSVG: direction must be 'down' or 'right', got ${JSON.stringify(direction)}.`);
  const given = options.dagre ?? (await importPeer<Dagre>('@dagrejs/dagre', 'modelToSVG: drawing', 'dagre'));
  const dagre = 'layout' in given ? given : (given as { readonly default: Dagre }).default;
  const { boxes, arrows } = pictureOf(model, showShapes);
  return draw(dagre, boxes, arrows, direction);
}

function pictureOf(model: NetworkModel<unknown>, showShapes: boolean): { boxes: Box[]; arrows: Arrow[] } {
  const { network } = model;
  const shapes = showShapes && model.isBuilt ? valueShapes(network, model.inputShape!) : null;
  const first = firstValues(network);
  /** The box that each value comes from. */
  const sources: string[] = network.inputs.map((_, i) => `input ${i}`);
  const boxes: Box[] = network.inputs.map(({ name }, i) =>
    box(`input ${i}`, name, 'input', shapes ? [shown([shapes[i]!])] : []),
  );
  const arrows: Arrow[] = [];
  const seen = new Set<number>();
  network.calls.forEach(({ layer, inputs, outputs }, c) => {
    const id = `call ${c}`;
    const made = Array.from({ length: outputs }, (_, k) => first[c]! + k);
    const lines = shapes === null ? [] : [shown(made.map((v) => shapes[v]!))];
    const own = model.layerWeights[layer];
    if (seen.has(layer)) lines.push('the same weights again');
    else if (showShapes && own !== undefined && countOf(own) > 0)
      lines.push(`${countOf(own).toLocaleString('en-US')} parameters`);
    seen.add(layer);
    boxes.push(box(id, network.names[layer]!, network.layers[layer]!.kind, lines));
    for (const v of inputs) arrows.push({ from: sources[v]!, to: id });
    sources.push(...made.map(() => id));
  });
  if (network.outputs.length > 1) {
    network.outputs.forEach(({ name, value }, k) => {
      boxes.push(box(`output ${k}`, name, 'output', []));
      arrows.push({ from: sources[value]!, to: `output ${k}` });
    });
  }
  return { boxes, arrows };
}

const valueShapes = (network: Network, inputShape: Shape): Shape[] =>
  shapesThrough(
    network,
    network.inputs.map(({ shape }) => shape ?? inputShape),
  );

const shown = (shapes: readonly Shape[]): string =>
  shapes.map((shape) => formatShape(['batch', ...shape] as never)).join(', ');

const countOf = ({ params, state }: LayerWeights): number =>
  [...Object.values(params), ...Object.values(state)].reduce((n, t) => n + t.size, 0);

function box(id: string, name: string, kind: string, lines: readonly string[]): Box {
  const hue = HUES.find(([pattern]) => pattern.test(kind))?.[1] ?? '#35507a';
  return { id, title: name === kind ? name : `${name}: ${kind}`, lines, hue };
}

/** How wide text of a size is, about: fonts differ from machine to machine. */
const widthOf = (text: string, size: number): number => text.length * size * 0.56;

function sizeOf({ title, lines }: Box): { width: number; height: number } {
  const width = Math.max(widthOf(title, 13.5), ...lines.map((line) => widthOf(line, 12)));
  return {
    width: Math.ceil(Math.max(width + 28, 92)),
    height: TITLE + (lines.length === 0 ? 0 : lines.length * LINE + 8),
  };
}

function draw(dagre: Dagre, boxes: readonly Box[], arrows: readonly Arrow[], direction: 'down' | 'right'): string {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: direction === 'down' ? 'TB' : 'LR', nodesep: 28, ranksep: 34, marginx: 16, marginy: 16 });
  for (const own of boxes) graph.setNode(own.id, sizeOf(own));
  arrows.forEach(({ from, to }, i) => graph.setEdge(from, to, {}, String(i)));
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  const edges = arrows.map(({ from, to }, i) => curve(graph.edge({ v: from, w: to, name: String(i) }).points));
  const nodes = boxes.map((own) => node(own, graph.node(own.id)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(width)}" height="${Math.ceil(height)}" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}" font-family="${FONT}">`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0.8 L7.5 4 L0 7.2 Z" fill="#7b8494"/></marker></defs>',
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    ...edges,
    ...nodes,
    '</svg>',
  ].join('\n');
}

const round = (x: number): string => String(Math.round(x * 10) / 10);

/** A smooth line through the middles between the points of a layout. */
function curve(points: readonly Point[]): string {
  const [start, ...rest] = points as [Point, ...Point[]];
  const parts = [`M${round(start.x)} ${round(start.y)}`];
  rest.forEach((p, i) => {
    const next = rest[i + 1];
    if (next === undefined) parts.push(`L${round(p.x)} ${round(p.y)}`);
    else parts.push(`Q${round(p.x)} ${round(p.y)} ${round((p.x + next.x) / 2)} ${round((p.y + next.y) / 2)}`);
  });
  return `<path class="edge" d="${parts.join(' ')}" fill="none" stroke="#7b8494" stroke-width="1.4" marker-end="url(#tip)"/>`;
}

function node(own: Box, { x, y }: Point): string {
  const { width, height } = sizeOf(own);
  const [left, top] = [x - width / 2, y - height / 2];
  const text = (line: string, at: number, size: number, fill: string, weight: number): string =>
    `<text x="${round(x)}" y="${round(at)}" font-size="${size}" font-weight="${weight}" fill="${fill}" text-anchor="middle">${escaped(line)}</text>`;
  const clip = `M${round(left)} ${round(top + TITLE)} v${-(TITLE - 6)} q0 -6 6 -6 h${round(width - 12)} q6 0 6 6 v${TITLE - 6} z`;
  const whole = `<rect x="${round(left)}" y="${round(top)}" width="${width}" height="${height}" rx="6" fill="${own.lines.length === 0 ? own.hue : '#fbfcfe'}" stroke="${own.hue}" stroke-width="1.2"/>`;
  return [
    '<g class="node">',
    whole,
    ...(own.lines.length === 0 ? [] : [`<path d="${clip}" fill="${own.hue}"/>`]),
    text(own.title, top + 16.5, 13.5, '#ffffff', 600),
    ...own.lines.map((line, i) => text(line, top + TITLE + LINE * (i + 1) - 1, 12, '#2b313b', 400)),
    '</g>',
  ].join('');
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => ESCAPES[c]!);
