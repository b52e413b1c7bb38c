import type { Operand } from '../../../core/backend';
import { sizeOf } from '../../../core/shape';
import type { CodeSpec, ElementType, ParameterType } from '../code';
import { functionsFor } from '../elementwise/functions';
import { type KernelContext, reshaped } from '../kernel';
import { type EpilogueCode, epilogueCode } from './epilogue';
import { heightOf, partsFor, type Tile, tileFor, tilesOf, widthOf } from './tile';

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
  readonly left: string;
  readonly right: string;
  readonly place: string;
  /** Whether neighbours along the inner axis are neighbours in memory, rather than those along the rows or columns. */
  readonly innerFirst: readonly [left: boolean, right: boolean];
  readonly fields: Readonly<Record<string, ParameterType>>;
  /** Further declarations that the bodies use. */
  readonly declarations?: string;
}

export interface ProductSizes {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** Runs a product into the contiguous `out`. */
export function runProduct(
  source: ProductSource,
  sizes: ProductSizes,
  operands: readonly [Operand, Operand],
  out: Operand,
  params: Readonly<Record<string, number>>,
  context: KernelContext,
): void {
  const { batch, m, n, k } = sizes;
  const tile = tileFor(m, n, batch, context.limits);
  const parts = partsFor(m, n, k, batch, tile);
  const given = parts === 1 && source.element === 'f32' ? (context.takeEpilogue?.(out) ?? null) : null;
  const after = given === null ? null : epilogueCode(given, context);
  const target = parts === 1 ? (given?.out ?? out) : context.scratch(out.dtype, [parts, sizeOf(out.shape)]);
  const half = context.mixed && source.element === 'f32';
  const key = `product ${source.key} ${Object.values(tile)} ${half} ${after?.key ?? ''}`;
  const code = context.code(key, () => productSpec(source, tile, half, after));
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

function productSpec(source: ProductSource, tile: Tile, half: boolean, after: EpilogueCode | null): CodeSpec {
  const { element, left, right, place, declarations = '' } = source;
  const shared: ElementType | 'f16' = half ? 'f16' : element;
  const invocations = tile.across * tile.down;
  const [height, width] = [heightOf(tile), widthOf(tile)];
  const functions = [
    declarations,
    `fn left_at(batch: u32, row: u32, inner: u32) -> ${element} { ${left} }`,
    `fn right_at(batch: u32, inner: u32, column: u32) -> ${element} { ${right} }`,
    `fn place_at(batch: u32, row: u32, column: u32) -> u32 { ${place} }`,
    after?.text ?? `fn finish(place: u32, value: ${element}) -> ${element} { return value; }`,
    `var<workgroup> lefts: array<${shared}, ${tile.depth * height}>;`,
    `var<workgroup> rights: array<${shared}, ${tile.depth * width}>;`,
  ].join('\n');
  return {
    reads: { ...Object.fromEntries(source.reads.map((name) => [name, element])), ...after?.reads },
    writes: { result: after?.result ?? element },
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
    workgroup: invocations,
    half,
    declarations: `${functionsFor(functions)}\n${functions}`,
    main: productMain(source, tile, shared),
  };
}

function productMain({ element }: ProductSource, tile: Tile, shared: string): string {
  const { across, down, rows, columns, depth } = tile;
  const [height, width] = [heightOf(tile), widthOf(tile)];
  const lines = [
    `let tilesAcross = (p.n + ${width - 1}u) / ${width}u;`,
    `let tilesDown = (p.m + ${height - 1}u) / ${height}u;`,
    'let column0 = group % tilesAcross;',
    'let row0 = (group / tilesAcross) % tilesDown;',
    'let batch = (group / (tilesAcross * tilesDown)) % p.batch;',
    'let part = group / (tilesAcross * tilesDown * p.batch);',
    'if (part >= p.parts) { return; }',
    `let top = row0 * ${height}u; let side = column0 * ${width}u;`,
    `let x = lane % ${across}u; let y = lane / ${across}u;`,
    'let end = min((part + 1u) * p.part, p.k);',
  ];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j += 4) lines.push(`var t${i}_${j} = vec4<${element}>();`);
  }
  lines.push(
    `for (var base = part * p.part; base < end; base += ${depth}u) {`,
    loadTile('left', height, depth, across * down, shared, element),
    loadTile('right', width, depth, across * down, shared, element),
    'workgroupBarrier();',
    `for (var d = 0u; d < ${depth}u; d++) {`,
  );
  const four = (name: string, at: string): string => {
    const parts = [0, 1, 2, 3].map((q) => `${name}[${at} + ${q}u]`).join(', ');
    return shared === 'f16' ? `vec4<f32>(vec4<f16>(${parts}))` : `vec4<${element}>(${parts})`;
  };
  // Rows and columns of an invocation lie apart by fours, so that neighbours read neighbours.
  for (let j = 0; j < columns; j += 4)
    lines.push(`let b${j} = ${four('rights', `d * ${width}u + ${j * across}u + x * 4u`)};`);
  for (let i = 0; i < rows; i += 4)
    lines.push(`let a${i} = ${four('lefts', `d * ${height}u + ${i * down}u + y * 4u`)};`);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j += 4) lines.push(`t${i}_${j} += a${i - (i % 4)}[${i % 4}] * b${j};`);
  }
  lines.push('}', 'workgroupBarrier();', '}');
  for (let i = 0; i < rows; i++) {
    lines.push('{', `let row = top + ${(i - (i % 4)) * down + (i % 4)}u + y * 4u;`, 'if (row < p.m) {');
    for (let j = 0; j < columns; j++) {
      const column = `side + ${(j - (j % 4)) * across + (j % 4)}u + x * 4u`;
      const value = `t${i}_${j - (j % 4)}[${j % 4}]`;
      lines.push(
        `if (${column} < p.n) { let at = place_at(batch, row, ${column}); result[part * p.size + at] = finish(at, ${value}); }`,
      );
    }
    lines.push('}', '}');
  }
  return lines.join('\n');
}

/** All invocations read the next part of an operand, neighbours in memory by neighbours. */
function loadTile(
  side: 'left' | 'right',
  extent: number,
  depth: number,
  invocations: number,
  shared: string,
  element: string,
): string {
  const inner = `p.${side}Inner == 1u`;
  const d = `select(q / ${extent}u, q % ${depth}u, ${inner})`;
  const e = `select(q % ${extent}u, q / ${depth}u, ${inner})`;
  const start = side === 'left' ? 'top' : 'side';
  const most = side === 'left' ? 'p.m' : 'p.n';
  const at = side === 'left' ? 'left_at(batch, along, inner)' : 'right_at(batch, inner, along)';
  return [
    `for (var q = lane; q < ${depth * extent}u; q += ${invocations}u) {`,
    `let d = ${d}; let e = ${e};`,
    `let inner = base + d; let along = ${start} + e;`,
    `var value = ${element}(0);`,
    `if (inner < end && along < ${most}) { value = ${at}; }`,
    `${side}s[d * ${extent}u + e] = ${shared}(value);`,
    '}',
  ].join('\n');
}
