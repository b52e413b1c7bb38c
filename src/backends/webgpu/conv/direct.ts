import type { Operand } from '../../../core/backend';
import { sizeOf } from '../../../core/shape';
import { groupsFor, type KernelContext, reshaped } from '../kernel';
import { GEOMETRY_FIELDS, type Geometry, PIXELS } from './geometry';
import type { Into } from './products';

/** Pixels that one invocation adds up for an element of a kernel's gradient. */
const RUN = 256;

/** An element of the result per invocation, for groups of few channels, of which products would make little. */
const TEXTS: Readonly<Record<Into, string>> = {
  output: `let o = i32(id) % p.outer; let g = (i32(id) / p.outer) % p.groups; let pixel = i32(id) / (p.outer * p.groups);
var total = 0.0;
for (var ky = 0; ky < p.windowHeight; ky++) { for (var kx = 0; kx < p.windowWidth; kx++) {
  let at = input_pixel(pixel, ky, kx);
  if (at < 0) { continue; }
  for (var c = 0; c < p.inner; c++) {
    total += a[p.firstA + (at * p.groups + g) * p.inner + c]
      * b[p.firstB + (((ky * p.windowWidth + kx) * p.inner + c) * p.groups + g) * p.outer + o];
  }
} }
y[id] = total;`,
  input: `let c = i32(id) % p.inner; let g = (i32(id) / p.inner) % p.groups; let pixel = i32(id) / (p.inner * p.groups);
var total = 0.0;
for (var ky = 0; ky < p.windowHeight; ky++) { for (var kx = 0; kx < p.windowWidth; kx++) {
  let at = output_pixel(pixel, ky, kx);
  if (at < 0) { continue; }
  for (var o = 0; o < p.outer; o++) {
    total += a[p.firstA + (at * p.groups + g) * p.outer + o]
      * b[p.firstB + (((ky * p.windowWidth + kx) * p.inner + c) * p.groups + g) * p.outer + o];
  }
} }
y[id] = total;`,
  kernel: `let element = i32(id) % p.elements; let part = i32(id) / p.elements;
let o = element % p.outer; let g = (element / p.outer) % p.groups;
let c = (element / (p.outer * p.groups)) % p.inner; let cell = element / (p.outer * p.groups * p.inner);
let ky = cell / p.windowWidth; let kx = cell % p.windowWidth;
var total = 0.0;
for (var pixel = part * ${RUN}; pixel < min((part + 1) * ${RUN}, p.batch * p.outHeight * p.outWidth); pixel++) {
  let at = input_pixel(pixel, ky, kx);
  if (at < 0) { continue; }
  total += a[p.firstA + (at * p.groups + g) * p.inner + c] * b[p.firstB + (pixel * p.groups + g) * p.outer + o];
}
y[id] = total;`,
};

/** Computes a convolution, or a gradient of one, element by element. */
export function runDirect(
  into: Into,
  g: Geometry,
  operands: readonly Operand[],
  firsts: Readonly<Record<string, number>>,
  out: Operand,
  context: KernelContext,
): void {
  const elements = sizeOf(out.shape);
  const parts = into === 'kernel' ? Math.max(1, Math.ceil((g.batch * g.outHeight * g.outWidth) / RUN)) : 1;
  const target = parts === 1 ? out : context.scratch('float32', [parts, elements]);
  const code = context.code(`conv direct ${into}`, () => ({
    reads: { a: 'f32', b: 'f32' },
    writes: { y: 'f32' },
    params: { ...GEOMETRY_FIELDS, firstA: 'i32', firstB: 'i32', elements: 'i32', size: 'u32' },
    declarations: PIXELS,
    main: `if (id >= p.size) { return; }\n${TEXTS[into]}`,
  }));
  const size = elements * parts;
  const params = { ...g, ...firsts, elements, size };
  context.dispatch(code, { reads: operands, writes: [target], params, groups: groupsFor(size, code) });
  if (parts > 1) context.run({ name: 'sum' }, [target], reshaped(out, [elements]), { axes: [0] });
}
