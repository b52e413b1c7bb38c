import type { Operand } from '../../../core/backend';
import { sizeOf } from '../../../core/shape';
import type { CodeSpec, ElementType, ParameterType } from '../code';
import { functionsFor } from '../elementwise/functions';
import { type Kept, keptOf, keptType, narrowing, ROUNDED, stored } from '../half';
import { type KernelContext, reshaped } from '../kernel';
import { halfOf } from '../memory';
import { type EpilogueCode, epilogueCode } from './epilogue';
import { type ProductForm, productMain } from './product-text';
import { partsFor, type Tile, tileFor, tilesOf } from './tile';
import { type Reading, tileDeclarations } from './tile-text';

/**
 * A product of matrices, whatever they are read from: statements of functions of (batch, row, inner) and (batch, inner,
 * column) that return an element, and where in the result (batch, row, column) is.
 */
export interface ProductSource extends ProductForm {
  /** Says everything that the texts below depend on. */
  readonly key: string;
  readonly reads: readonly [left: string, right: string];
  /** Bodies of functions of u32: `(batch, row, inner)`, `(batch, inner, column)` and `(batch, row, column)`. */
  readonly left: (element: ElementText) => string;
  readonly right: (element: ElementText) => string;
  readonly place: string;
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
  const shared = source.element === 'i32' ? 'i32' : ROUNDED[context.rounding];
  const { readings, writesFours } = source;
  const kept = { left: keptOf(operands[0]), right: keptOf(operands[1]), result: keptOf(target) };
  const how = [...Object.values(tile), shared, ...readings, writesFours, ...Object.values(kept)];
  const code = context.code(`product ${source.key} ${how} ${after?.key ?? ''}`, () =>
    productSpec(source, tile, shared, kept, after),
  );
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
  if (parts > 1) addParts(target, out, context);
}

function addParts(parts: Operand, out: Operand, context: KernelContext): void {
  const size = sizeOf(out.shape);
  const sum = halfOf(out.block) === null ? reshaped(out, [size]) : context.scratch(out.dtype, [size]);
  context.run({ name: 'sum' }, [parts], sum, { axes: [0] });
  if (sum.block !== out.block) context.run({ name: 'copy' }, [sum], reshaped(out, [size]), undefined);
}

/** How elements are got at, their type, and that of the array that they lie in. */
function elementText(
  element: 'f32' | 'i32',
  reading: Reading,
  kept: Kept,
): ElementText & { readonly type: string; readonly array: ElementType } {
  const lies = keptType(kept);
  const widened = (text: string, type: string): string => (lies === element ? text : `${type}(${text})`);
  if (reading === 'single') {
    const read = (array: string, index: string): string => widened(`${array}[${index}]`, element);
    return { type: element, array: lies, read, zero: `${element}(0)` };
  }
  const type = `vec4<${element}>`;
  const read = (array: string, index: string): string => widened(`${array}[(${index}) / 4]`, type);
  return { type, array: `vec4<${lies}>`, read, zero: `${type}()` };
}

/** How both operands and the result are kept in memory. */
interface KeptSides {
  readonly left: Kept;
  readonly right: Kept;
  readonly result: Kept;
}

function productSpec(
  source: ProductSource,
  tile: Tile,
  shared: Kept,
  kept: KeptSides,
  after: EpilogueCode | null,
): CodeSpec {
  const { element, left, right, place, declarations = '', reads, readings, writesFours } = source;
  const a = elementText(element, readings[0], kept.left);
  const b = elementText(element, readings[1], kept.right);
  const result = keptType(kept.result);
  const functions = [
    declarations,
    `fn left_at(batch: u32, row: u32, inner: u32) -> ${a.type} { ${left(a)} }`,
    `fn right_at(batch: u32, inner: u32, column: u32) -> ${b.type} { ${right(b)} }`,
    `fn place_at(batch: u32, row: u32, column: u32) -> u32 { ${place} }`,
    narrowing(shared),
    after?.text ??
      `fn finish(place: u32, value: ${element}) -> ${result} { return ${stored('value', 'float32', kept.result)}; }`,
    tileDeclarations(tile, shared),
  ].join('\n');
  return {
    reads: { [reads[0]]: a.array, [reads[1]]: b.array, ...after?.reads },
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
