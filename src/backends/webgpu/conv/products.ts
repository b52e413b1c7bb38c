import type { ElementText, ProductSizes, ProductSource } from '../gemm/product';
import type { Reading } from '../gemm/tile-text';
import { GEOMETRY_FIELDS, type Geometry, PIXELS } from './geometry';

/** Which of the three a convolution is contracted into. */
export type Into = 'output' | 'input' | 'kernel';

const CELL = `let cell = i32(inner) / p.C; let c = i32(inner) % p.C;
let ky = cell / p.windowWidth; let kx = cell % p.windowWidth;`;

/** Channel c of pixel `at` of a group in the first operand, images or cotangents. */
const fromPixels =
  (channels: 'inner' | 'outer') =>
  ({ read, zero }: ElementText): string =>
    `if (at < 0) { return ${zero}; }
return ${read('a', `p.firstA + (at * p.groups + i32(batch)) * p.${channels} + c`)};`;

const fromKernel = ({ read }: ElementText, c: string, o: string): string =>
  `return ${read('b', `p.firstB + (cell * p.inner + ${c}) * p.groups * p.outer + i32(batch) * p.outer + ${o}`)};`;

interface Texts extends Pick<ProductSource, 'left' | 'right' | 'place' | 'innerFirst'> {
  sizes(g: Geometry): ProductSizes;
  /** Of the operands and the result, which channels are neighbours in memory, and along which axis of the product. */
  readonly neighbours: readonly [left: Neighbours, right: Neighbours, result: keyof Geometry];
}

type Neighbours = readonly [channels: 'inner' | 'outer', axis: 'inner' | 'along'];

const cells = (g: Geometry): number => g.windowHeight * g.windowWidth;

/**
 * Convolutions as products of matrices that are nowhere written down: of windows by the kernel, of cotangents by the
 * kernel, of windows by cotangents. The batch of the product is the groups.
 */
const TEXTS: Readonly<Record<Into, Texts>> = {
  output: {
    sizes: (g) => ({ batch: g.groups, m: g.batch * g.outHeight * g.outWidth, n: g.outer, k: cells(g) * g.inner }),
    left: (e) =>
      `${CELL.replaceAll('p.C', 'p.inner')}\nlet at = input_pixel(i32(row), ky, kx);\n${fromPixels('inner')(e)}`,
    right: (e) =>
      `let cell = i32(inner) / p.inner; let c = i32(inner) % p.inner;\n${fromKernel(e, 'c', 'i32(column)')}`,
    neighbours: [['inner', 'inner'], ['outer', 'along'], 'outer'],
    place: 'return row * u32(p.groups * p.outer) + batch * u32(p.outer) + column;',
    innerFirst: [true, false],
  },
  input: {
    sizes: (g) => ({ batch: g.groups, m: g.batch * g.height * g.width, n: g.inner, k: cells(g) * g.outer }),
    left: (e) =>
      `${CELL.replaceAll('p.C', 'p.outer')}\nlet at = output_pixel(i32(row), ky, kx);\n${fromPixels('outer')(e)}`,
    right: (e) =>
      `let cell = i32(inner) / p.outer; let c = i32(inner) % p.outer;\n${fromKernel(e, 'i32(column)', 'c')}`,
    neighbours: [['outer', 'inner'], ['outer', 'inner'], 'inner'],
    place: 'return row * u32(p.groups * p.inner) + batch * u32(p.inner) + column;',
    innerFirst: [true, true],
  },
  kernel: {
    sizes: (g) => ({ batch: g.groups, m: cells(g) * g.inner, n: g.outer, k: g.batch * g.outHeight * g.outWidth }),
    left: (e) => `let cell = i32(row) / p.inner; let c = i32(row) % p.inner;
let at = input_pixel(i32(inner), cell / p.windowWidth, cell % p.windowWidth);
${fromPixels('inner')(e)}`,
    right: ({ read }) =>
      `return ${read('b', 'p.firstB + (i32(inner) * p.groups + i32(batch)) * p.outer + i32(column)')};`,
    neighbours: [['inner', 'along'], ['outer', 'along'], 'outer'],
    place: 'return row * u32(p.groups * p.outer) + batch * u32(p.outer) + column;',
    innerFirst: [false, false],
  },
};

/** The product that a convolution is, of operands that begin at those elements. */
export function convProduct(
  into: Into,
  g: Geometry,
  { firstA, firstB }: { readonly firstA: number; readonly firstB: number },
): { source: ProductSource; sizes: ProductSizes } {
  const { sizes, neighbours, ...texts } = TEXTS[into];
  const [left, right, result] = neighbours;
  // Steps between pixels and cells are multiples of the channels.
  const reading = ([channels, axis]: Neighbours, first: number): Reading =>
    g[channels] % 4 === 0 && first % 4 === 0 ? axis : 'single';
  return {
    source: {
      ...texts,
      key: `conv ${into}`,
      element: 'f32',
      reads: ['a', 'b'],
      readings: [reading(left, firstA), reading(right, firstB)],
      writesFours: g[result] % 4 === 0,
      fields: convFields(),
      declarations: PIXELS,
    },
    sizes: sizes(g),
  };
}

/** `batch` is the groups in a product; the images of a geometry are counted by their pixels. */
function convFields(): ProductSource['fields'] {
  const { batch: _, ...fields } = GEOMETRY_FIELDS;
  return { ...fields, firstA: 'i32', firstB: 'i32' };
}
