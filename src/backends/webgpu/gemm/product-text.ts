import type { Kept } from '../half';
import { heightOf, type Tile, widthOf } from './tile';
import { loadTile, type Reading } from './tile-text';

/** How the operands and the result of a product are read and written. */
export interface ProductForm {
  readonly element: 'f32' | 'i32';
  /** How elements are read: fours where their places allow it. */
  readonly readings: readonly [left: Reading, right: Reading];
  /** Whether four columns that begin at a multiple of four lie side by side in the result, at a multiple of four. */
  readonly writesFours: boolean;
}

/** The entry point of a product: tiles are read and multiplied, then every invocation writes what it has added up. */
export function productMain(form: ProductForm, tile: Tile, shared: Kept, result: string): string {
  const { element, readings } = form;
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
    loadTile('left', tile, readings[0], element),
    loadTile('right', tile, readings[1], element),
    'workgroupBarrier();',
    `for (var d = 0u; d < ${depth}u; d++) {`,
  );
  const wide = (four: string): string => (shared === 'f16' ? `vec4<f32>(${four})` : four);
  // Rows and columns of an invocation lie apart by fours, so that neighbours read neighbours.
  for (let j = 0; j < columns; j += 4)
    lines.push(`let b${j} = ${wide(`rights[d * ${width / 4}u + ${(j / 4) * across}u + x]`)};`);
  for (let i = 0; i < rows; i += 4)
    lines.push(`let a${i} = ${wide(`lefts[d * ${height / 4}u + ${(i / 4) * down}u + y]`)};`);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j += 4) lines.push(`t${i}_${j} += a${i - (i % 4)}[${i % 4}] * b${j};`);
  }
  lines.push('}', 'workgroupBarrier();', '}', ...writes(form.writesFours, tile, result));
  return lines.join('\n');
}

function writes(fours: boolean, { across, down, rows, columns }: Tile, result: string): string[] {
  const lines: string[] = [];
  for (let i = 0; i < rows; i++) {
    lines.push('{', `let row = top + ${(i - (i % 4)) * down + (i % 4)}u + y * 4u;`, 'if (row < p.m) {');
    for (let j = 0; j < columns; j += 4) {
      const column = `side + ${j * across}u + x * 4u`;
      const value = (c: number): string => `t${i}_${j}[${c}]`;
      if (fours) {
        const four = [0, 1, 2, 3].map((c) => `finish(at + ${c}u, ${value(c)})`).join(', ');
        lines.push(
          `if (${column} < p.n) { let at = place_at(batch, row, ${column}); result[(part * p.size + at) / 4u] = vec4<${result}>(${four}); }`,
        );
        continue;
      }
      for (let c = 0; c < 4; c++) {
        lines.push(
          `if (${column} + ${c}u < p.n) { let at = place_at(batch, row, ${column} + ${c}u); result[part * p.size + at] = finish(at, ${value(c)}); }`,
        );
      }
    }
    lines.push('}', '}');
  }
  return lines;
}
