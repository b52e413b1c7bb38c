import type { Shape } from '../../../core/shape';
import { withContiguous } from '../build';
import type { Kernel, KernelTable } from '../kernel';
import { coordinates, INDEX } from '../source';
import type { Pair } from './window';

interface ResizeAttrs {
  readonly size: Pair;
  readonly mode: string;
  readonly alignCorners: boolean;
}

type Options = Pick<ResizeAttrs, 'mode' | 'alignCorners'>;

/**
 * Statements that declare, for pixel `at` of `size` along one axis of `n`: the pixel low of `n` that it is made of, and the weight of
 * the one behind it. Places are quotients of whole numbers, so that nothing is rounded the wrong way.
 */
function taps(axis: string, at: string, n: number, size: number, { mode, alignCorners }: Options): string {
  const nearest = mode === 'nearest';
  const under = alignCorners ? Math.max(size - 1, 1) * (nearest ? 2 : 1) : 2 * size;
  const top = alignCorners
    ? `${at} * ${(n - 1) * (nearest ? 2 : 1)}${nearest ? ` + ${under / 2}` : ''}`
    : `(2 * ${at} + 1) * ${n}${nearest ? '' : ` - ${size}`}`;
  const clamped = `let top${axis} = ${top}; if (top${axis} < 0) { top${axis} = 0; } if (top${axis} > ${(n - 1) * under}) { top${axis} = ${(n - 1) * under}; }`;
  const low = `const low${axis} = quotient(top${axis}, ${under});`;
  const weight = nearest ? `0 * top${axis}` : `(top${axis} - low${axis} * ${under}) / ${under}`;
  return `${clamped} ${low} const weight${axis} = ${weight};`;
}

const next = (axis: string, n: number): string =>
  `let high${axis} = low${axis} + 1; if (high${axis} > ${n - 1}) { high${axis} = ${n - 1}; }`;

const resize: Kernel<ResizeAttrs> = (inputs, out, attrs, context) => {
  const [, h, w, channels] = inputs[0]!.shape as [number, number, number, number];
  const where = `${INDEX} ${coordinates(out.shape, 'i')}`;
  const both = `${taps('Y', 'x1', h, attrs.size[0], attrs)} ${taps('X', 'x2', w, attrs.size[1], attrs)}`;
  const read = (y: string, x: string): string => `a[((x0 * ${h} + ${y}) * ${w} + ${x}) * ${channels} + x3]`;
  // A pixel of no weight may be infinite, and must not be looked at.
  const term = (test: string, factor: string, y: string, x: string): string =>
    `if (${test}) { t = t + ${factor} * ${read(y, x)}; }`;
  const blend = [
    `${next('Y', h)} ${next('X', w)}`,
    `let t = (1 - weightY) * (1 - weightX) * ${read('lowY', 'lowX')};`,
    term('weightX > 0', '(1 - weightY) * weightX', 'lowY', 'highX'),
    term('weightY > 0', 'weightY * (1 - weightX)', 'highY', 'lowX'),
    term('weightX > 0 && weightY > 0', 'weightY * weightX', 'highY', 'highX'),
    'return t;',
  ];
  const body = attrs.mode === 'nearest' ? `return ${read('lowY', 'lowX')};` : blend.join(' ');
  const source = `function resize(a) { ${where} ${both} ${body} }`;
  return withContiguous(inputs, context, (arrays) => context.launch({ source, size: out.block.length, arrays }));
};

/**
 * Loops over the pixels `o` of `size` that pixel `at` of `n` may be in, `body` seeing the `share` it has: a stretch long enough for any
 * pixel, from a place that leaves room for rounding.
 */
function overTouching(axis: string, at: string, n: number, size: number, options: Options, body: string): string {
  const scale = options.alignCorners ? (n > 1 ? (size - 1) / (n - 1) : size) : size / n;
  const span = Math.min(size, Math.ceil(2 * scale) + 4);
  const from = span === size ? '0' : `Math.floor((${at} - 1) * ${scale}) - 2`;
  const share = `let share${axis} = 0; if (low${axis} === ${at}) { share${axis} = 1 - weight${axis}; } if (weight${axis} > 0 && high${axis} === ${at}) { share${axis} = share${axis} + weight${axis}; }`;
  const inside = `${taps(axis, `o${axis}`, n, size, options)} ${next(axis, n)} ${share} if (share${axis} > 0) { ${body} }`;
  return `for (let k${axis} = 0; k${axis} < ${span}; k${axis}++) { const o${axis} = ${from} + k${axis}; if (o${axis} >= 0 && o${axis} < ${size}) { ${inside} } }`;
}

/** Every pixel of the images adds up its shares of the pixels it is in. */
const resizeGrad: Kernel<ResizeAttrs & { readonly inputShape: Shape }> = (inputs, out, attrs, context) => {
  const [, h, w, channels] = out.shape as [number, number, number, number];
  const [oh, ow] = attrs.size;
  const term = `t = t + shareY * shareX * a[((x0 * ${oh} + oY) * ${ow} + oX) * ${channels} + x3];`;
  const loops = overTouching('Y', 'x1', h, oh, attrs, overTouching('X', 'x2', w, ow, attrs, term));
  const source = `function resizeGrad(a) { ${INDEX} ${coordinates(out.shape, 'i')} let t = 0; ${loops} return t; }`;
  return withContiguous(inputs, context, (arrays) => context.launch({ source, size: out.block.length, arrays }));
};

const makeKernels = (): KernelTable => ({ resize: resize as Kernel, resizeGrad: resizeGrad as Kernel });
/** Images of another size. */
export const RESIZE: KernelTable = /* @__PURE__ */ makeKernels();
