import type { ProductSizes, ProductSource } from '../gemm/product';
import { GEOMETRY_FIELDS, type Geometry, PIXELS } from './geometry';

/** Which of the three a convolution is contracted into. */
export type Into = 'output' | 'input' | 'kernel';

const CELL = `let cell = i32(inner) / p.C; let c = i32(inner) % p.C;
let ky = cell / p.windowWidth; let kx = cell % p.windowWidth;`;

/** Element i of input pixel `at` of a group; the first operand is the images. */
const FROM_INPUT = `if (at < 0) { return 0.0; }
return a[p.firstA + (at * p.groups + i32(batch)) * p.inner + c];`;

const KERNEL_OF = (c: string, o: string): string =>
  `return b[p.firstB + (cell * p.inner + ${c}) * p.groups * p.outer + i32(batch) * p.outer + ${o}];`;

interface Texts extends Pick<ProductSource, 'left' | 'right' | 'place' | 'innerFirst'> {
  sizes(g: Geometry): ProductSizes;
}

const cells = (g: Geometry): number => g.windowHeight * g.windowWidth;

/**
 * Convolutions as products of matrices that are nowhere written down: of windows by the kernel, of cotangents by the
 * kernel, of windows by cotangents. The batch of the product is the groups.
 */
const TEXTS: Readonly<Record<Into, Texts>> = {
  output: {
    sizes: (g) => ({ batch: g.groups, m: g.batch * g.outHeight * g.outWidth, n: g.outer, k: cells(g) * g.inner }),
    left: `${CELL.replaceAll('p.C', 'p.inner')}\nlet at = input_pixel(i32(row), ky, kx);\n${FROM_INPUT}`,
    right: `let cell = i32(inner) / p.inner; let c = i32(inner) % p.inner;\n${KERNEL_OF('c', 'i32(column)')}`,
    place: 'return row * u32(p.groups * p.outer) + batch * u32(p.outer) + column;',
    innerFirst: [true, false],
  },
  input: {
    sizes: (g) => ({ batch: g.groups, m: g.batch * g.height * g.width, n: g.inner, k: cells(g) * g.outer }),
    left: `${CELL.replaceAll('p.C', 'p.outer')}
let at = output_pixel(i32(row), ky, kx);
if (at < 0) { return 0.0; }
return a[p.firstA + (at * p.groups + i32(batch)) * p.outer + c];`,
    right: `let cell = i32(inner) / p.outer; let c = i32(inner) % p.outer;\n${KERNEL_OF('i32(column)', 'c')}`,
    place: 'return row * u32(p.groups * p.inner) + batch * u32(p.inner) + column;',
    innerFirst: [true, true],
  },
  kernel: {
    sizes: (g) => ({ batch: g.groups, m: cells(g) * g.inner, n: g.outer, k: g.batch * g.outHeight * g.outWidth }),
    left: `let cell = i32(row) / p.inner; let c = i32(row) % p.inner;
let at = input_pixel(i32(inner), cell / p.windowWidth, cell % p.windowWidth);
${FROM_INPUT}`,
    right: 'return b[p.firstB + (i32(inner) * p.groups + i32(batch)) * p.outer + i32(column)];',
    place: 'return row * u32(p.groups * p.outer) + batch * u32(p.outer) + column;',
    innerFirst: [false, false],
  },
};

/** The product that a convolution is. */
export function convProduct(into: Into, g: Geometry): { source: ProductSource; sizes: ProductSizes } {
  const { sizes, ...texts } = TEXTS[into];
  return {
    source: {
      ...texts,
      key: `conv ${into}`,
      element: 'f32',
      reads: ['a', 'b'],
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
