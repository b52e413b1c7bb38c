import type { Operand } from '../../../core/backend';
import { sizeOf } from '../../../core/shape';
import type { CodeSpec, ElementType, ParameterType } from '../code';
import { functionsFor } from '../elementwise/functions';
import { type KernelContext, type Rounding, reshaped } from '../kernel';
import { type EpilogueCode, epilogueCode } from './epilogue';
import { productMain } from './product-text';
import { partsFor, type Tile, tileFor, tilesOf } from './tile';
import { type Reading, type Shared, tileDeclarations } from './tile-text';

/**
 * A product of matrices, whatever they are read from: statements of functions of (batch, row, inner) and (batch, inner,
 * column) that return an element, and where in the result (batch, row, column) is.
 */
export interface ProductSource {
  /** Says everything that the texts below depend on. */
  readonly key: string;
  readonly element: 'f32' | 'i32';
  readonly reads: readonly [left: string, right: string];
  /** Bodies of functions of u32: `(batch, row, inner)`, `(batch, inner, column)` and `(batch, row, column)`. */
  readonly left: (element: ElementText) => string;
  readonly right: (element: ElementText) => string;
  readonly place: string;
  /** How elements are read: fours where their places allow it. */
  readonly readings: readonly [left: Reading, right: Reading];
  /** Whether four columns that begin at a multiple of four lie side by side in the result, at a multiple of four. */
  readonly writesFours: boolean;
  /** Whether neighbours along the inner axis are neighbours in memory, rather than those along the rows or columns. */
  readonly innerFirst: readonly [left: boolean, right: boolean];
  readonly fields: Readonly<Record<string, ParameterType>>;
  /** Further declarations that the bodies use. */
  readonly declarations?: string;
}

/** How a body gets at elements: one, or four beginning with one at a multiple of four. */
export interface ElementText {
  read(array: string, index: string): string;
  readonly zero: string;
}

export interface ProductSizes {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** Runs a product into the contiguous `out`. */
export function runProduct(
  given: ProductSource,
  sizes: ProductSizes,
  operands: readonly [Operand, Operand],
  out: Operand,
  params: Readonly<Record<string, number>>,
  context: KernelContext,
): void {
  const { batch, m, n, k } = sizes;
  // Of nothing there are no four elements to bind.
  const source: ProductSource = k === 0 ? { ...given, readings: ['single', 'single'] } : given;
  const tile = tileFor(m, n, batch, context.limits);
  const parts = partsFor(m, n, k, batch, tile);
  const epilogue = parts === 1 && source.element === 'f32' ? (context.takeEpilogue?.(out) ?? null) : null;
  const after = epilogue === null ? null : epilogueCode(epilogue, context);
  const target = parts === 1 ? (epilogue?.out ?? out) : context.scratch(out.dtype, [parts, sizeOf(out.shape)]);
  const shared = source.element === 'i32' ? 'i32' : SHARED[context.rounding];
  const { readings, writesFours } = source;
  const key = `product ${source.key} ${Object.values(tile)} ${shared} ${readings} ${writesFours} ${after?.key ?? ''}`;
  const code = context.code(key, () => productSpec(source, tile, shared, after));
  // Parts are whole steps through the inner axis, so that only the last one ends early.
  const part = Math.ceil(k / parts / tile.depth) * tile.depth;
  context.dispatch(code, {
    reads: [...operands, ...(after?.operands ?? [])],
    writes: [target],
    params: {
      ...params,
      ...after?.params,
      m,
      n,
      k,
      part,
      parts,
      batch,
      size: sizeOf(out.shape),
      leftInner: Number(source.innerFirst[0]),
      rightInner: Number(source.innerFirst[1]),
    },
    groups: tilesOf(m, n, tile) * batch * parts,
  });
  if (parts > 1) context.run({ name: 'sum' }, [target], reshaped(out, [sizeOf(out.shape)]), { axes: [0] });
}

const SHARED: Readonly<Record<Rounding, Shared>> = { none: 'f32', native: 'f16', imitated: 'rounded' };

function elementText(element: 'f32' | 'i32', reading: Reading): ElementText & { readonly type: ElementType } {
  if (reading === 'single')
    return { type: element, read: (array, index) => `${array}[${index}]`, zero: `${element}(0)` };
  const type = `vec4<${element}>` as const;
  return { type, read: (array, index) => `${array}[(${index}) / 4]`, zero: `${type}()` };
}

function productSpec(source: ProductSource, tile: Tile, shared: Shared, after: EpilogueCode | null): CodeSpec {
  const { element, left, right, place, declarations = '', reads, readings, writesFours } = source;
  const [a, b] = [elementText(element, readings[0]), elementText(element, readings[1])];
  const result = (after?.result ?? element) as 'f32' | 'i32';
  const functions = [
    declarations,
    `fn left_at(batch: u32, row: u32, inner: u32) -> ${a.type} { ${left(a)} }`,
    `fn right_at(batch: u32, inner: u32, column: u32) -> ${b.type} { ${right(b)} }`,
    `fn place_at(batch: u32, row: u32, column: u32) -> u32 { ${place} }`,
    after?.text ?? `fn finish(place: u32, value: ${element}) -> ${element} { return value; }`,
    tileDeclarations(tile, shared),
  ].join('\n');
  return {
    reads: { [reads[0]]: a.type, [reads[1]]: b.type, ...after?.reads },
    writes: { result: writesFours ? `vec4<${result}>` : result },
    params: {
      m: 'u32',
      n: 'u32',
      k: 'u32',
      part: 'u32',
      parts: 'u32',
      batch: 'u32',
      size: 'u32',
      leftInner: 'u32',
      rightInner: 'u32',
      ...source.fields,
      ...after?.fields,
    },
    workgroup: tile.across * tile.down,
    half: shared === 'f16',
    declarations: `${functionsFor(functions)}\n${functions}`,
    main: productMain(source, tile, shared, result),
  };
}
