import { type Kept, keptType } from '../half';
import { heightOf, type Tile, widthOf } from './tile';

/**
 * How the elements of an operand are read: one by one, or four that lie side by side at a multiple of four, along the rows
 * or columns of the product ('along') or along the axis that is summed over ('inner').
 */
export type Reading = 'single' | 'along' | 'inner';

/** The tiles of both operands, fours of elements along the rows or columns: four i of inner element d at d · extent / 4 + i. */
export function tileDeclarations(tile: Tile, shared: Kept): string {
  const type = keptType(shared);
  return [
    `fn narrowed4(v: vec4<${type === 'f16' ? 'f32' : type}>) -> vec4<${type}> {`,
    'return vec4(narrowed(v.x), narrowed(v.y), narrowed(v.z), narrowed(v.w));',
    '}',
    `var<workgroup> lefts: array<vec4<${type}>, ${(tile.depth * heightOf(tile)) / 4}>;`,
    `var<workgroup> rights: array<vec4<${type}>, ${(tile.depth * widthOf(tile)) / 4}>;`,
  ].join('\n');
}

/** All invocations read the next part of an operand, neighbours in memory by neighbours. */
export function loadTile(side: 'left' | 'right', tile: Tile, reading: Reading, element: 'f32' | 'i32'): string {
  const fours = (side === 'left' ? heightOf(tile) : widthOf(tile)) / 4;
  const [start, most] = side === 'left' ? ['top', 'p.m'] : ['side', 'p.n'];
  const at = (along: string): string =>
    side === 'left' ? `left_at(batch, ${along}, inner)` : `right_at(batch, inner, ${along})`;
  const invocations = tile.across * tile.down;
  const rows = reading === 'inner' ? tile.depth / 4 : tile.depth;
  const loop = `for (var q = lane; q < ${rows * fours}u; q += ${invocations}u) {`;
  const put = (d: string, value: string): string => `${side}s[(${d}) * ${fours}u + e] = narrowed4(${value});`;
  if (reading === 'inner') {
    return [
      loop,
      `let d = q % ${rows}u * 4u; let e = q / ${rows}u;`,
      `let inner = base + d; let along = ${start} + e * 4u;`,
      ...[0, 1, 2, 3].map((i) => `var r${i} = vec4<${element}>();`),
      'if (inner < end) {',
      ...[0, 1, 2, 3].map((i) => `if (along + ${i}u < ${most}) { r${i} = ${at(`along + ${i}u`)}; }`),
      '}',
      ...['x', 'y', 'z', 'w'].map((c, i) => put(`d + ${i}u`, `vec4(r0.${c}, r1.${c}, r2.${c}, r3.${c})`)),
      '}',
    ].join('\n');
  }
  const single = [
    `let first = p.${side}Inner == 1u;`,
    `let d = select(q / ${fours}u, q % ${rows}u, first); let e = select(q % ${fours}u, q / ${rows}u, first);`,
  ];
  return [
    loop,
    ...(reading === 'single' ? single : [`let d = q / ${fours}u; let e = q % ${fours}u;`]),
    `let inner = base + d; let along = ${start} + e * 4u;`,
    `var value = vec4<${element}>();`,
    ...(reading === 'along'
      ? [`if (inner < end && along < ${most}) { value = ${at('along')}; }`]
      : [
          'if (inner < end) {',
          ...[0, 1, 2, 3].map((i) => `if (along + ${i}u < ${most}) { value[${i}] = ${at(`along + ${i}u`)}; }`),
          '}',
        ]),
    put('d', 'value'),
    '}',
  ].join('\n');
}
